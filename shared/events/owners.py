"""What is said about whose a lead is, and what they do about it."""

from typing import ClassVar

from shared.events.base import DAY_MS, Event
from shared.events.values import Id, Moment, Text


class LeadRouted(Event):
    """Qualified leads were given to a pool of reps. Ours alone: keyed by pool, so that each pool is dealt out by one hand.

    Those that one transaction gave to one pool by one rule travel together: `lead_id` is the first of them, `lead_ids` are all.
    """

    key_field: ClassVar[str] = "pool_id"
    internal: ClassVar[bool] = True
    retention_ms: ClassVar[int] = 14 * DAY_MS

    lead_id: Id
    lead_ids: list[Id] = []
    version: int
    pool_id: Id
    team_id: Id | None = None
    rule: Text
    reason: Text
    previous_owner_id: Id | None = None
    routed_at: Moment


class LeadAssigned(Event):
    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    owner_id: Id
    team_id: Id | None = None
    rule: Text
    reason: Text
    respond_by: Moment
    previous_owner_id: Id | None = None


class LeadContacted(Event):
    """The owner reached out; `response_seconds` counts from the assignment."""

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    owner_id: Id | None = None
    contacted_at: Moment
    channel: Text | None = None
    response_seconds: float | None = None


class LeadResponseDue(Event):
    """The owner has not responded yet, and little time is left."""

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    owner_id: Id
    team_id: Id | None = None
    respond_by: Moment


class LeadResponseOverdue(Event):
    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    owner_id: Id
    team_id: Id | None = None
    respond_by: Moment


class LeadReturned(Event):
    """Sales gave it back: the opportunity that was opened for it is closed as returned. `owner_id` is who had it."""

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    owner_id: Id | None = None
    team_id: Id | None = None
    opportunity_id: Id | None = None
    reason: Text
    returned_at: Moment
