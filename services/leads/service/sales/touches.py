"""What touched a lead, from first to last, and what of all that is won it earns."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, cast

from services.leads import store
from services.leads.models.counting import day_of
from services.leads.rules.attribution import (
    BY_DAY,
    BY_MONTH,
    WHOLE,
    Earned,
    Model,
    Touch,
    credited,
    earned,
    periods,
    touch_of_engagement,
    touch_of_submission,
)
from shared.batching import in_parts
from shared.database import Database
from shared.transaction import Transaction

MOST_TOUCHES = 1_000
AT_ONCE = 200
# What led to a deal and is told later than this earns nothing: so long it may take until all that was sent has arrived.
SETTLED_AFTER = timedelta(days=1)
Row = dict[str, Any]


class Credit:
    """What one source and campaign has earned by one model: parts of won deals, and of their amounts by currency."""

    def __init__(self) -> None:
        self.deals = 0.0
        self.amounts: dict[str, Decimal] = {}


Credits = dict[tuple[Model, str, str], Credit]


async def touches_of(db: Database, lead_id: str) -> list[Touch]:
    return (await _touches(db, [lead_id]))[lead_id]


async def _touches(place: Database | Transaction, lead_ids: Collection[str]) -> dict[str, list[Touch]]:
    """Of each lead in the order of time, with those of the leads that have become part of it."""
    absorbed = await store.find_absorbed(place, lead_ids)
    ids, most = [*lead_ids, *absorbed], MOST_TOUCHES * len(lead_ids)
    submissions = store.by_lead(await store.find_touching_submissions(place, ids, most), absorbed)
    engagements = store.by_lead(await store.find_touching_engagements(place, ids, most), absorbed)
    return {
        lead_id: credited(
            [*map(touch_of_submission, submissions.get(lead_id, ())), *map(touch_of_engagement, engagements.get(lead_id, ()))]
        )
        for lead_id in lead_ids
    }


async def count_credit(tx: Transaction) -> int:
    """Of some deals that are due: what led to them is known by now, and is counted for good, by day and by month."""
    deals = await store.find_uncounted_deals(tx, due_by=tx.now, most=AT_ONCE)
    earnings = await _earnings(tx, deals)
    await store.count_deals(tx, {deal["_id"]: _cells(deal["closed_at"], earnings[deal["_id"]]) for deal in deals})
    return len(deals)


def _cells(closed_at: datetime, earnings: Sequence[Earned]) -> list[list[Any]]:
    days = {BY_DAY: day_of(closed_at), BY_MONTH: day_of(closed_at.replace(day=1))}
    return [[kind, day, *earning] for kind, day in days.items() for earning in earnings]


async def _earnings(tx: Transaction, deals: Sequence[Row]) -> dict[str, list[Earned]]:
    """By opportunity, from the touches of its lead, or of the one that its lead is part of by now."""
    leads = await store.find_merged_into(tx, [deal["lead_id"] for deal in deals], {"_id": 1})
    touches = await _touches(tx, {lead["_id"] for lead in leads.values()}) if leads else {}
    led = {deal["_id"]: touches[leads[deal["lead_id"]]["_id"]] if deal["lead_id"] in leads else [] for deal in deals}
    return {deal["_id"]: earned(led[deal["_id"]], deal["closed_at"], deal.get("amount"), deal.get("currency")) for deal in deals}


async def credit_sources(db: Database, first: date, last: date) -> Credits:
    """By model, source and campaign, for the deals that were won on these days: as counted, and of those that are not due as it is now."""
    return _credits(await db.transact(lambda tx: _all_earnings(tx, first, last)))


async def _all_earnings(tx: Transaction, first: date, last: date) -> list[Earned]:
    found: list[Earned] = []
    for kind, start, end in periods(first, last):
        sums = await store.read_counters_in(tx, [kind], start.isoformat(), end.isoformat())
        found += [(source, campaign, counted) for (_, _, source, campaign), counted in sums.items()]
    deals = [deal for deal in await store.find_uncounted_deals(tx) if first <= deal["closed_at"].date() <= last]
    for some in in_parts(deals, AT_ONCE):
        found += chain.from_iterable((await _earnings(tx, some)).values())
    return found


def _credits(earnings: Iterable[Earned]) -> Credits:
    sums: defaultdict[tuple[str, str, str], Any] = defaultdict(int)
    for source, campaign, counted in earnings:
        for measure, number in counted.items():
            sums[source, campaign, measure] += number
    credits: Credits = defaultdict(Credit)
    for (source, campaign, measure), number in sums.items():
        if not number:
            continue
        model, _, currency = measure.partition(":")
        credit = credits[cast(Model, model), source, campaign]
        if currency:
            credit.amounts[currency] = Decimal(number)
        else:
            credit.deals = number / WHOLE
    return credits
