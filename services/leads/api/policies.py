"""How leads are judged and where they go: drafted, looked at, activated."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.leads import service, store
from services.leads.api.roles import MANAGERS, SELLERS
from services.leads.models import CriteriaDraft, CriteriaSet, RoutingDraft, RoutingSet, Simulation
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter()
FILTERS = {"status": str}
CRITERIA = Listing(CriteriaSet.noun, view=CriteriaSet.from_document, sorts=("id",), default_sort="-id", filters=FILTERS)
ROUTING = Listing(RoutingSet.noun, view=RoutingSet.from_document, sorts=("id",), default_sort="-id", filters=FILTERS)


@router.get("/criteria", tags=["criteria"])
async def list_criteria(door: Door, request: Request) -> Page[CriteriaSet]:
    door.allow(*SELLERS)
    return await CRITERIA.page(door.db, request.query_params)


@router.post("/criteria", status_code=201, response_model=CriteriaSet, tags=["criteria"])
async def draft_criteria(door: Door, draft: CriteriaDraft) -> Response:
    """A new version, to be activated. An expression that does not compile is named, with the place where it goes wrong."""
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.draft_criteria(tx, draft), status=201, location=_look_at_criteria)


@router.get("/criteria/{version}", response_model=CriteriaSet, tags=["criteria"])
async def show_criteria(door: Door, version: int) -> Response:
    door.allow(*SELLERS)
    return door.answer(await store.get_policy(door.db, CriteriaSet, version))


@router.post("/criteria/{version}/activate", response_model=CriteriaSet, tags=["criteria"])
async def activate_criteria(door: Door, version: int) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.activate_policy(tx, CriteriaSet, version))


@router.get("/routing", tags=["routing"])
async def list_routing(door: Door, request: Request) -> Page[RoutingSet]:
    door.allow(*SELLERS)
    return await ROUTING.page(door.db, request.query_params)


@router.post("/routing", status_code=201, response_model=RoutingSet, tags=["routing"])
async def draft_routing(door: Door, draft: RoutingDraft) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.draft_routing(tx, draft), status=201, location=_look_at_routing)


@router.get("/routing/{version}", response_model=RoutingSet, tags=["routing"])
async def show_routing(door: Door, version: int) -> Response:
    door.allow(*SELLERS)
    return door.answer(await store.get_policy(door.db, RoutingSet, version))


@router.post("/routing/{version}/activate", response_model=RoutingSet, tags=["routing"])
async def activate_routing(door: Door, version: int) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.activate_policy(tx, RoutingSet, version))


@router.post("/routing/{version}/simulate", tags=["routing"])
async def simulate_routing(door: Door, version: int, leads: Annotated[int, Query(ge=1, le=1000)] = 500) -> Simulation:
    """Who would have got the latest leads by these rules, and how many would have gone elsewhere. Nothing is changed."""
    door.allow(*MANAGERS)
    return await service.simulate_routing(door.db, version, leads)


def _look_at_criteria(criteria: CriteriaSet) -> str:
    return f"/criteria/{criteria.version}"


def _look_at_routing(routing: RoutingSet) -> str:
    return f"/routing/{routing.version}"
