"""The hosted form of a source: a page that works without JavaScript, and the snippet that shows it on other pages."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from services.leads import service
from services.leads.api.pages import ASSETS, PageRoute
from services.leads.api.visits import Filled, Visit
from services.leads.rules.capture.forms import at_fields, left_out, understood, useless
from services.leads.service import Knock, Welcome
from shared.errors import Invalid, NotFound
from shared.web import OPEN, Door

router = APIRouter(prefix="/forms", tags=["forms"], route_class=PageRoute)
AN_HOUR = {"cache-control": "public, max-age=3600"}
_FIELDS = {"type": "object", "additionalProperties": {"type": "string"}}
_ANA = {"email": "ana@acme.example", "company": "Acme GmbH", "need": "Quieter pumps", "token": "as the page has it"}
_FILLED = {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": _FIELDS, "example": _ANA}}}}
_THANKS: dict[int | str, Any] = {303: {"description": "To the page that says thanks"}}


class Script(Response):
    media_type = "text/javascript"


@router.get("/assets/{name}", openapi_extra=OPEN, include_in_schema=False)
async def show_asset(name: str) -> Response:
    if name not in ASSETS:
        raise NotFound("There is no such file")
    content, media_type = ASSETS[name]
    return Response(content, media_type=media_type, headers=AN_HOUR)


@router.get("/{slug}", openapi_extra=OPEN, response_class=HTMLResponse)
async def show_form(door: Door, request: Request, slug: str) -> Response:
    """The page. `embed=1` is for a frame; `utm_campaign`, `utm_medium` and `referrer` go into the attribution."""
    visit = await Visit.begun(door, request, slug)
    return visit.form_page({}, {})


@router.post("/{slug}", openapi_extra=OPEN | _FILLED, response_class=HTMLResponse, responses=_THANKS)
async def submit_form(door: Door, request: Request, slug: str) -> Response:
    """As the page sends it, url-encoded. What is suspect is kept aside, and told no different from the rest."""
    visit = await Visit.begun(door, request, slug)
    filled = Filled(visit, await request.form(max_files=0, max_fields=200))
    welcome = await service.count_knock(door.db, slug, visit.address, visit.form.per_hour)
    if welcome is Welcome.TURNED_AWAY:
        return visit.turned_away()
    rule = filled.suspicion or ("rate" if welcome is Welcome.SUSPECT else None)
    if rule is not None:
        await door.db.transact(lambda tx: service.keep_aside(tx, filled.as_spam(rule)), by="form")
        return visit.thanks(filled)
    wrong = await _submit(visit, filled)
    return visit.form_page(filled.values, wrong, status=422) if wrong else visit.thanks(filled)


@router.get("/{slug}/thanks", openapi_extra=OPEN, response_class=HTMLResponse)
async def show_thanks(door: Door, request: Request, slug: str) -> Response:
    visit = await Visit.begun(door, request, slug)
    return visit.thanks_page()


@router.get("/{slug}/embed.js", openapi_extra=OPEN, response_class=Script)
async def show_snippet(slug: str) -> Response:
    """The script reads from its own address whose form it shows, so it is the same for all of them."""
    content, media_type = ASSETS["embed.js"]
    return Response(content, media_type=media_type, headers=AN_HOUR)


async def _submit(visit: Visit, filled: Filled) -> dict[str, str]:
    """The same way as `POST /leads`; returns what is wrong, by field."""
    submission = understood(filled.data)
    wrong = left_out(visit.form, filled.values) + (submission if isinstance(submission, list) else useless(submission))
    if wrong or isinstance(submission, list):
        return at_fields(visit.form, wrong)
    knock = Knock(submission, f"form:{visit.source.id}", visit.door.origin, proof=filled.proof)
    try:
        await visit.door.context.group_of(service.submit_leads).submit(knock)
    except Invalid as refused:
        return at_fields(visit.form, refused.violations)
    return {}
