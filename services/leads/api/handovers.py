"""Handovers: all the leads of one rep go to others."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints

from services.leads import service, store
from services.leads.api.bodies import Body
from services.leads.api.records import HandoverView
from services.leads.api.roles import MANAGERS
from services.leads.models import Handover
from shared.events.values import Id, Text
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["roster"])
HANDOVERS = Listing(store.HANDOVERS, view=HandoverView.of, sorts=("id",), default_sort="-id", filters={"rep_id": str})


class NewHandover(Body):
    """To one rep, or without `to` dealt out to the team. With `leaves` the rep has left from now on."""

    to: Id | None = None
    reason: Annotated[Text, StringConstraints(min_length=1)]
    leaves: bool = False


@router.post("/reps/{rep_id}/handover", status_code=202, response_model=HandoverView)
async def hand_over_leads(door: Door, rep_id: str, asked: NewHandover) -> Response:
    """Any number of leads, some hundreds at a time; where it is told how far it has come is the location."""
    door.allow(*MANAGERS)
    return await door.command(
        lambda tx: service.open_handover(tx, rep_id, **asked.model_dump()), view=HandoverView.of, status=202, location=_look_at
    )


@router.get("/handovers", openapi_extra=HANDOVERS.described)
async def list_handovers(door: Door, request: Request) -> Page[HandoverView]:
    door.allow(*MANAGERS)
    return await HANDOVERS.page(door.db, request.query_params)


@router.get("/handovers/{handover_id}", response_model=HandoverView)
async def show_handover(door: Door, handover_id: str) -> Response:
    door.allow(*MANAGERS)
    return door.answer(HandoverView.of(await store.get_record(door.db, Handover, handover_id)))


def _look_at(handover: Handover) -> str:
    return f"/handovers/{handover.id}"
