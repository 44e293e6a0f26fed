"""What is said while a sale is worked."""

from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.events.base import Event
from shared.events.values import (
    AsDigits,
    Company,
    Contact,
    Currency,
    Expectation,
    Id,
    Interest,
    Line,
    LongText,
    Moment,
    Money,
    Person,
    TeamMember,
    Text,
)

ForecastCategory = Literal["pipeline", "best_case", "commit", "closed", "omitted"]
Probability = Annotated[Decimal, Field(ge=0, le=100), AsDigits]


class OpportunityOpened(Event):
    key_field: ClassVar[str] = "opportunity_id"

    opportunity_id: Id
    version: int
    lead_id: Id | None = None
    name: Text
    pipeline: Text
    stage: Text
    owner_id: Id | None = None
    team_id: Id | None = None
    amount: Money | None = None
    currency: Currency | None = None
    person: Person = Person()
    company: Company = Company()
    interest: Interest = Interest()
    opened_at: Moment


class OpportunityStageChanged(Event):
    """`probability` is per cent; `spent_seconds` is the time spent in `from_stage`."""

    key_field: ClassVar[str] = "opportunity_id"

    opportunity_id: Id
    version: int
    from_stage: Text
    to_stage: Text
    probability: Probability
    forecast_category: ForecastCategory
    amount: Money | None = None
    currency: Currency | None = None
    owner_id: Id | None = None
    entered_at: Moment
    spent_seconds: float


class OpportunityReturned(Event):
    """Its lead was given back: it is closed, and neither won nor lost. Reopened (`deal.reopened`) when the lead qualifies again."""

    key_field: ClassVar[str] = "opportunity_id"

    opportunity_id: Id
    version: int
    lead_id: Id | None = None
    stage: Text
    reason: Text
    owner_id: Id | None = None
    returned_at: Moment


class OpportunityStalled(Event):
    key_field: ClassVar[str] = "opportunity_id"

    opportunity_id: Id
    version: int
    stage: Text
    owner_id: Id | None = None
    entered_at: Moment
    idle_seconds: float


class ActivityLogged(Event):
    key_field: ClassVar[str] = "opportunity_id"

    activity_id: Id
    opportunity_id: Id
    version: int
    kind: Literal["call", "meeting", "mail", "note", "task"]
    subject: Text
    effort_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 7)]
    by: Id
    occurred_at: Moment


class CommitmentMade(Event):
    """Who promised what to whom by when."""

    key_field: ClassVar[str] = "opportunity_id"

    commitment_id: Id
    opportunity_id: Id
    version: int
    promisor: Text
    counterparty: Text
    text: LongText
    due: Moment
    owner_id: Id | None = None


class CommitmentKept(CommitmentMade):
    evidence: LongText | None = None
    kept_at: Moment


class CommitmentMissed(CommitmentMade):
    missed_at: Moment


class ProposalSent(Event):
    key_field: ClassVar[str] = "opportunity_id"

    proposal_id: Id
    opportunity_id: Id
    version: int
    amount: Money
    currency: Currency
    lines: list[Line] = []
    sent_at: Moment


class ProposalDecided(Event):
    key_field: ClassVar[str] = "opportunity_id"

    proposal_id: Id
    opportunity_id: Id
    version: int
    decision: Literal["accepted", "declined"]
    reason: LongText | None = None
    decided_at: Moment


class DealClosed(Event):
    """`cycle_seconds` from opened to closed; `effort_seconds` the sales activity that went into it."""

    key_field: ClassVar[str] = "opportunity_id"

    opportunity_id: Id
    version: int
    lead_id: Id | None = None
    account_id: Id | None = None
    outcome: Literal["won", "lost"]
    reason: Text
    amount: Money | None = None
    currency: Currency | None = None
    lines: list[Line] = []
    owner_id: Id | None = None
    team: list[TeamMember] = []
    person: Person = Person()
    company: Company = Company()
    contacts: list[Contact] = []
    expectations: list[Expectation] = []
    closed_at: Moment
    cycle_seconds: float
    effort_seconds: float


class OpportunityWithdrawn(Event):
    """It was opened for a lead that has been withdrawn, and nobody had worked on it: it is gone."""

    key_field: ClassVar[str] = "opportunity_id"

    opportunity_id: Id
    version: int
    lead_id: Id | None = None
    owner_id: Id | None = None
    reason: Text
    withdrawn_at: Moment


class DealReopened(Event):
    key_field: ClassVar[str] = "opportunity_id"

    opportunity_id: Id
    version: int
    stage: Text
    reason: Text
    owner_id: Id | None = None
    reopened_at: Moment
