"""What is to be expected of what is open, and what was won."""

from datetime import date
from typing import Any

from services.opportunities import store
from services.opportunities.models import Forecast
from services.opportunities.rules.forecasts import forecast
from shared.database import Database


async def make_forecast(db: Database, scope: dict[str, Any], *, since: date | None, until: date | None) -> list[Forecast]:
    """Of what closes from `since` to `until`, both included; without either, of everything, with or without a close date."""
    rows = forecast(await store.sum_forecasts(db, scope, since=since, until=until))
    names = await store.name_reps(db, {row.owner_id for row in rows if row.owner_id})
    return [row.model_copy(update={"owner_name": names.get(row.owner_id or "")}) for row in rows]
