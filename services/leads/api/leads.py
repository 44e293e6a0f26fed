"""Leads: handed in, looked at, worked on."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field, StringConstraints

from services.leads import service, store
from services.leads.api.bodies import Body
from services.leads.api.judgements import Adding, LeadScore
from services.leads.api.roles import MANAGERS, SELLERS, SENDERS, expect_own_source
from services.leads.api.sight import Sight, sight_of
from services.leads.api.views import Accepted, LeadView, LeadWithReasons, Summary, look_at
from services.leads.models import LeadDocument
from services.leads.rules.judging.policy import Policy
from services.leads.rules.judging.scoring import grades_meant
from services.leads.service import Asked
from shared.database import utcnow
from shared.errors import NotAllowedNow
from shared.events import LeadSubmitted
from shared.events.values import Id, Moment, Text
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Listing, Page, said_once
from shared.web import Door

router = APIRouter(prefix="/leads", tags=["leads"])
MOST_FOUND = 500
LEADS = Listing(
    store.LEADS,
    view=LeadView.of,
    sorts=("id", "updated_at"),
    default_sort="-id",
    filters={
        "grade": str,
        "score": int,
        "outcome": str,
        "created_at": datetime,
        "updated_at": datetime,
    },
    gathered=store.SOUGHT,
)
Words = Annotated[Text, StringConstraints(min_length=1)]
Typed = Annotated[str, Query()]


class Contact(Body):
    channel: Text | None = None
    contacted_at: Moment | None = None


class Decision(Body):
    reason: Words


class Assignment(Body):
    owner_id: Id
    reason: Text | None = None


class Unmerge(Body):
    lead_id: Annotated[Id | None, Field(description="The lead that is to be one of its own again; without it the one merged last")] = None


class Merge(Body):
    lead_id: Annotated[Id, Field(description="The lead that becomes part of the one in the path")]


@router.post("", status_code=202, response_model=Accepted)
async def submit_lead(door: Door, submission: LeadSubmitted) -> Response:
    door.allow(*SENDERS, scope="leads")
    expect_own_source(door, submission.source)
    knock = service.Knock(submission, door.principal.by, door.origin)
    return await door.submit(service.submit_leads, knock, view=Accepted.of, status=202, location=look_at)


@router.get("", openapi_extra=LEADS.described)
async def list_leads(door: Door, request: Request, q: Typed = "", external_id: Typed = "") -> Page[LeadView]:
    """A grade may be its letter or its digit alone.

    `q` finds leads by the beginning of an e-mail address, a phone number, or a company's name together with a person's; `external_id`
    what they are called where they come from, in whole."""
    sight, params = await sight_of(door), said_once(request.query_params)
    sight.expect_shown(params)
    if "grade" in params:
        params["grade"] = grades_meant(params["grade"])
    for name in ("q", "external_id"):
        params.pop(name, None)
    if q or external_id:
        found = {"_id": {"$in": await _found(door, sight, q, external_id)}}
        scope = {"$and": [found, sight.scope]} if sight.scope else found
        return await LEADS.page(door.db, params, scope=scope, view=sight.lead)
    return await LEADS.page(door.db, params, scope=sight.own, also=sight.for_anybody, view=sight.lead)


async def _found(door: Door, sight: Sight, typed: str, external_id: str) -> list[str]:
    """The ids of the leads that both mean, where both are asked for."""
    known = await store.find_lead_ids_by_external_id(door.db, external_id) if external_id else None
    if typed:
        return await store.find_lead_ids_by_range(door.db, sight.ranges(typed[:300]), MOST_FOUND, among=known)
    return known or []


@router.get("/summary")
async def sum_up_leads(door: Door) -> Summary:
    door.allow(*MANAGERS)
    counts = await store.count_leads(door.db, *await service.scopes_of(door.db, door.principal))
    by_status, by_source, by_owner = (counts[field] for field in ("status", "source", "owner_id"))
    return Summary(leads=sum(by_status.values()), by_status=by_status, by_source=by_source, by_owner=by_owner)


@router.get("/{lead_id}", response_model=LeadWithReasons)
async def show_lead(door: Door, lead_id: str) -> Response:
    sight = await sight_of(door)
    lead = await store.get_lead(door.db, lead_id, sight.scope)
    policy = await service.current_policy(door.db)
    return door.answer(sight.lead_with_reasons({**lead, "reasons": policy.reasons_of(lead)}))


@router.get("/{lead_id}/score")
async def show_score(door: Door, lead_id: str, at: AwareDatetime | None = None) -> LeadScore:
    """As it is now or will be then, if nothing more is heard of it, by the criteria in force."""
    lead = await store.get_lead(door.db, lead_id, (await sight_of(door)).scope)
    return _standing(await service.current_policy(door.db), lead, max(at or utcnow(), utcnow()))


@router.get("/{lead_id}/history", openapi_extra=HISTORY.described)
async def list_lead_history(door: Door, request: Request, lead_id: str) -> Page[ChangeView]:
    sight = await sight_of(door)
    await store.get_lead(door.db, lead_id, sight.scope)
    return await history_page(door.db, "lead", lead_id, request.query_params, view=sight.change)


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


@router.post("/{lead_id}/unmerge", response_model=LeadView)
async def unmerge_leads(door: Door, lead_id: str, unmerge: Unmerge | None = None) -> Response:
    """Of the lead that stayed, or of the one that became part of it; answers with the one that stayed."""
    other_id = unmerge.lead_id if unmerge else None
    return await _worked(door, SELLERS, lambda tx: service.unmerge_leads(tx, _asked(door, lead_id), other_id))


def _asked(door: Door, lead_id: str) -> Asked:
    return Asked(lead_id, door.principal, door.expected_version)


async def _worked(door: Door, roles: tuple[str, ...], work: Any) -> Response:
    door.allow(*roles)
    sight = await sight_of(door)
    return await door.command(work, view=sight.lead)


def _standing(policy: Policy, lead: LeadDocument, at: datetime) -> LeadScore:
    verdict, _ = policy.weigh(lead, at)
    if verdict is None or policy.judge is None:
        raise NotAllowedNow("There are no criteria in force", field="lead_id", rule="criteria")
    prediction = policy.predictor.predict(lead, verdict.score, lead.get("team_id"))
    return LeadScore(
        lead_id=lead["_id"],
        at=at,
        criteria_version=policy.judge.version,
        score=verdict.score,
        fit=verdict.fit,
        engagement=verdict.engagement,
        grade=verdict.grade,
        qualified=verdict.qualified,
        reason=verdict.reason,
        reasons=verdict.reasons,
        next_change=policy.next_turn(lead, verdict, at),
        probability=prediction.probability,
        model_version=policy.predictor.version,
        traits=[Adding(trait=trait, adds=round(amount, 2)) for trait, amount in prediction.apart],
    )
