"""Leads: handed in, looked at, worked on."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field, StringConstraints

from services.leads import service, store
from services.leads.api.bodies import Body
from services.leads.api.roles import MANAGERS, SELLERS, SENDERS, allow_reading, source_of
from services.leads.api.views import Accepted, LeadView, LeadWithReasons, Summary, look_at
from services.leads.models import LeadDocument
from services.leads.rules.identity import search_ranges
from services.leads.service import Asked
from shared.errors import Forbidden
from shared.events import LeadSubmitted
from shared.events.values import Id, Text
from shared.history import ChangeView, history_page
from shared.paging import Listing, Page
from shared.web import Door

router = APIRouter(prefix="/leads", tags=["leads"])
MOST_FOUND = 500
LEADS = Listing(
    store.LEADS,
    view=LeadView.of,
    sorts=("id", "updated_at"),
    default_sort="-id",
    filters={
        "status": str,
        "owner_id": str,
        "team_id": str,
        "source": str,
        "grade": str,
        "score": int,
        "outcome": str,
        "created_at": datetime,
        "updated_at": datetime,
    },
)
Words = Annotated[Text, StringConstraints(min_length=1)]


class Contact(Body):
    channel: Text | None = None
    contacted_at: AwareDatetime | None = None


class Decision(Body):
    reason: Words


class Assignment(Body):
    owner_id: Id
    reason: Text | None = None


class Merge(Body):
    lead_id: Annotated[Id, Field(description="The lead that becomes part of the one in the path")]


@router.post("", status_code=202, response_model=Accepted)
async def submit_lead(door: Door, submission: LeadSubmitted) -> Response:
    door.allow(*SENDERS, scope="leads")
    source = source_of(door)
    if source not in (None, submission.source):
        raise Forbidden(f"This key is for the source {source}", field="source", rule="own_source")
    knock = service.Knock(submission, door.principal.by, door.origin)
    return await door.submit(service.submit_leads, knock, view=Accepted.of, status=202, location=look_at)


@router.get("")
async def list_leads(door: Door, request: Request) -> Page[LeadView]:
    """`q` finds leads by the beginning of an e-mail address, a phone number, or a company's name together with a person's."""
    allow_reading(door)
    params = dict(request.query_params)
    scope, typed = door.principal.record_scope(), params.pop("q", "")
    if typed:
        found = await store.find_lead_ids_by_range(door.db, search_ranges(typed[:300]), MOST_FOUND)
        scope = {"$and": [{"_id": {"$in": found}}, scope]} if scope else {"_id": {"$in": found}}
    return await LEADS.page(door.db, params, scope=scope)


@router.get("/summary")
async def sum_up_leads(door: Door) -> Summary:
    door.allow(*MANAGERS)
    by_status = await store.count_leads_by(door.db, "status")
    return Summary(
        leads=sum(by_status.values()),
        by_status=by_status,
        by_source=await store.count_leads_by(door.db, "source"),
        by_owner=await store.count_leads_by(door.db, "owner_id"),
    )


@router.get("/{lead_id}", response_model=LeadWithReasons)
async def show_lead(door: Door, lead_id: str) -> Response:
    allow_reading(door)
    lead = await store.get_lead(door.db, lead_id, door.principal.record_scope())
    policy = await service.current_policy(door.db)
    return door.answer(LeadWithReasons.of({**lead, "reasons": policy.reasons_of(lead)}))


@router.get("/{lead_id}/history")
async def list_lead_history(door: Door, request: Request, lead_id: str) -> Page[ChangeView]:
    allow_reading(door)
    await store.get_lead(door.db, lead_id, door.principal.record_scope())
    return await history_page(door.db, "lead", lead_id, request.query_params)


@router.post("/{lead_id}/claim", response_model=LeadView)
async def claim_lead(door: Door, lead_id: str) -> Response:
    return await _worked(door, SELLERS, lambda tx: service.claim_lead(tx, _asked(door, lead_id)))


@router.post("/{lead_id}/contact", response_model=LeadView)
async def contact_lead(door: Door, lead_id: str, contact: Contact | None = None) -> Response:
    said = contact or Contact()
    return await _worked(door, SELLERS, lambda tx: service.contact_lead(tx, _asked(door, lead_id), said.channel, said.contacted_at))


@router.post("/{lead_id}/qualify", response_model=LeadView)
async def qualify_lead(door: Door, lead_id: str, decision: Decision) -> Response:
    return await _worked(door, SELLERS, lambda tx: service.qualify_lead(tx, _asked(door, lead_id), decision.reason))


@router.post("/{lead_id}/disqualify", response_model=LeadView)
async def disqualify_lead(door: Door, lead_id: str, decision: Decision) -> Response:
    return await _worked(door, SELLERS, lambda tx: service.disqualify_lead(tx, _asked(door, lead_id), decision.reason))


@router.post("/{lead_id}/unconvert", response_model=LeadView)
async def unconvert_lead(door: Door, lead_id: str, decision: Decision) -> Response:
    """Takes back the handover to sales: the opportunity is closed as returned, and the lead waits to be qualified again."""
    return await _worked(door, SELLERS, lambda tx: service.unconvert_lead(tx, _asked(door, lead_id), decision.reason))


@router.post("/{lead_id}/assign", response_model=LeadView)
async def assign_lead(door: Door, lead_id: str, to: Assignment) -> Response:
    return await _worked(door, MANAGERS, lambda tx: service.assign_lead(tx, _asked(door, lead_id), to.owner_id, to.reason))


@router.post("/{lead_id}/merge", response_model=LeadView)
async def merge_leads(door: Door, lead_id: str, merge: Merge) -> Response:
    return await _worked(door, SELLERS, lambda tx: service.merge_leads(tx, _asked(door, lead_id), merge.lead_id))


def _asked(door: Door, lead_id: str) -> Asked:
    return Asked(lead_id, door.principal, door.expected_version)


async def _worked(door: Door, roles: tuple[str, ...], work: Any) -> Response:
    door.allow(*roles)
    return await door.command(work, view=_shown)


def _shown(lead: LeadDocument) -> LeadView:
    return LeadView.of(lead)
