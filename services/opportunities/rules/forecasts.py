"""What the open and won opportunities promise, per owner and currency."""

from collections.abc import Iterable
from decimal import Decimal

from services.opportunities.models import Forecast, Sum
from shared.events.opportunities import ForecastCategory

CATEGORIES: tuple[ForecastCategory, ...] = ("pipeline", "best_case", "commit", "closed", "omitted")
PER_CENT = Decimal("0.01")


def forecast(sums: Iterable[Sum]) -> list[Forecast]:
    """One row per owner and currency, in that order."""
    rows: dict[tuple[str, str], Forecast] = {}
    for one in sums:
        key = (one.owner_id or "", one.currency)
        rows[key] = _with(rows.get(key) or _empty(one), one)
    return [rows[key] for key in sorted(rows)]


def _empty(one: Sum) -> Forecast:
    return Forecast(owner_id=one.owner_id, currency=one.currency, categories=dict.fromkeys(CATEGORIES, Decimal(0)))


def _with(row: Forecast, one: Sum) -> Forecast:
    weight = Decimal(0) if one.category == "closed" else one.amount * one.probability * PER_CENT
    categories = {**row.categories, one.category: row.categories[one.category] + one.amount}
    counted = row.opportunities + one.opportunities
    return row.model_copy(update={"weighted": row.weighted + weight, "categories": categories, "opportunities": counted})
