"""The pages of leads: the list, and what is done with one."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from services.console.api.commands import Key, command
from services.console.api.visits import Guest
from services.console.rules import asked_words
from shared.errors import Invalid

router = APIRouter(include_in_schema=False)
STATUSES = ("captured", "qualified", "contacted", "disqualified", "merged", "withdrawn")
SORTS = {"-since": "Newest first", "since": "Oldest first", "-score": "Highest score", "respond_by": "Most pressing"}
REASONS = ("not_interested", "no_budget", "wrong_person", "competitor", "unreachable", "spam", "other")


@router.get("/leads")
async def show_leads(visit: Guest) -> Response:
    params = visit.params
    words = asked_words(params.pop("q", ""))
    try:
        page = await visit.library.list_leads(params, words)
    except Invalid as invalid:
        if any(violation.field == "cursor" for violation in invalid.violations):
            return RedirectResponse("/leads", 303)
        raise
    names = await visit.library.find_names(row["owner_id"] for row in page.items)
    choices = {"reps": await visit.library.list_reps(), "sources": await visit.library.list_sources()}
    return visit.show("leads.html", watch=["leads"], page=page, names=names, asked=visit.params, statuses=STATUSES, sorts=SORTS, **choices)


@router.post("/leads/{lead_id}/claim")
async def claim_lead(visit: Guest, lead_id: str, key: Key) -> Response:
    return await command(visit, "leads", f"/leads/{lead_id}/claim", {}, key=key, done=("claimed", f"/customers/{lead_id}"))


@router.post("/leads/{lead_id}/contact")
async def contact_lead(visit: Guest, lead_id: str, key: Key, channel: Annotated[str, Form()] = "phone") -> Response:
    told = {"channel": channel}
    return await command(visit, "leads", f"/leads/{lead_id}/contact", told, key=key, done=("contacted", f"/customers/{lead_id}"))


@router.get("/leads/{lead_id}/disqualify")
async def ask_to_disqualify(visit: Guest, lead_id: str) -> Response:
    return visit.show("disqualify.html", lead_id=lead_id, reasons=REASONS)


@router.post("/leads/{lead_id}/disqualify")
async def disqualify_lead(visit: Guest, lead_id: str, key: Key, reason: Annotated[str, Form()]) -> Response:
    told = {"reason": reason}
    return await command(visit, "leads", f"/leads/{lead_id}/disqualify", told, key=key, done=("disqualified", f"/customers/{lead_id}"))
