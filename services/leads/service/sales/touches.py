"""What touched a lead, from first to last, and what of all that is won it earns."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from services.leads import store
from services.leads.rules.attribution import MODELS, Model, Touch, credited, touch_of_engagement, touch_of_submission
from shared.database import Database

MOST_TOUCHES = 1_000
AT_ONCE = 200
Amounts = dict[str, Decimal]


class Credit:
    """What one source and campaign has earned by one model: parts of won deals, and of their amounts by currency."""

    def __init__(self) -> None:
        self.deals = 0.0
        self.amounts: defaultdict[str, Decimal] = defaultdict(Decimal)


Credits = dict[tuple[Model, str, str], Credit]


async def touches_of(db: Database, lead_id: str) -> list[Touch]:
    return (await _touches(db, [lead_id]))[lead_id]


async def _touches(db: Database, lead_ids: Collection[str]) -> dict[str, list[Touch]]:
    """Of each lead in the order of time, with those of the leads that have become part of it."""
    absorbed = await store.find_absorbed(db, lead_ids)
    ids, most = [*lead_ids, *absorbed], MOST_TOUCHES * len(lead_ids)
    submissions = store.by_lead(await store.find_touching_submissions(db, ids, most), absorbed)
    engagements = store.by_lead(await store.find_touching_engagements(db, ids, most), absorbed)
    return {
        lead_id: credited(
            [*map(touch_of_submission, submissions.get(lead_id, ())), *map(touch_of_engagement, engagements.get(lead_id, ()))]
        )
        for lead_id in lead_ids
    }


async def credit_sources(db: Database, since: datetime, until: datetime) -> Credits:
    """By model, source and campaign, for the deals that were won within this time; what came after the close earns nothing."""
    credits: Credits = defaultdict(Credit)
    place: tuple[datetime, str] | None = None
    while deals := await store.find_won_deals(db, since, until, place, AT_ONCE):
        touches = await _touches(db, [deal["lead_id"] for deal in deals])
        for deal in deals:
            before = [touch for touch in touches[deal["lead_id"]] if touch.at <= deal["closed_at"]]
            for touch in credited(before):
                for model in MODELS:
                    _earn(credits[model, touch.source, touch.campaign or ""], touch.credit[model], deal.get("amount"), deal.get("currency"))
        place = deals[-1]["closed_at"], deals[-1]["_id"]
    return credits


def _earn(credit: Credit, share: float, amount: Decimal | None, currency: str | None) -> None:
    credit.deals += share
    if amount is not None and currency:
        credit.amounts[currency] += amount * Decimal(str(share))
