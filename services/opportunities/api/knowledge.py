"""The doors to what is done, promised and offered about an opportunity."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response

from services.opportunities import service, store
from services.opportunities.api.asking import EVERYONE, SELLERS, target_of
from services.opportunities.api.views import ActivityView, CommitmentView, ProposalView
from services.opportunities.models import Decision, Keeping, NewActivity, NewCommitment, NewProposal
from services.opportunities.models.drafts import Decided
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(tags=["knowledge"])
ACTIVITIES = Listing(
    "activities",
    view=ActivityView.from_document,
    sorts=("occurred_at",),
    default_sort="-occurred_at",
    filters={"kind": str, "by": str, "occurred_at": datetime},
)
COMMITMENTS = Listing(
    "commitments", view=CommitmentView.from_document, sorts=("due",), default_sort="due", filters={"status": str, "due": datetime}
)
PROPOSALS = Listing("proposals", view=ProposalView.from_document, sorts=("sent_at",), default_sort="-sent_at", filters={"status": str})


@router.get("/opportunities/{opportunity_id}/activities", response_model=Page[ActivityView], openapi_extra=ACTIVITIES.described)
async def list_activities(opportunity_id: str, door: Door, request: Request) -> Page[ActivityView]:
    return await ACTIVITIES.page(door.db, request.query_params, scope=await _of(opportunity_id, door))


@router.post("/opportunities/{opportunity_id}/activities", response_model=ActivityView, status_code=201)
async def log_activity(opportunity_id: str, draft: NewActivity, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.log_activity(tx, target, draft), view=ActivityView.of, status=201)


@router.get("/opportunities/{opportunity_id}/commitments", response_model=Page[CommitmentView], openapi_extra=COMMITMENTS.described)
async def list_commitments(opportunity_id: str, door: Door, request: Request) -> Page[CommitmentView]:
    return await COMMITMENTS.page(door.db, request.query_params, scope=await _of(opportunity_id, door))


@router.post("/opportunities/{opportunity_id}/commitments", response_model=CommitmentView, status_code=201)
async def make_commitment(opportunity_id: str, draft: NewCommitment, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.make_commitment(tx, target, draft), view=CommitmentView.of, status=201)


@router.post("/opportunities/{opportunity_id}/commitments/{commitment_id}/keep", response_model=CommitmentView)
async def keep_commitment(opportunity_id: str, commitment_id: str, door: Door, keeping: Keeping = Keeping()) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.keep_commitment(tx, target, commitment_id, keeping.evidence), view=CommitmentView.of)


@router.get("/opportunities/{opportunity_id}/proposals", response_model=Page[ProposalView], openapi_extra=PROPOSALS.described)
async def list_proposals(opportunity_id: str, door: Door, request: Request) -> Page[ProposalView]:
    return await PROPOSALS.page(door.db, request.query_params, scope=await _of(opportunity_id, door))


@router.post("/opportunities/{opportunity_id}/proposals", response_model=ProposalView, status_code=201)
async def send_proposal(opportunity_id: str, draft: NewProposal, door: Door) -> Response:
    door.allow(*SELLERS)
    target = target_of(opportunity_id, door)
    return await door.command(lambda tx: service.send_proposal(tx, target, draft), view=ProposalView.of, status=201)


@router.post("/opportunities/{opportunity_id}/proposals/{proposal_id}/accept", response_model=ProposalView)
async def accept_proposal(opportunity_id: str, proposal_id: str, door: Door, decision: Decision = Decision()) -> Response:
    return await _decide(opportunity_id, proposal_id, "accepted", decision, door=door)


@router.post("/opportunities/{opportunity_id}/proposals/{proposal_id}/decline", response_model=ProposalView)
async def decline_proposal(opportunity_id: str, proposal_id: str, door: Door, decision: Decision = Decision()) -> Response:
    return await _decide(opportunity_id, proposal_id, "declined", decision, door=door)


async def _decide(
    opportunity_id: str, proposal_id: str, status: Literal["accepted", "declined"], decision: Decision, *, door: Door
) -> Response:
    door.allow(*SELLERS)
    target, decided = target_of(opportunity_id, door), Decided(status, decision.reason)
    return await door.command(lambda tx: service.decide_proposal(tx, target, proposal_id, decided), view=ProposalView.of)


async def _of(opportunity_id: str, door: Door) -> dict[str, str]:
    """Only who may see the opportunity may see what belongs to it."""
    door.allow(*EVERYONE)
    await store.get_opportunity(door.db, target_of(opportunity_id, door))
    return {"opportunity_id": opportunity_id}
