"""What this service keeps."""

from services.leads.models.consents import DOUBLE_OPT_IN, ConsentRecord
from services.leads.models.engagement import Engaged, EngagedKind, EngagementKind, EngagementPolicy, Weight
from services.leads.models.erasures import ErasureRecord, Forgotten
from services.leads.models.forms import FormField, FormSettings, Language, OptInSettings
from services.leads.models.handovers import Handover
from services.leads.models.hours import Leave, WorkingHours
from services.leads.models.imports import ImportRecord, ImportStatus, RejectedRow
from services.leads.models.judging import Rejudging
from services.leads.models.leads import (
    GONE,
    Correction,
    Dealing,
    Demands,
    LeadDocument,
    LeadStatus,
    Strategy,
    SubmissionDocument,
    SubmissionStatus,
)
from services.leads.models.masking import MASKABLE, MaskedGroup, MaskingDraft, MaskingSet
from services.leads.models.matching import DuplicateDocument, FieldWeight, MatchingDraft, MatchingSet, MergeDocument, Survivorship
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
    "DOUBLE_OPT_IN",
    "Dealing",
    "Decile",
    "Demands",
    "Difference",
    "DuplicateDocument",
    "Engaged",
    "EngagedKind",
    "EngagementPolicy",
    "EnrichmentRow",
    "ErasureRecord",
    "FailedCriterion",
    "FieldRule",
    "FieldWeight",
    "Forgotten",
    "FormField",
    "FormSettings",
    "GONE",
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
    "MASKABLE",
    "Mapping",
    "MaskedGroup",
    "MaskingDraft",
    "MaskingSet",
    "MatchingDraft",
    "MatchingSet",
    "MergeDocument",
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
    "Survivorship",
    "Team",
    "TeamOffset",
    "Territory",
    "Trait",
    "UNKNOWN_SOURCE",
    "Usage",
    "Webhook",
    "Weight",
    "WorkingHours",
]
