"""What this service keeps."""

from services.leads.models.imports import FileFormat, ImportRecord, ImportStatus, KeptBack, Preview, Progress, RejectedRow, Undoing
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
from services.leads.models.roster import Pool, Rep, Team
from services.leads.models.sources import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from services.leads.models.webhooks import Mapping, NewProof, Platform, Proof, SealedProof, SetAside, Webhook

__all__ = [
    "Correction",
    "Cost",
    "CriteriaDraft",
    "CriteriaSet",
    "Criterion",
    "FileFormat",
    "ImportRecord",
    "ImportStatus",
    "KeptBack",
    "LeadDocument",
    "LeadStatus",
    "Limits",
    "Mapping",
    "NewProof",
    "Platform",
    "PolicySet",
    "PolicyStatus",
    "Pool",
    "Preview",
    "Progress",
    "Proof",
    "RejectedRow",
    "Rep",
    "RoutingDraft",
    "RoutingRule",
    "RoutingSet",
    "SealedProof",
    "SetAside",
    "Source",
    "SourceKind",
    "SubmissionDocument",
    "SubmissionStatus",
    "Team",
    "UNKNOWN_SOURCE",
    "Undoing",
    "Webhook",
]
