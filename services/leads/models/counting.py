"""What one lead, or one submission, is counted as: a change counts as the difference between after and before, and so no sum can drift."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

Document = Mapping[str, Any]
# Kind, day, and two names: `flow` has source and campaign, `rep` the rep, `why` source and reason.
Cell = tuple[str, str, str, str]
Count = tuple[Cell, str, int]
# Upper bounds, in seconds, of the classes that response times are counted in; the last class has none.
RESPONSES = (60, 300, 900, 1_800, 3_600, 4 * 3_600, 8 * 3_600, 24 * 3_600, 72 * 3_600)
MOST_NAME = 100
_SCORE = re.compile(r"^score \d+ is")


def counts_of_lead(lead: Document) -> Iterator[Count]:
    """Under the day on which it came in; what concerns a rep under the day on which they were given it."""
    if lead["status"] == "merged":
        return
    source, created = lead["source"], lead["created_at"]
    flow = ("flow", day_of(created), source, _campaign(lead.get("attribution")))
    yield flow, "captured", 1
    qualified, assigned = lead.get("qualified_at"), lead.get("assigned_at")
    if qualified is not None:
        yield flow, "qualified", 1
        yield flow, "qualified_s", _seconds(created, qualified)
    if lead["status"] == "disqualified":
        yield ("why", flow[1], source, reason_kind(lead.get("reason", ""))), "disqualified", 1
    if assigned is not None:
        yield from _sold(lead, flow, qualified or created, assigned)
    elif lead.get("contacted_at") is not None:
        yield flow, "contacted", 1
    yield from _ended(lead, flow, created)


def _sold(lead: Document, flow: Cell, ready: datetime, assigned: datetime) -> Iterator[Count]:
    rep = ("rep", day_of(assigned), lead.get("owner_id") or "", "")
    yield flow, "assigned", 1
    yield flow, "assigned_s", _seconds(ready, assigned)
    yield rep, "assigned", 1
    contacted = lead.get("contacted_at")
    if contacted is not None:
        for cell in (flow, rep):
            yield cell, "contacted", 1
            # Given to somebody else after it was contacted: whose response it was is not told any more.
            if contacted >= assigned:
                seconds = _seconds(assigned, contacted)
                yield cell, "answered", 1
                yield cell, "answered_s", seconds
                yield cell, f"answered_{bisect_left(RESPONSES, seconds)}", 1


def _ended(lead: Document, flow: Cell, created: datetime) -> Iterator[Count]:
    outcome = lead.get("outcome")
    if outcome not in ("won", "lost"):
        return
    yield flow, outcome, 1
    if lead.get("closed_at") is not None:
        yield flow, f"{outcome}_s", _seconds(created, lead["closed_at"])
    if lead.get("assigned_at") is not None:
        yield ("rep", day_of(lead["assigned_at"]), lead.get("owner_id") or "", ""), outcome, 1


def counts_of_submission(row: Document, source: str) -> Iterator[Count]:
    """Under the day on which it had its fate; `source` is the registered one. One that waits, or was taken back, is none."""
    settled = row.get("settled_at")
    if settled is None or row["status"] not in ("captured", "merged", "refused"):
        return
    cell = ("flow", day_of(settled), source, row.get("campaign", ""))
    yield cell, "submitted", 1
    yield cell, "submitted_s", _seconds(row["received_at"], settled)
    if row["status"] != "captured":
        yield cell, row["status"], 1


def reason_kind(reason: str) -> str:
    """Without what differs from lead to lead."""
    return _SCORE.sub("score is", reason)[:MOST_NAME]


def _campaign(attribution: Document | None) -> str:
    return str(attribution.get("campaign") or "")[:MOST_NAME] if attribution else ""


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds()))


def day_of(at: datetime) -> str:
    return _day(at.toordinal())


@lru_cache(1_024)
def _day(ordinal: int) -> str:
    return datetime.fromordinal(ordinal).date().isoformat()
