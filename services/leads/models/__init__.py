"""What this service keeps."""

from services.leads.models.handovers import Handover
from services.leads.models.hours import Leave, WorkingHours
from services.leads.models.imports import FileFormat, ImportRecord, ImportStatus, KeptBack, Preview, Progress, RejectedRow, Undoing
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
from services.leads.models.roster import Rep, Team
from services.leads.models.simulations import Difference, Simulation
from services.leads.models.sources import UNKNOWN_SOURCE, Cost, Limits, Source, SourceKind
from services.leads.models.territories import Ground, PostcodeRange, Territory
from services.leads.models.webhooks import Mapping, NewProof, Platform, Proof, SealedProof, SetAside, Webhook

__all__ = [
    "Correction",
    "Cost",
    "CriteriaDraft",
    "CriteriaSet",
    "Criterion",
    "Dealing",
    "Difference",
    "FileFormat",
    "Ground",
    "Handover",
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
    "Leave",
    "PostcodeRange",
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
    "Simulation",
    "Strategy",
    "Demands",
    "Territory",
    "WorkingHours",
]
