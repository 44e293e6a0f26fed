"""Pairs of leads that may be one person, to be decided."""

from fastapi import APIRouter, Request, Response

from services.leads import service, store
from services.leads.api.roles import DECIDERS
from services.leads.api.sight import sight_of
from services.leads.api.views import AlikeView, DuplicateView
from shared.events.values import Value
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["duplicates"])
DUPLICATES = Listing(
    store.DUPLICATES,
    view=DuplicateView.of,
    sorts=("score",),
    default_sort="-score",
    filters={"status": str, "score": int, "lead_id": str, "other_id": str},
)


class Alike(Value):
    items: list[AlikeView]


@router.get("/duplicates", openapi_extra=DUPLICATES.described)
async def list_duplicates(door: Door, request: Request) -> Page[DuplicateView]:
    """The likest first. `status` is open, merged, separate, or gone: one of them became part of a third."""
    door.allow(*DECIDERS)
    return await DUPLICATES.page(door.db, dict(request.query_params))


@router.post("/duplicates/{pair}/merge", response_model=DuplicateView)
async def merge_duplicate(door: Door, pair: str) -> Response:
    door.allow(*DECIDERS)
    return await door.command(lambda tx: service.merge_duplicate(tx, pair, door.principal, door.expected_version), view=DuplicateView.of)


@router.post("/duplicates/{pair}/separate", response_model=DuplicateView)
async def separate_duplicate(door: Door, pair: str) -> Response:
    """They are two, and are never proposed again."""
    door.allow(*DECIDERS)
    return await door.command(lambda tx: service.separate_duplicate(tx, pair, door.expected_version), view=DuplicateView.of)


@router.get("/leads/{lead_id}/alike")
async def list_alike(door: Door, lead_id: str) -> Alike:
    """Who is like this lead at this moment, and how much."""
    lead = await store.get_lead(door.db, lead_id, (await sight_of(door)).scope)
    found = await service.find_alike(door.db, lead)
    return Alike(items=[AlikeView.of(other_id, comparing.verdict, comparing.match) for other_id, comparing in found])
