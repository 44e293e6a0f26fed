"""The link in a mail that asks for consent, and the consents of a lead."""

from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from services.leads import service, store
from services.leads.api.pages import PageRoute, notice, page
from services.leads.api.sight import sight_of
from services.leads.models import ConsentRecord
from services.leads.rules.capture.stamps import read_stamp
from services.leads.rules.capture.wording import language_of
from services.leads.settings import lead_settings
from shared.database import utcnow
from shared.errors import NotFound
from shared.paging import Listing, Page
from shared.web import OPEN, Door

router = APIRouter(tags=["consents"])
pages = APIRouter(tags=["consents"], route_class=PageRoute)


class ConsentView(BaseModel):
    """`text` is what was agreed to, `given_from` the address on the network that it came from."""

    consent_id: str
    source: str
    email: str | None = None
    purpose: str
    basis: str
    sender: str
    text: str
    status: str
    requested_at: datetime
    asked_at: datetime
    expires_at: datetime
    given_at: datetime | None
    given_from: str | None = None

    @classmethod
    def of(cls, document: Any) -> Self:
        return cls.model_validate({**document, "consent_id": document["_id"], "requested_at": document["created_at"]})


CONSENTS = Listing(store.CONSENTS, view=ConsentView.of, sorts=("id",), default_sort="-id", filters={"status": str, "source": str})


@router.get("/leads/{lead_id}/consents", openapi_extra=CONSENTS.described)
async def list_lead_consents(door: Door, request: Request, lead_id: str) -> Page[ConsentView]:
    """What the person behind a lead was asked to agree to, under any of their addresses, and what they said."""
    sight = await sight_of(door)
    lead = await store.get_lead(door.db, lead_id, sight.scope)

    def shown(row: Any) -> ConsentView:
        return ConsentView.of(sight.row(row))

    return await CONSENTS.page(door.db, request.query_params, scope=dict(store.consents_of(lead.get("keys", ()))), view=shown)


@pages.get("/confirm/{token}", openapi_extra=OPEN, response_class=HTMLResponse)
async def show_confirmation(door: Door, request: Request, token: str) -> Response:
    """A page with a button: programs that follow the links in a mail confirm nothing."""
    consent_id = _consent_in(token)
    return _shown(request, await _found(door, consent_id) if consent_id else None)


@pages.post("/confirm/{token}", openapi_extra=OPEN, response_class=HTMLResponse)
async def confirm(door: Door, request: Request, token: str) -> Response:
    consent_id = _consent_in(token)
    if consent_id is None or await _found(door, consent_id) is None:
        return _shown(request, None)
    address = request.client.host if request.client else "unknown"
    given = await door.db.transact(lambda tx: service.give_consent(tx, consent_id, address), by="consent", origin=door.origin)
    return _shown(request, given)


def _consent_in(token: str) -> str | None:
    found = read_stamp(service.CONSENT, token, lead_settings().keys)
    return found[0] if found else None


async def _found(door: Door, consent_id: str) -> ConsentRecord | None:
    try:
        return await store.get_consent(door.db, consent_id)
    except NotFound:
        return None


def _shown(request: Request, consent: ConsentRecord | None) -> Response:
    if consent is None:
        return notice("unknown", language_of(request.headers.get("accept-language", "")), 404)
    if service.is_over(consent, utcnow()):
        return notice("expired", consent.language, 410)
    if consent.status == "given":
        return notice("confirmed", consent.language)
    return page("confirm.html", consent.language, base="../", consent=consent)
