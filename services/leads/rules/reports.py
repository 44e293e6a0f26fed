"""From counters to reports: how far leads come and how soon, what they cost, how soon they are answered, why they are not wanted."""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from services.leads.models.counting import RESPONSES, Cell
from shared.events.values import Money

By = Literal["source", "campaign", "rep"]
Period = Literal["day", "week", "month", "all"]
Sums = Mapping[Cell, Mapping[str, int]]
Groups = dict[tuple[str, str], dict[str, int]]
STAGES = ("captured", "qualified", "assigned", "contacted", "won", "lost")
# What each stage's time is counted under, and by how many of what it is divided.
_TIMES = {
    "captured": ("submitted_s", "submitted"),
    "qualified": ("qualified_s", "qualified"),
    "assigned": ("assigned_s", "assigned"),
    "contacted": ("answered_s", "answered"),
    "won": ("won_s", "won"),
    "lost": ("lost_s", "lost"),
}


class Cost(BaseModel):
    """Of a source, over as much of its months as the period has; per lead and per won deal where there is one."""

    amount: Money
    currency: str
    per_lead: Money | None
    per_won: Money | None


class FunnelRow(BaseModel):
    """Of the leads that came in within the period: how many came how far, and the mean seconds that each step took."""

    period: str
    name: str
    submitted: int
    merged: int
    refused: int
    captured: int
    qualified: int
    assigned: int
    contacted: int
    won: int
    lost: int
    duplicate_share: float | None
    mean_seconds: dict[str, float]
    cost: Cost | None = None


class ResponseRow(BaseModel):
    """How soon leads are answered that were assigned; `within` counts by the upper bound of each class, in seconds."""

    period: str
    name: str
    assigned: int
    answered: int
    overdue: int | None
    mean_seconds: float | None
    median_within: int | None
    ninetieth_within: int | None
    within: dict[str, int]


class DisqualificationRow(BaseModel):
    source: str
    reason: str
    leads: int


def start_of(period: Period, day: str) -> str:
    """The first day of the week or month that a day is in."""
    if period == "month":
        return f"{day[:7]}-01"
    if period == "week":
        at = date.fromisoformat(day)
        return (at - timedelta(days=at.weekday())).isoformat()
    return day if period == "day" else ""


def grouped(sums: Sums, by: By, period: Period) -> Groups:
    """By period and name. What concerns a rep is counted apart from where leads come from."""
    kind, place = ("rep", 2) if by == "rep" else ("flow", 2 if by == "source" else 3)
    groups: defaultdict[tuple[str, str], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for cell, counted in sums.items():
        if cell[0] == kind:
            group = groups[start_of(period, cell[1]), cell[place]]
            for measure, number in counted.items():
                group[measure] += number
    return {key: dict(group) for key, group in sorted(groups.items()) if any(group.values())}


def funnel_row(key: tuple[str, str], counted: Mapping[str, int], cost: Cost | None = None) -> FunnelRow:
    period, name = key
    submitted, merged = counted.get("submitted", 0), counted.get("merged", 0)
    means = {stage: counted.get(total, 0) / counted[of] for stage, (total, of) in _TIMES.items() if counted.get(of)}
    reached = {stage: counted.get(stage, 0) for stage in STAGES}
    return FunnelRow(
        period=period,
        name=name,
        submitted=submitted,
        merged=merged,
        refused=counted.get("refused", 0),
        duplicate_share=merged / submitted if submitted else None,
        mean_seconds={stage: round(mean, 3) for stage, mean in means.items()},
        cost=cost,
        **reached,
    )


def response_row(key: tuple[str, str], counted: Mapping[str, int], *, by: By) -> ResponseRow:
    classes = [counted.get(f"answered_{number}", 0) for number in range(len(RESPONSES) + 1)]
    answered = counted.get("answered", 0)
    bounds = [*map(str, RESPONSES), "later"]
    return ResponseRow(
        period=key[0],
        name=key[1],
        assigned=counted.get("assigned", 0),
        answered=answered,
        overdue=counted.get("overdue", 0) if by == "rep" else None,
        mean_seconds=round(counted.get("answered_s", 0) / answered, 3) if answered else None,
        median_within=_within(classes, 0.5),
        ninetieth_within=_within(classes, 0.9),
        within=dict(zip(bounds, classes, strict=True)),
    )


def _within(classes: list[int], share: float) -> int | None:
    """The bound within which this share of the answers lies; None if it lies beyond the last one, or if there is none."""
    wanted, so_far = sum(classes) * share, 0
    for bound, number in zip(RESPONSES, classes, strict=False):
        so_far += number
        if so_far and so_far >= wanted:
            return bound
    return None


def disqualification_rows(sums: Sums) -> list[DisqualificationRow]:
    """The commonest first."""
    totals: defaultdict[tuple[str, str], int] = defaultdict(int)
    for (kind, _, source, reason), counted in sums.items():
        if kind == "why":
            totals[source, reason] += counted.get("disqualified", 0)
    rows = [DisqualificationRow(source=source, reason=reason, leads=leads) for (source, reason), leads in totals.items() if leads]
    return sorted(rows, key=lambda row: (-row.leads, row.source, row.reason))


def cost_of(per_month: Decimal, currency: str, days: tuple[date, date], counted: Mapping[str, int]) -> Cost:
    """Each month's cost is spread evenly over its days; `days` are the first and the last."""
    first, last = days
    amount = sum((per_month * part / whole for part, whole in _months(first, last)), Decimal(0))
    return Cost(
        amount=_cents(amount),
        currency=currency,
        per_lead=_cents(amount / counted["captured"]) if counted.get("captured") else None,
        per_won=_cents(amount / counted["won"]) if counted.get("won") else None,
    )


def _months(first: date, last: date) -> Iterable[tuple[int, int]]:
    """For each month how many of its days are within, and how many it has."""
    at = first
    while at <= last:
        whole = calendar.monthrange(at.year, at.month)[1]
        end = min(last, at.replace(day=whole))
        yield (end - at).days + 1, whole
        at = end + timedelta(days=1)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def days_of(period: Period, start: str, asked: tuple[date, date]) -> tuple[date, date]:
    """The first and the last day of a period, as far as it was asked for."""
    first, last = asked
    if period == "all":
        return first, last
    begin = date.fromisoformat(start)
    end = begin.replace(day=calendar.monthrange(begin.year, begin.month)[1]) if period == "month" else begin
    end = begin + timedelta(days=6) if period == "week" else end
    return max(first, begin), min(last, end)
