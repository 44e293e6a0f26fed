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
from services.leads.models.providers import (
    CachedAnswer,
    CompanyFile,
    EnrichmentRow,
    FieldRule,
    Provenance,
    Provider,
    ProviderState,
    ProviderTerms,
    Usage,
)
from services.leads.models.roster import Pool, Rep, Team
from services.leads.models.sources import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from services.leads.models.webhooks import Mapping, NewProof, Platform, Proof, SealedProof, SetAside, Webhook

__all__ = [
    "UNKNOWN_SOURCE",
    "CachedAnswer",
    "CompanyFile",
    "Correction",
    "Cost",
    "CriteriaDraft",
    "CriteriaSet",
    "Criterion",
    "EnrichmentRow",
    "FieldRule",
    "ImportRecord",
    "ImportStatus",
    "LeadDocument",
    "LeadStatus",
    "Limits",
    "Mapping",
    "NewProof",
    "Platform",
    "PolicySet",
    "PolicyStatus",
    "Pool",
    "Proof",
    "Provenance",
    "Provider",
    "ProviderState",
    "ProviderTerms",
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
    "Usage",
    "Webhook",
]
