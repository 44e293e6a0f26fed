"""What this service keeps."""

from services.leads.models.engagement import Engaged, EngagedKind, EngagementKind, EngagementPolicy, Weight
from services.leads.models.imports import ImportRecord, ImportStatus, RejectedRow
from services.leads.models.judging import Rejudging
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
from services.leads.models.predictions import Baseline, Decile, Learned, PredictiveModel, Quality, TeamOffset, Trait
from services.leads.models.roster import Pool, Rep, Team
from services.leads.models.sources import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from services.leads.models.webhooks import Mapping, NewProof, Platform, Proof, SealedProof, SetAside, Webhook

__all__ = [
    "UNKNOWN_SOURCE",
    "Baseline",
    "Correction",
    "Cost",
    "CriteriaDraft",
    "CriteriaSet",
    "Criterion",
    "Decile",
    "Engaged",
    "EngagedKind",
    "EngagementKind",
    "EngagementPolicy",
    "ImportRecord",
    "ImportStatus",
    "LeadDocument",
    "LeadStatus",
    "Learned",
    "Limits",
    "Mapping",
    "NewProof",
    "Platform",
    "PolicySet",
    "PolicyStatus",
    "Pool",
    "PredictiveModel",
    "Proof",
    "Quality",
    "RejectedRow",
    "Rejudging",
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
    "TeamOffset",
    "Trait",
    "Webhook",
    "Weight",
]
