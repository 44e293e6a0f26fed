"""Territories: whose ground is whose."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from services.leads import service, store
from services.leads.api.bodies import Patch
from services.leads.api.records import TerritoryView
from services.leads.api.roles import MANAGERS, READERS, SELLERS
from services.leads.models import Ground, Territory
from shared.events.values import Id, Slug, Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.transaction import Transaction
from shared.web import Door

router = APIRouter(prefix="/territories", tags=["roster"])
Name = Annotated[Text, StringConstraints(min_length=1)]
FILTERS = {"parent_id": str, "team_id": str, "active": bool}
TERRITORIES = Listing("territories", view=TerritoryView.of, sorts=("id",), default_sort="id", filters=FILTERS)


class TerritoryPatch(Patch):
    """One that is not active takes no leads, nor do those within it."""

    name: Name = ""
    parent_id: Slug | None = None
    position: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    ground: Ground = Ground()
    team_id: Id | None = None
    rep_ids: Annotated[list[Id], Field(max_length=500)] = []
    active: bool = True


class NewTerritory(TerritoryPatch):
    id: Slug
    name: Name


@router.get("", openapi_extra=TERRITORIES.described)
async def list_territories(door: Door, request: Request) -> Page[TerritoryView]:
    door.allow(*READERS)
    return await TERRITORIES.page(door.db, request.query_params)


@router.post("", status_code=201, response_model=TerritoryView)
async def add_territory(door: Door, territory: NewTerritory) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.add_territory(tx, _new(territory, tx)), view=TerritoryView.of, status=201)


@router.get("/{territory_id}", response_model=TerritoryView)
async def show_territory(door: Door, territory_id: str) -> Response:
    door.allow(*READERS)
    return door.answer(TerritoryView.of(await store.get_record(door.db, Territory, territory_id)))


@router.patch("/{territory_id}", response_model=TerritoryView)
async def change_territory(door: Door, territory_id: str, patch: TerritoryPatch) -> Response:
    door.allow(*MANAGERS)
    fields, version = patch.said(), door.expected_version
    return await door.command(lambda tx: service.change_territory(tx, territory_id, fields, version), view=TerritoryView.of)


@router.get("/{territory_id}/history", openapi_extra=HISTORY.described)
async def list_territory_history(door: Door, request: Request, territory_id: str) -> Page[ChangeView]:
    door.allow(*SELLERS)
    return await history_page(door.db, Territory.noun, territory_id, request.query_params)


def _new(territory: NewTerritory, tx: Transaction) -> Territory:
    return Territory(**territory.model_dump(), created_at=tx.now, updated_at=tx.now)
