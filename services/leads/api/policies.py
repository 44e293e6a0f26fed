"""How leads are judged and where they go: drafted, looked at, activated."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.leads import service, store
from services.leads.api.bodies import Body
from services.leads.api.judgements import CriteriaView
from services.leads.api.roles import MANAGERS, SELLERS
from services.leads.models import (
    CriteriaDraft,
    CriteriaSet,
    CriteriaSimulation,
    MaskingDraft,
    MaskingSet,
    MatchingDraft,
    MatchingSet,
    PolicySet,
    RoutingDraft,
    RoutingSet,
    RoutingSimulation,
)
from shared.database import utcnow
from shared.events.values import Id
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter()
MOST_SIMULATED = 5_000


class Asked(Body):
    """How many leads, and before which of them to begin."""

    leads: Annotated[int, Field(ge=1, le=MOST_SIMULATED)] = 1_000
    before: Id | None = None


class Activation(Body):
    rejudge: bool = False


def _versions_of(kind: Any) -> Listing[Any]:
    return Listing(kind.noun, view=kind.from_document, sorts=("id",), default_sort="-id", filters={"status": str})


CRITERIA, MASKING, ROUTING, MATCHING = (_versions_of(kind) for kind in (CriteriaSet, MaskingSet, RoutingSet, MatchingSet))


@router.get("/criteria", tags=["criteria"], openapi_extra=CRITERIA.described)
async def list_criteria(door: Door, request: Request) -> Page[CriteriaSet]:
    door.allow(*SELLERS)
    return await CRITERIA.page(door.db, request.query_params)


@router.post("/criteria", status_code=201, response_model=CriteriaSet, tags=["criteria"])
async def draft_criteria(door: Door, draft: CriteriaDraft) -> Response:
    """A new version, to be activated. An expression that does not compile is named, with the place where it goes wrong."""
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.draft_criteria(tx, draft), status=201, location=_look_at)


@router.get("/criteria/{version}", response_model=CriteriaView, tags=["criteria"])
async def show_criteria(door: Door, version: int) -> Response:
    """With the criteria that could not be told of some leads, and how far all leads have been judged by it, if that was asked for."""
    door.allow(*SELLERS)
    criteria = await store.get_policy(door.db, CriteriaSet, version)
    failures = await store.find_failures(door.db, version)
    return door.answer(CriteriaView.with_outcome(criteria, failures, await store.find_rejudging(door.db, version)))


@router.post("/criteria/rollback", response_model=CriteriaSet, tags=["criteria"])
async def roll_back_criteria(door: Door) -> Response:
    """The version that was in force before is in force again."""
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.roll_back_policy(tx, CriteriaSet))


@router.post("/criteria/{version}/simulate", tags=["criteria"])
async def simulate_criteria(door: Door, version: int, asked: Asked | None = None) -> CriteriaSimulation:
    """Whose status or grade would change. Reads the latest leads, as many as asked for; `before` goes on where the last answer ended."""
    door.allow(*MANAGERS)
    wanted = asked or Asked()
    return await service.simulate_criteria(door.db, version, most=wanted.leads, before=wanted.before, at=utcnow())


@router.post("/criteria/{version}/activate", response_model=CriteriaSet, tags=["criteria"])
async def activate_criteria(door: Door, version: int, how: Activation | None = None) -> Response:
    """Leads that come or change from now on are judged by it; all others, too, if `rejudge` is set: in the background."""
    door.allow(*MANAGERS)
    rejudge = how is not None and how.rejudge
    return await door.command(lambda tx: service.activate_criteria(tx, version, rejudge=rejudge))


@router.get("/masking", tags=["masking"], openapi_extra=MASKING.described)
async def list_masking(door: Door, request: Request) -> Page[MaskingSet]:
    door.allow(*SELLERS)
    return await MASKING.page(door.db, request.query_params)


@router.post("/masking", status_code=201, response_model=MaskingSet, tags=["masking"])
async def draft_masking(door: Door, draft: MaskingDraft) -> Response:
    """A new version, to be activated, of what each role does not see of leads. Without an active one everybody sees everything."""
    door.allow("admin")
    return await door.command(lambda tx: service.draft_masking(tx, draft), status=201, location=_look_at)


@router.get("/masking/{version}", response_model=MaskingSet, tags=["masking"])
async def show_masking(door: Door, version: int) -> Response:
    door.allow(*SELLERS)
    return door.answer(await store.get_policy(door.db, MaskingSet, version))


@router.post("/masking/{version}/activate", response_model=MaskingSet, tags=["masking"])
async def activate_masking(door: Door, version: int) -> Response:
    door.allow("admin")
    return await door.command(lambda tx: service.activate_masking(tx, version))


@router.get("/routing", tags=["routing"], openapi_extra=ROUTING.described)
async def list_routing(door: Door, request: Request) -> Page[RoutingSet]:
    door.allow(*SELLERS)
    return await ROUTING.page(door.db, request.query_params)


@router.post("/routing", status_code=201, response_model=RoutingSet, tags=["routing"])
async def draft_routing(door: Door, draft: RoutingDraft) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.draft_routing(tx, draft), status=201, location=_look_at)


@router.get("/routing/{version}", response_model=RoutingSet, tags=["routing"])
async def show_routing(door: Door, version: int) -> Response:
    door.allow(*SELLERS)
    return door.answer(await store.get_policy(door.db, RoutingSet, version))


@router.post("/routing/rollback", response_model=RoutingSet, tags=["routing"])
async def roll_back_routing(door: Door) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.roll_back_policy(tx, RoutingSet))


@router.post("/routing/{version}/activate", response_model=RoutingSet, tags=["routing"])
async def activate_routing(door: Door, version: int) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.activate_policy(tx, RoutingSet, version))


@router.post("/routing/{version}/simulate", tags=["routing"])
async def simulate_routing(door: Door, version: int, leads: Annotated[int, Query(ge=1, le=1000)] = 500) -> RoutingSimulation:
    """Who would have got the latest leads by these rules, and how many would have gone elsewhere. Nothing is changed."""
    door.allow(*MANAGERS)
    return await service.simulate_routing(door.db, version, leads)


@router.get("/matching", tags=["duplicates"], openapi_extra=MATCHING.described)
async def list_matching(door: Door, request: Request) -> Page[MatchingSet]:
    """When two leads are one person: weights, thresholds, and which value survives."""
    door.allow(*SELLERS)
    return await MATCHING.page(door.db, request.query_params)


@router.post("/matching", status_code=201, response_model=MatchingSet, tags=["duplicates"])
async def draft_matching(door: Door, draft: MatchingDraft) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.draft_matching(tx, draft), status=201, location=_look_at)


@router.get("/matching/{version}", response_model=MatchingSet, tags=["duplicates"])
async def show_matching(door: Door, version: int) -> Response:
    door.allow(*SELLERS)
    return door.answer(await store.get_policy(door.db, MatchingSet, version))


@router.post("/matching/{version}/activate", response_model=MatchingSet, tags=["duplicates"])
async def activate_matching(door: Door, version: int) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.activate_policy(tx, MatchingSet, version))


def _look_at(policy: PolicySet) -> str:
    return f"/{policy.noun}/{policy.version}"
