"""Every event that crosses a service boundary. An event is a promise: add optional fields, never rename, retype or drop."""

from shared.events.accounts import (
    AccountAtRisk,
    AccountChanged,
    AccountOpened,
    CaseOpened,
    CaseOverdue,
    CaseResolved,
    CaseSubmitted,
    FollowUpDue,
    OrderFulfilled,
    OrderUpdated,
    RenewalDue,
    SatisfactionRecorded,
    Sender,
    SurveyAnswered,
    SurveyRequested,
)
from shared.events.base import Envelope, Event, catalogue, event_type_of, event_types
from shared.events.consents import ConsentGiven, ConsentRequested
from shared.events.imports import ImportFinished, LeadWithdrawn
from shared.events.leads import (
    EngagementKind,
    EngagementRecorded,
    LeadCaptured,
    LeadDescribed,
    LeadDisqualified,
    LeadEnriched,
    LeadMerged,
    LeadPlaced,
    LeadQualified,
    LeadSubmitted,
    LeadUnmerged,
    RestoredLead,
)
from shared.events.notifications import NotificationFailed, NotificationSent
from shared.events.opportunities import (
    ActivityLogged,
    CommitmentKept,
    CommitmentMade,
    CommitmentMissed,
    DealClosed,
    DealReopened,
    OpportunityOpened,
    OpportunityReturned,
    OpportunityStageChanged,
    OpportunityStalled,
    OpportunityWithdrawn,
    ProposalDecided,
    ProposalSent,
)
from shared.events.owners import LeadAssigned, LeadContacted, LeadResponseDue, LeadResponseOverdue, LeadReturned, LeadRouted
from shared.events.people import MaskingActivated, PersonErased, RepChanged
from shared.events.values import (
    Attribution,
    Company,
    Consent,
    Contact,
    Expectation,
    Interest,
    Line,
    Match,
    Person,
    Reason,
    TeamMember,
)

__all__ = [name for name in dir() if name[0].isupper()] + ["catalogue", "event_type_of", "event_types"]
