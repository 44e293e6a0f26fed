"""What this service keeps."""

from services.leads.models.consents import DOUBLE_OPT_IN, ConsentRecord
from services.leads.models.engagement import Engaged, EngagedKind, EngagementPolicy, Weight
from services.leads.models.forms import FormField, FormSettings, Language, OptInSettings
from services.leads.models.handovers import Handover
from services.leads.models.hours import Leave, WorkingHours
from services.leads.models.imports import ImportRecord, ImportStatus, RejectedRow
from services.leads.models.judging import Rejudging
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
from services.leads.models.predictions import Baseline, Decile, Learned, PredictiveModel, Quality, TeamOffset, Trait
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
from services.leads.models.simulations import (
    CriteriaDifference,
    CriteriaSimulation,
    FailedCriterion,
    RoutingDifference,
    RoutingSimulation,
)
from services.leads.models.sources import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from services.leads.models.territories import Ground, PostcodeRange, Territory
from services.leads.models.webhooks import Mapping, NewProof, Platform, Proof, SealedProof, SetAside, Webhook

__all__ = [
    "DOUBLE_OPT_IN",
    "UNKNOWN_SOURCE",
    "Baseline",
    "CachedAnswer",
    "CompanyFile",
    "ConsentRecord",
    "Correction",
    "Cost",
    "CriteriaDifference",
    "CriteriaDraft",
    "CriteriaSet",
    "CriteriaSimulation",
    "Criterion",
    "Dealing",
    "Decile",
    "Demands",
    "Engaged",
    "EngagedKind",
    "EngagementPolicy",
    "EnrichmentRow",
    "FailedCriterion",
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
    "Learned",
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
    "PredictiveModel",
    "Proof",
    "Provenance",
    "Provider",
    "ProviderState",
    "ProviderTerms",
    "Quality",
    "RejectedRow",
    "Rejudging",
    "Rep",
    "RoutingDifference",
    "RoutingDraft",
    "RoutingRule",
    "RoutingSet",
    "RoutingSimulation",
    "SealedProof",
    "SetAside",
    "Source",
    "SourceKind",
    "Strategy",
    "SubmissionDocument",
    "SubmissionStatus",
    "Team",
    "TeamOffset",
    "Territory",
    "Trait",
    "Usage",
    "Webhook",
    "Weight",
    "WorkingHours",
]
