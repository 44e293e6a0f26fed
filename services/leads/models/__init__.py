"""What this service keeps."""

from services.leads.models.consents import DOUBLE_OPT_IN, ConsentRecord
from services.leads.models.forms import FormField, FormSettings, Language, OptInSettings
from services.leads.models.handovers import Handover
from services.leads.models.hours import Leave, WorkingHours
from services.leads.models.imports import ImportRecord, ImportStatus, RejectedRow
from services.leads.models.leads import (
    Correction,
    Dealing,
    Demands,
    LeadDocument,
    LeadStatus,
    Strategy,
    SubmissionDocument,
    SubmissionStatus,
)
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
from services.leads.models.pools import Pool
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
from services.leads.models.roster import Rep, Team
from services.leads.models.simulations import Difference, Simulation
from services.leads.models.sources import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from services.leads.models.territories import Ground, PostcodeRange, Territory
from services.leads.models.webhooks import Mapping, NewProof, Platform, Proof, SealedProof, SetAside, Webhook

__all__ = [
    "DOUBLE_OPT_IN",
    "UNKNOWN_SOURCE",
    "CachedAnswer",
    "CompanyFile",
    "ConsentRecord",
    "Correction",
    "Cost",
    "CriteriaDraft",
    "CriteriaSet",
    "Criterion",
    "Dealing",
    "Demands",
    "Difference",
    "EnrichmentRow",
    "FieldRule",
    "FormField",
    "FormSettings",
    "Ground",
    "Handover",
    "ImportRecord",
    "ImportStatus",
    "Language",
    "LeadDocument",
    "LeadStatus",
    "Leave",
    "Limits",
    "Mapping",
    "NewProof",
    "OptInSettings",
    "Platform",
    "PolicySet",
    "PolicyStatus",
    "Pool",
    "PostcodeRange",
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
    "Simulation",
    "Source",
    "SourceKind",
    "Strategy",
    "SubmissionDocument",
    "SubmissionStatus",
    "Team",
    "Territory",
    "Usage",
    "Webhook",
    "WorkingHours",
]
