"""The doors to opportunities themselves."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from services.opportunities import service, store
from services.opportunities.api.asking import EVERYONE, MANAGERS, SELLERS, target_of
from services.opportunities.api.views import OpportunityView, OpportunityWhole, TeamView
from services.opportunities.models import Closing, Details, Move, NewOpportunity, Reopening, Team
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.principal import Principal
from shared.web import Door

router = APIRouter(tags=["opportunities"])


class Day(date):
    """A date to filter by, as the rows hold it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(date.isoformat, handler(date))


FILTERS = ("status", "pipeline", "stage", "owner_id", "team_id", "account_id", "lead_id", "forecast_category", "currency")
OPPORTUNITIES = Listing(
    "opportunities",
    view=OpportunityView.from_document,
    sorts=("updated_at", "amount", "close_date"),
    default_sort="-updated_at",
    filters=dict.fromkeys(FILTERS, str) | {"close_date": Day},
)


@router.get("/opportunities", response_model=Page[OpportunityView], openapi_extra=OPPORTUNITIES.described)
async def list_opportunities(door: Door, request: Request) -> Page[OpportunityView]:
    door.allow(*EVERYONE)
    return await OPPORTUNITIES.page(door.db, request.query_params, scope=door.principal.record_scope())


@router.post("/opportunities", response_model=OpportunityView, status_code=201)
async def open_opportunity(draft: NewOpportunity, door: Door) -> Response:
    door.allow(*SELLERS)
    principal = door.principal
    if draft.owner_id not in (None, principal.subject):
        door.allow(*MANAGERS)
    owner_id, team_id = draft.owner_id or _seller(principal), next(iter(principal.teams), None)
    return await door.command(
        lambda tx: service.open_by_hand(tx, draft, owner_id=owner_id, team_id=team_id),
        view=OpportunityView.of,
        status=201,
        location=lambda opportunity: f"/opportunities/{opportunity.id}",
    )


@router.get("/opportunities/{opportunity_id}", response_model=OpportunityWhole)
async def show_opportunity(opportunity_id: str, door: Door) -> Response:
    door.allow(*EVERYONE)
    target = target_of(opportunity_id, door)
    opportunity = await store.get_opportunity(door.db, target)
    linked = await store.find_linked(door.db, opportunity, target.scope)
    return door.answer(OpportunityWhole.of(opportunity).model_copy(update={"linked_ids": linked}), settled=not linked)


@router.patch("/opportunities/{opportunity_id}", response_model=OpportunityView)
async def amend_opportunity(opportunity_id: str, changes: Details, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.amend(tx, target, changes.filled()), view=OpportunityView.of)


@router.post("/opportunities/{opportunity_id}/stage", response_model=OpportunityView)
async def move_opportunity(opportunity_id: str, move: Move, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.move_stage(tx, target, move.stage), view=OpportunityView.of)


@router.post("/opportunities/{opportunity_id}/close", response_model=OpportunityView)
async def close_opportunity(opportunity_id: str, closing: Closing, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.close_deal(tx, target, closing), view=OpportunityView.of)


@router.post("/opportunities/{opportunity_id}/reopen", response_model=OpportunityView)
async def reopen_opportunity(opportunity_id: str, reopening: Reopening, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.reopen_deal(tx, target, reopening.reason), view=OpportunityView.of)


@router.get("/opportunities/{opportunity_id}/team", response_model=TeamView)
async def show_team(opportunity_id: str, door: Door) -> Response:
    door.allow(*EVERYONE)
    return door.answer(TeamView.of(await store.get_opportunity(door.db, target_of(opportunity_id, door))))


@router.put("/opportunities/{opportunity_id}/team", response_model=TeamView)
async def form_team(opportunity_id: str, team: Team, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.form_team(tx, target, team.as_told()), view=TeamView.of)


@router.get("/opportunities/{opportunity_id}/history", response_model=Page[ChangeView], openapi_extra=HISTORY.described)
async def show_history(opportunity_id: str, door: Door, request: Request) -> Page[ChangeView]:
    door.allow(*EVERYONE)
    await store.get_opportunity(door.db, target_of(opportunity_id, door))
    return await history_page(door.db, "opportunity", opportunity_id, request.query_params)


def _seller(principal: Principal) -> str | None:
    """Whoever sells owns what they open; an administrator or an outside system does not."""
    return principal.subject if principal.roles & {"rep", "manager"} else None
