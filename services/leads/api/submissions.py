"""What became of what was submitted, and signs of interest between submissions."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.leads import service, store
from services.leads.api.roles import MANAGERS, SELLERS, SENDERS, source_of
from services.leads.api.sight import hidden_from, leads_in_sight
from services.leads.api.views import SubmissionView
from shared.errors import NotFound
from shared.events import EngagementRecorded
from shared.events.values import Id
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter()
Row = Mapping[str, Any]
FILTERS = {"status": str, "source": str, "import_id": str}
SUBMISSIONS: Listing[Any] = Listing(store.SUBMISSIONS, view=dict, sorts=("id",), default_sort="-id", filters=FILTERS)


class Lookup(BaseModel):
    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]


class Fates(BaseModel):
    """Those that are known; one that is missing has not been heard of yet."""

    items: list[SubmissionView]


class Recorded(BaseModel):
    event_id: str


@router.get("/submissions", tags=["submissions"], openapi_extra=SUBMISSIONS.described)
async def list_submissions(door: Door, request: Request) -> Page[SubmissionView]:
    """Those whose leads the caller sees, and those that they handed in themselves; a page may hold fewer than were asked for."""
    door.allow(*SELLERS)
    page, sight = await SUBMISSIONS.page(door.db, request.query_params), await hidden_from(door)
    return Page(items=[SubmissionView.of(sight.row(row)) for row in await _in_sight(door, page.items)], next=page.next)


@router.get("/submissions/{submission_id}", tags=["submissions"])
async def show_submission(door: Door, submission_id: str) -> SubmissionView:
    door.allow(*SENDERS)
    return SubmissionView.of((await hidden_from(door)).row(await _seen(door, submission_id)))


@router.get("/submissions/{submission_id}/payload", tags=["submissions"], response_class=Response)
async def show_payload(door: Door, submission_id: str) -> Response:
    """What came, byte by byte."""
    door.allow(*MANAGERS)
    await _seen(door, submission_id)
    row = await store.get_submission(door.db, submission_id, {}, whole=True)
    return Response(row["raw"], media_type="application/octet-stream" if row.get("whole") else "application/json")


@router.get("/submissions/{submission_id}/history", tags=["submissions"], openapi_extra=HISTORY.described)
async def list_submission_history(door: Door, request: Request, submission_id: str) -> Page[ChangeView]:
    """Its earlier fates: what it was refused for each time that it was taken up again."""
    door.allow(*SELLERS)
    await _seen(door, submission_id)
    return await history_page(door.db, "submission", submission_id, request.query_params)


@router.post("/submissions/{submission_id}/replay", tags=["submissions"], status_code=202, response_model=SubmissionView)
async def replay_submission(door: Door, submission_id: str) -> Response:
    """Takes up a refused submission again, after its mapping was mended or its source switched on. What is still wrong is the answer."""
    door.allow(*MANAGERS)
    await _seen(door, submission_id)
    return await door.command(
        lambda tx: service.replay_submission(tx, submission_id, door.origin),
        view=SubmissionView.of,
        status=202,
        location=f"/submissions/{submission_id}",
    )


@router.post("/submissions/lookup", tags=["submissions"])
async def look_up_submissions(door: Door, lookup: Lookup) -> Fates:
    """The fates of up to a thousand at once."""
    door.allow(*SENDERS)
    source, found = source_of(door), await store.find_submissions(door.db, lookup.ids)
    rows = [row for row in found.values() if source in (None, row["source"])]
    sight = await hidden_from(door)
    return Fates(items=[SubmissionView.of(sight.row(row)) for row in await _in_sight(door, rows)])


@router.post("/submissions/{submission_id}/release", response_model=SubmissionView, tags=["submissions"])
async def release_submission(door: Door, submission_id: str) -> Response:
    """It was kept aside by mistake: from here on it is a submission like any other."""
    door.allow(*MANAGERS)
    await _seen(door, submission_id)
    return await door.command(lambda tx: service.release_submission(tx, submission_id), view=SubmissionView.of)


@router.post("/submissions/{submission_id}/discard", response_model=SubmissionView, tags=["submissions"])
async def discard_submission(door: Door, submission_id: str) -> Response:
    """It was kept aside rightly: what it said is forgotten."""
    door.allow(*MANAGERS)
    await _seen(door, submission_id)
    return await door.command(lambda tx: service.discard_submission(tx, submission_id), view=SubmissionView.of)


@router.post("/engagements", status_code=202, response_model=Recorded, tags=["engagements"])
async def submit_engagement(door: Door, engagement: EngagementRecorded) -> Response:
    door.allow(*SENDERS, scope="engagements")
    return await door.command(lambda tx: service.submit_engagement(tx, engagement), view=_recorded, status=202)


async def _seen(door: Door, submission_id: str) -> Row:
    row = await store.get_submission(door.db, submission_id, _own(door))
    if not await _in_sight(door, [row]):
        raise NotFound(f"There is no submission {submission_id}", field="submission_id", rule="exists")
    return row


async def _in_sight(door: Door, rows: Sequence[Row]) -> list[Row]:
    """What belongs to no lead belongs to no team: managers, who mend it, see it all."""
    if not door.principal.record_scope():
        return list(rows)
    seen, by = await leads_in_sight(door, rows), door.principal.by
    if not door.principal.roles.isdisjoint(MANAGERS):
        seen.update([""])
    return [row for row in rows if row.get("lead_id", "") in seen or row.get("by") == by]


def _own(door: Door) -> dict[str, str]:
    source = source_of(door)
    return {"source": source} if source is not None else {}


def _recorded(engagement: EngagementRecorded) -> Recorded:
    return Recorded(event_id=engagement.envelope.id)
