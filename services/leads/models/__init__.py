"""What this service keeps."""

from services.leads.models.consents import DOUBLE_OPT_IN, ConsentRecord
from services.leads.models.forms import FormField, FormSettings, Language, OptInSettings
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
from services.leads.models.roster import Pool, Rep, Team
from services.leads.models.sources import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from services.leads.models.webhooks import Mapping, NewProof, Platform, Proof, SealedProof, SetAside, Webhook

__all__ = [
    "DOUBLE_OPT_IN",
    "UNKNOWN_SOURCE",
    "ConsentRecord",
    "Correction",
    "Cost",
    "CriteriaDraft",
    "CriteriaSet",
    "Criterion",
    "FormField",
    "FormSettings",
    "ImportRecord",
    "ImportStatus",
    "Language",
    "LeadDocument",
    "LeadStatus",
    "Limits",
    "Mapping",
    "NewProof",
    "OptInSettings",
    "Platform",
    "PolicySet",
    "PolicyStatus",
    "Pool",
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
    "Webhook",
]
