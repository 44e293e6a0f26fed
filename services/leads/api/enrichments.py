"""Whom was asked about a lead, and asking again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.leads import service, store
from services.leads.api.roles import SELLERS
from services.leads.api.sight import sight_of
from services.leads.api.views import LeadView
from services.leads.service import Asked
from shared.events.values import Money
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(prefix="/leads/{lead_id}", tags=["leads"])


class EnrichmentView(BaseModel):
    """One provider asked about one lead. `late` says that it was judged before the answer came, `cached` that nobody was called."""

    id: str
    provider: str
    status: str
    asked_at: datetime
    settled_at: datetime | None = None
    due_at: datetime
    attempts: int
    cached: bool = False
    late: bool = False
    seconds: float | None = None
    fields: list[str] = []
    problem: str | None = None
    problems: list[str] = []
    cost: Money | None = None
    currency: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls.model_validate({**row, "id": row["_id"], "provider": row["provider_id"]})


ENRICHMENTS = Listing(store.ENRICHMENTS, view=EnrichmentView.of, sorts=("id",), default_sort="-id", filters={"status": str})


@router.get("/enrichments", openapi_extra=ENRICHMENTS.described)
async def list_enrichments(door: Door, request: Request, lead_id: str) -> Page[EnrichmentView]:
    """Whom was asked about it, when, and what came of that."""
    sight = await sight_of(door)
    await store.get_lead(door.db, lead_id, sight.scope)
    return await ENRICHMENTS.page(
        door.db, request.query_params, scope={"lead_id": lead_id}, view=lambda row: EnrichmentView.of(sight.without_problems(row))
    )


@router.post("/enrich", status_code=202, response_model=LeadView)
async def enrich_lead(door: Door, lead_id: str) -> Response:
    """Asks all providers whose conditions hold, again."""
    door.allow(*SELLERS)
    asked = Asked(lead_id, door.principal, door.expected_version)
    look = f"/leads/{lead_id}/enrichments"
    return await door.command(lambda tx: service.enrich_lead(tx, asked), view=(await sight_of(door)).lead, status=202, location=look)
