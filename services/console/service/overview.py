"""The day at a glance."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from services.console.models import Row
from services.console.service.pipeline import Worth, add_up, priced
from services.console.store import Library
from shared.events.leads import Claimants

CHART_DAYS = 14
URGENT = 6
CLAIMANTS: tuple[str, ...] = get_args(Claimants)
_DECIDED = {"status": {"$in": ["qualified", "contacted", "disqualified"]}}


@dataclass(frozen=True, slots=True)
class Day:
    day: str
    captured: int
    qualified: int


@dataclass(frozen=True, slots=True)
class Overview:
    """`chart` counts all customers, so it is made only for those who may see them all."""

    leads_today: int
    decided: int
    qualified: int
    overdue: int
    to_claim: int
    open_count: int
    open_worth: Worth
    won_count: int
    won_worth: Worth
    urgent: list[Row]
    names: dict[str, str]
    chart: list[Day]


async def look_over(library: Library, now: datetime) -> Overview:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    week, month = midnight - timedelta(days=6), midnight.replace(day=1)
    stages, won = await library.sum_stages(), await library.sum_won(month)
    urgent = await library.list_urgent_leads(URGENT)
    return Overview(
        leads_today=await library.count_leads({"since": {"$gte": midnight}}),
        decided=await library.count_leads(_DECIDED | {"since": {"$gte": week}}),
        qualified=await library.count_leads({"status": {"$in": ["qualified", "contacted"]}, "since": {"$gte": week}}),
        overdue=await library.count_leads({"overdue": True}),
        to_claim=await library.count_leads({"to_claim": {"$in": list(CLAIMANTS)}}),
        open_count=sum(row["count"] for row in stages),
        open_worth=add_up(priced(stages)),
        won_count=sum(row["count"] for row in won),
        won_worth=add_up(priced(won)),
        urgent=urgent,
        names=await library.find_names(row["owner_id"] for row in urgent),
        chart=await _chart(library, midnight) if library.sees_everything else [],
    )


async def _chart(library: Library, midnight: datetime) -> list[Day]:
    days = [(midnight - timedelta(days=back)).date().isoformat() for back in reversed(range(CHART_DAYS))]
    counted = await library.count_days(days[0])
    return [Day(day, counted.get(day, {}).get("captured", 0), counted.get(day, {}).get("qualified", 0)) for day in days]
