"""What is done, promised and offered while a sale is worked."""

from datetime import datetime
from typing import Literal

from shared.database import Record
from shared.events import Line
from shared.events.values import Money

ActivityKind = Literal["call", "meeting", "mail", "note", "task"]
CommitmentStatus = Literal["open", "kept", "missed"]
ProposalStatus = Literal["sent", "accepted", "declined"]


class Activity(Record):
    """`opportunity_version`, here and below, is the version that the last change of this made of its opportunity."""

    opportunity_id: str
    opportunity_version: int
    kind: ActivityKind
    subject: str
    notes: str | None = None
    effort_minutes: int
    by: str
    occurred_at: datetime


class Commitment(Record):
    """A promise. `late` when it was kept after its due time; `missed_at` stays when a missed one is kept after all."""

    opportunity_id: str
    opportunity_version: int
    owner_id: str | None = None
    promisor: str
    counterparty: str
    text: str
    due: datetime
    status: CommitmentStatus = "open"
    late: bool = False
    evidence: str | None = None
    kept_at: datetime | None = None
    missed_at: datetime | None = None


class Proposal(Record):
    opportunity_id: str
    opportunity_version: int
    status: ProposalStatus = "sent"
    amount: Money
    currency: str
    lines: list[Line] = []
    sent_at: datetime
    decided_at: datetime | None = None
    decision_reason: str | None = None
