"""Teams and reps."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from services.leads import service, store
from services.leads.api.bodies import Patch
from services.leads.api.records import RepView, TeamView
from services.leads.api.roles import MANAGERS, READERS, SELLERS
from services.leads.models import Leave, Rep, Team, WorkingHours
from services.leads.models.hours import MOST_LEAVES
from services.leads.models.roster import Capacity, Weight
from shared.events.values import Id, Slug, Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.transaction import Transaction
from shared.web import Door

router = APIRouter()
Name = Annotated[Text, StringConstraints(min_length=1)]
Traits = Annotated[list[Slug], Field(max_length=50)]
OF_REPS = {"team_id": str, "active": bool, "available": bool, "manager_id": str}
REPS = Listing("reps", view=RepView.of, sorts=("id",), default_sort="id", filters=OF_REPS)
TEAMS = Listing("teams", view=TeamView.of, sorts=("id",), default_sort="id", filters={"manager_id": str})


class RepPatch(Patch):
    """Who is not `available` is away until further notice; a rep who is not active has left.

    `weight` is the share of what goes by weights, `max_open` limits the leads that wait for their response, `max_per_day` those
    dealt to them on one day of theirs. Without `hours` those of the team count, and without those they always work.
    """

    name: Name = ""
    email: Name = ""
    team_id: Id = ""
    manager_id: Id | None = None
    active: bool = True
    available: bool = True
    skills: Traits = []
    languages: Traits = []
    weight: Weight = 1
    max_open: Capacity | None = None
    max_per_day: Capacity | None = None
    hours: WorkingHours | None = None
    leave: Annotated[list[Leave], Field(max_length=MOST_LEAVES)] = []


class NewRep(RepPatch):
    id: Annotated[Id, Field(description="The subject of their token")]
    name: Name
    email: Name
    team_id: Id


class TeamPatch(Patch):
    name: Name = ""
    manager_id: Id | None = None
    hours: WorkingHours | None = None


class NewTeam(TeamPatch):
    id: Slug
    name: Name


@router.get("/reps", tags=["roster"], openapi_extra=REPS.described)
async def list_reps(door: Door, request: Request) -> Page[RepView]:
    door.allow(*READERS)
    return await REPS.page(door.db, request.query_params)


@router.post("/reps", status_code=201, response_model=RepView, tags=["roster"])
async def add_rep(door: Door, rep: NewRep) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.add_rep(tx, Rep(**rep.model_dump(), **_born(tx))), view=RepView.of, status=201)


@router.get("/reps/{rep_id}", response_model=RepView, tags=["roster"])
async def show_rep(door: Door, rep_id: str) -> Response:
    door.allow(*READERS)
    return door.answer(RepView.of(await store.get_record(door.db, Rep, rep_id)))


@router.patch("/reps/{rep_id}", response_model=RepView, tags=["roster"])
async def change_rep(door: Door, rep_id: str, patch: RepPatch) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.change_rep(tx, rep_id, patch.said(), door.expected_version), view=RepView.of)


@router.get("/reps/{rep_id}/history", tags=["roster"], openapi_extra=HISTORY.described)
async def list_rep_history(door: Door, request: Request, rep_id: str) -> Page[ChangeView]:
    door.allow(*SELLERS)
    return await history_page(door.db, Rep.noun, rep_id, request.query_params)


@router.get("/teams", tags=["roster"], openapi_extra=TEAMS.described)
async def list_teams(door: Door, request: Request) -> Page[TeamView]:
    door.allow(*READERS)
    return await TEAMS.page(door.db, request.query_params)


@router.post("/teams", status_code=201, response_model=TeamView, tags=["roster"])
async def add_team(door: Door, team: NewTeam) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.add_team(tx, Team(**team.model_dump(), **_born(tx))), view=TeamView.of, status=201)


@router.get("/teams/{team_id}", response_model=TeamView, tags=["roster"])
async def show_team(door: Door, team_id: str) -> Response:
    door.allow(*READERS)
    return door.answer(TeamView.of(await store.get_record(door.db, Team, team_id)))


@router.patch("/teams/{team_id}", response_model=TeamView, tags=["roster"])
async def change_team(door: Door, team_id: str, patch: TeamPatch) -> Response:
    door.allow(*MANAGERS)
    return await door.command(lambda tx: service.change_team(tx, team_id, patch.said(), door.expected_version), view=TeamView.of)


@router.get("/teams/{team_id}/history", tags=["roster"], openapi_extra=HISTORY.described)
async def list_team_history(door: Door, request: Request, team_id: str) -> Page[ChangeView]:
    door.allow(*SELLERS)
    return await history_page(door.db, Team.noun, team_id, request.query_params)


def _born(tx: Transaction) -> dict[str, Any]:
    return {"created_at": tx.now, "updated_at": tx.now}
