"""Reports: how far leads come and how long that takes, what brings them, why they are not wanted."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.leads import service, store
from services.leads.api.roles import MANAGERS
from services.leads.api.sight import Sight, hidden_from, sight_of
from services.leads.models import Cost as Monthly
from services.leads.rules.attribution import MODELS, Model, Touch
from services.leads.rules.reports import (
    By,
    Cost,
    DisqualificationRow,
    FunnelRow,
    Period,
    ResponseRow,
    cost_of,
    days_of,
    disqualification_rows,
    funnel_row,
    grouped,
    response_row,
)
from shared.database import utcnow
from shared.errors import Invalid
from shared.events.values import Money
from shared.web import Door

router = APIRouter(tags=["reports"])
MOST_DAYS = 731
Day = Annotated[date | None, Query()]


class Span(BaseModel):
    """The days that a report is about, both included."""

    first: date
    last: date


class Funnel(Span):
    items: list[FunnelRow]


class Responses(Span):
    items: list[ResponseRow]


class Disqualifications(Span):
    items: list[DisqualificationRow]


class CreditRow(BaseModel):
    """`deals` may be parts of deals: a model shares each out among its touches. `amounts` are by currency."""

    model: Model
    source: str
    campaign: str | None
    deals: float
    amounts: dict[str, Money]


class Credits(Span):
    items: list[CreditRow]


class Touches(BaseModel):
    """All that touched a lead, in the order of time."""

    first: Touch | None
    last: Touch | None
    items: list[Touch]


@router.get("/leads/{lead_id}/touches", tags=["leads"])
async def list_touches(door: Door, lead_id: str) -> Touches:
    sight = await sight_of(door)
    await store.get_lead(door.db, lead_id, sight.scope)
    touches = [_seen(touch, sight) for touch in await service.touches_of(door.db, lead_id)]
    return Touches(first=touches[0] if touches else None, last=touches[-1] if touches else None, items=touches)


@router.get("/reports/funnel")
async def show_funnel(
    door: Door, by: By = "source", period: Period = "all", first: Annotated[date | None, Query(alias="from")] = None, to: Day = None
) -> Funnel:
    """Of the leads that came in on these days; by rep, of those that they were given. The last thirty days unless it says others."""
    door.allow(*MANAGERS)
    span = _span(first, to)
    sums = await store.read_counters(door.db, ["rep" if by == "rep" else "flow"], span.first.isoformat(), span.last.isoformat())
    costs = await _monthly_costs(door) if by == "source" else {}
    groups = grouped(sums, by, period)
    rows = [funnel_row(key, counted, _cost(costs.get(key[1]), key, period, span, counted)) for key, counted in groups.items()]
    return Funnel(**dict(span), items=rows)


@router.get("/reports/response-times")
async def show_response_times(
    door: Door, by: By = "rep", period: Period = "all", first: Annotated[date | None, Query(alias="from")] = None, to: Day = None
) -> Responses:
    """From the assignment to the first contact."""
    door.allow(*MANAGERS)
    span = _span(first, to)
    sums = await store.read_counters(door.db, ["rep" if by == "rep" else "flow"], span.first.isoformat(), span.last.isoformat())
    rows = [response_row(key, counted, by=by) for key, counted in grouped(sums, by, period).items()]
    return Responses(**dict(span), items=[row for row in rows if row.assigned or row.overdue])


@router.get("/reports/disqualifications")
async def show_disqualifications(
    door: Door, first: Annotated[date | None, Query(alias="from")] = None, to: Day = None
) -> Disqualifications:
    """Of the leads that came in on these days, by source and reason."""
    door.allow(*MANAGERS)
    span = _span(first, to)
    sums = await store.read_counters(door.db, ["why"], span.first.isoformat(), span.last.isoformat())
    return Disqualifications(**dict(span), items=disqualification_rows(sums))


@router.get("/reports/attribution")
async def show_attribution(
    door: Door, model: Model | None = None, first: Annotated[date | None, Query(alias="from")] = None, to: Day = None
) -> Credits:
    """Which sources and campaigns earned the deals that were won on these days, by touches before; by all models, or one."""
    door.allow(*MANAGERS)
    span = _span(first, to)
    credits = await service.credit_sources(door.db, span.first, span.last)
    rows = [_credit_row(*key, credit) for key, credit in sorted(credits.items(), key=_order) if model in (None, key[0]) and credit.deals]
    return Credits(**dict(span), items=rows)


def _order(entry: tuple[tuple[Model, str, str], service.Credit]) -> tuple[int, float, str, str]:
    (model, source, campaign), credit = entry
    return MODELS.index(model), -credit.deals, source, campaign


def _credit_row(model: Model, source: str, campaign: str, credit: service.Credit) -> CreditRow:
    amounts = {currency: amount.quantize(Decimal("0.01")) for currency, amount in credit.amounts.items()}
    return CreditRow(model=model, source=source, campaign=campaign or None, deals=round(credit.deals, 6), amounts=amounts)


def _seen(touch: Touch, sight: Sight) -> Touch:
    said = touch.model_dump(include={"campaign", "medium", "referrer"})
    shown = sight.row({"attribution": said, "detail": touch.detail})
    attribution = shown.get("attribution", {})
    return touch.model_copy(update={"detail": shown.get("detail")} | {name: attribution.get(name) for name in said})


async def _monthly_costs(door: Door) -> dict[str, Monthly]:
    """As far as they are not masked."""
    sight, sources = await hidden_from(door), await store.find_sources(door.db)
    shown = (source for source in sources if "monthly_cost" in sight.row(source.to_document()))
    return {source.id: source.monthly_cost for source in shown if source.monthly_cost}


def _span(first: date | None, last: date | None) -> Span:
    last = last or utcnow().date()
    first = first or last - timedelta(days=29)
    if first > last:
        raise Invalid("The first day must not be after the last", field="from", rule="order")
    if (last - first).days >= MOST_DAYS:
        raise Invalid(f"At most {MOST_DAYS} days", field="from", rule="range")
    return Span(first=first, last=last)


def _cost(monthly: Monthly | None, key: tuple[str, str], period: Period, span: Span, counted: Mapping[str, int]) -> Cost | None:
    return cost_of(monthly.amount, monthly.currency, days_of(period, key[0], (span.first, span.last)), counted) if monthly else None
