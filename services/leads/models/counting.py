"""What one lead, or one submission, is counted as: a change counts as the difference between after and before, and so no sum can drift."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from services.leads.models.sources import UNKNOWN_SOURCE

Document = Mapping[str, Any]
# Kind, day, and two names: `flow` has source and campaign, `rep` the rep, `why` source and reason; `now`, on no day, owner and team.
Cell = tuple[str, str, str, str]
Count = tuple[Cell, str, int]
# Upper bounds, in seconds, of the classes that response times are counted in; the last class has none.
RESPONSES = (60, 300, 900, 1_800, 3_600, 4 * 3_600, 8 * 3_600, 24 * 3_600, 72 * 3_600)
MOST_NAME = 100
_LISTED = re.compile(r"[a-z]{2,20}(_[a-z]{2,20}){0,4}")
_SCORE = re.compile(r"^score \d+ is")


class Standing(NamedTuple):
    """All that is counted of a lead; leads that stand alike are counted together."""

    status: str
    source: str
    campaign: str
    created_at: datetime
    owner_id: str | None = None
    team_id: str | None = None
    reason: str | None = None
    by_hand: str | None = None
    outcome: str | None = None
    qualified_at: datetime | None = None
    assigned_at: datetime | None = None
    contacted_at: datetime | None = None
    closed_at: datetime | None = None


_COUNTED = frozenset(Standing._fields)
# What counting needs of a lead.
COUNTED_BY = (*sorted(_COUNTED - {"campaign"}), "attribution.campaign", "merged_into")


class Fate(NamedTuple):
    """All that is counted of a submission; `source` is the registered one."""

    status: str
    source: str
    campaign: str
    settled_at: datetime
    waited: int


def standing_of(lead: Document) -> Standing:
    told, attribution = lead.get, lead.get("attribution")
    return Standing(
        "merged" if "merged_into" in lead else lead["status"],
        lead["source"],
        _name(attribution.get("campaign")) if attribution else "",
        lead["created_at"],
        told("owner_id"),
        told("team_id"),
        told("reason"),
        told("by_hand"),
        told("outcome"),
        told("qualified_at"),
        told("assigned_at"),
        told("contacted_at"),
        told("closed_at"),
    )


def standing_after(stood: Standing, fields: Document) -> Standing:
    """Once these fields of the lead are otherwise."""
    changed = {name: value for name, value in fields.items() if name in _COUNTED}
    if "attribution" in fields:
        changed["campaign"] = _name((fields["attribution"] or {}).get("campaign"))
    return stood._replace(**changed) if changed else stood


def fate_of(row: Document) -> Fate | None:
    """None of one that waits, or was taken back."""
    settled = row.get("settled_at")
    if settled is None or row["status"] not in ("captured", "merged", "refused"):
        return None
    source = UNKNOWN_SOURCE if "unknown_source" in row else row["source"]
    return Fate(row["status"], source, _name(row.get("campaign")), settled, _seconds(row["received_at"], settled))


def counts_of_lead(lead: Standing) -> Iterator[Count]:
    """Under the day on which it came in; what concerns a rep under the day on which they were given it; and as it is now."""
    now = ("now", "", lead.owner_id or "", lead.team_id or "")
    yield now, f"status:{lead.status}", 1
    yield now, f"source:{lead.source}", 1
    if lead.status == "merged":
        return
    flow = ("flow", day_of(lead.created_at), lead.source, lead.campaign)
    yield flow, "captured", 1
    if lead.qualified_at is not None:
        yield flow, "qualified", 1
        yield flow, "qualified_s", _seconds(lead.created_at, lead.qualified_at)
    if lead.status == "disqualified":
        yield ("why", flow[1], lead.source, reason_kind(lead.reason or "", by_hand=lead.by_hand is not None)), "disqualified", 1
    if lead.assigned_at is not None:
        yield from _sold(lead, flow, lead.assigned_at)
    elif lead.contacted_at is not None:
        yield flow, "contacted", 1
    yield from _ended(lead, flow)


def _sold(lead: Standing, flow: Cell, assigned: datetime) -> Iterator[Count]:
    rep, contacted = _rep(lead, assigned), lead.contacted_at
    yield flow, "assigned", 1
    yield flow, "assigned_s", _seconds(lead.qualified_at or lead.created_at, assigned)
    yield rep, "assigned", 1
    if contacted is not None:
        for cell in (flow, rep):
            yield cell, "contacted", 1
            # Given to somebody else after it was contacted: whose response it was is not told any more.
            if contacted >= assigned:
                seconds = _seconds(assigned, contacted)
                yield cell, "answered", 1
                yield cell, "answered_s", seconds
                yield cell, f"answered_{bisect_left(RESPONSES, seconds)}", 1


def _rep(lead: Standing, assigned: datetime) -> Cell:
    return "rep", day_of(assigned), lead.owner_id or "", ""


def _ended(lead: Standing, flow: Cell) -> Iterator[Count]:
    if lead.outcome not in ("won", "lost"):
        return
    yield flow, lead.outcome, 1
    if lead.closed_at is not None:
        yield flow, f"{lead.outcome}_s", _seconds(lead.created_at, lead.closed_at)
    if lead.assigned_at is not None:
        yield _rep(lead, lead.assigned_at), lead.outcome, 1


def counts_of_submission(fate: Fate) -> Iterator[Count]:
    """Under the day on which it had its fate."""
    cell = ("flow", day_of(fate.settled_at), fate.source, fate.campaign)
    yield cell, "submitted", 1
    yield cell, "submitted_s", fate.waited
    if fate.status != "captured":
        yield cell, fate.status, 1


def reason_kind(reason: str, *, by_hand: bool) -> str:
    """Without what differs from lead to lead; of what people write only what is a word of a list, for the rest may name somebody."""
    if by_hand:
        return reason if _LISTED.fullmatch(reason) else "other"
    return _SCORE.sub("score is", reason)[:MOST_NAME]


def _name(campaign: Any) -> str:
    return str(campaign or "")[:MOST_NAME]


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds()))


def day_of(at: datetime) -> str:
    return _day(at.toordinal())


@lru_cache(1_024)
def _day(ordinal: int) -> str:
    return datetime.fromordinal(ordinal).date().isoformat()
