"""What this service keeps."""

from services.leads.models.imports import ImportRecord, ImportStatus, RejectedRow
from services.leads.models.leads import Correction, LeadDocument, LeadStatus, SubmissionDocument, SubmissionStatus
from services.leads.models.policies import (
    CriteriaDraft,
    CriteriaSet,
    Criterion,
    PolicySet,
    PolicyStatus,
    RoutingDraft,
    RoutingRule,
    RoutingSet,
)
from services.leads.models.roster import Pool, Rep, Source, Team

__all__ = [
    "Correction",
    "CriteriaDraft",
    "CriteriaSet",
    "Criterion",
    "ImportRecord",
    "ImportStatus",
    "LeadDocument",
    "LeadStatus",
    "PolicySet",
    "PolicyStatus",
    "Pool",
    "RejectedRow",
    "Rep",
    "RoutingDraft",
    "RoutingRule",
    "RoutingSet",
    "Source",
    "SubmissionDocument",
    "SubmissionStatus",
    "Team",
]
