"""The door to the forecast."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from services.opportunities import service
from services.opportunities.api.asking import EVERYONE
from services.opportunities.models import Forecast
from shared.paging import Page
from shared.web import Door

router = APIRouter(tags=["forecasts"])


@router.get("/forecasts", response_model=Page[Forecast])
async def show_forecasts(
    door: Door, since: Annotated[date | None, Query(alias="from")] = None, until: Annotated[date | None, Query(alias="to")] = None
) -> Page[Forecast]:
    """What closes from `from` to `to`, both included; without either everything that is open or won."""
    door.allow(*EVERYONE)
    return Page[Forecast](items=await service.make_forecast(door.db, door.principal.record_scope(), since=since, until=until))
