"""A form as a browser meets it: the page is opened, filled in, and sent after a while."""

import re
from datetime import timedelta
from typing import Any

import httpx

from services.leads.main import service
from services.leads.rules.capture.spam import FORM
from services.leads.rules.capture.stamps import stamped
from services.leads.settings import lead_settings
from shared.database import Database, utcnow
from tests.road import api_client
from tests.services.leads.builders import admin, told

FORM_SETTINGS = {"title": "Talk to us", "consent_text": "You may write to me about pumps."}
WRITTEN = {"first_name": "Ana", "last_name": "Silva", "email": "ana@acme.example", "company": "Acme GmbH", "need": "Quieter pumps"}
OPT_IN = {"sender": "Dealwire Pumps", "text": "You may write to me about pumps."}


async def with_form(db: Database, slug: str = "web", **settings: Any) -> None:
    async with admin(db) as client:
        await told(client, "PUT", f"/sources/{slug}/form", FORM_SETTINGS | settings)


async def with_opt_in(db: Database, slug: str = "web", **settings: Any) -> None:
    async with admin(db) as client:
        await told(client, "PUT", f"/sources/{slug}/opt-in", OPT_IN | settings)


def visitor(db: Database, **headers: str) -> httpx.AsyncClient:
    """Somebody without an account."""
    client = api_client(service, db, signed_in=False)
    client.headers.update(headers)
    return client


def token(slug: str = "web", *, ago: float = 30) -> str:
    """That of a page that was opened so many seconds ago."""
    return stamped(FORM, slug, utcnow() - timedelta(seconds=ago), lead_settings().keys)


async def send(client: httpx.AsyncClient, slug: str = "web", *, query: str = "", **fields: str) -> httpx.Response:
    return await client.post(f"/forms/{slug}{query}", data={"token": token(slug)} | WRITTEN | fields)


def errors_in(html: str) -> dict[str, str]:
    """The message at each field."""
    return dict(re.findall(r'<p class="error" id="e-([^"]+)">([^<]+)</p>', html))
