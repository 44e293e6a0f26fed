"""How a lead stands in time, and what comes of a verdict on it."""

from collections.abc import Iterator
from datetime import datetime
from math import log2
from typing import Literal, NamedTuple, Protocol

from services.leads.models import LeadDocument
from services.leads.rules.judging.engagement import DAY, MILLISECOND

Step = Literal["qualified", "disqualified", "regraded"]


class Standing(NamedTuple):
    """The engagement score, and for how many days nothing has been heard of the lead."""

    engagement: int = 0
    age: float = 0.0


FRESH = Standing()


class Judged(Protocol):
    """The part of a verdict that decides what comes of it."""

    @property
    def grade(self) -> str: ...
    @property
    def qualified(self) -> bool: ...


def last_heard(lead: LeadDocument) -> datetime:
    """When it last submitted something or showed interest."""
    times = (lead.get("last_submitted_at"), lead.get("last_engaged_at"))
    return max(lead["created_at"], *(at for at in times if at is not None)) if any(times) else lead["created_at"]


def worth_after(points: int, age: float, days: float) -> int:
    """What points that halve every so many days are worth after some."""
    left = abs(points) * 0.5 ** (age / days)
    return int(left + 0.5) if points > 0 else -int(left + 0.5)


def fading_moments(points: int, days: float, heard: datetime) -> Iterator[datetime]:
    """Each moment from which on such points are worth one less."""
    for left in range(abs(points) - 1, -1, -1):
        yield heard + days * log2(abs(points) / (left + 0.5)) * DAY + MILLISECOND


def step_of(lead: LeadDocument, verdict: Judged, *, again: bool) -> Step | None:
    """What a person decided stays, and so does what is good already, unless it is judged `again` without anything new from the lead itself:
    for time or interest shown, or by other criteria. Then its grade is told anew, or it is given up while nobody has taken it on.
    What was contacted before any verdict may still become good, but is not given up.
    """
    status = lead["status"]
    if not is_at_stake(lead):
        return None
    if status == "captured":
        return "qualified" if verdict.qualified else "disqualified"
    if status == "disqualified" or (status == "contacted" and "qualified_at" not in lead):
        return "qualified" if verdict.qualified else None
    if again and not verdict.qualified and is_untouched(lead):
        return "disqualified"
    return "regraded" if again and lead.get("grade") != verdict.grade else None


def is_untouched(lead: LeadDocument) -> bool:
    """Whether nobody owns it yet, and no sale was begun."""
    return lead["status"] == "qualified" and lead.get("owner_id") is None and "outcome" not in lead


def is_at_stake(lead: LeadDocument) -> bool:
    """Whether the criteria still have a say in it: not while others are asked about it, once a person has decided, or at its end."""
    if "by_hand" in lead or "waits_until" in lead:
        return False
    return lead["status"] != "merged" and lead.get("outcome") not in ("won", "lost")
