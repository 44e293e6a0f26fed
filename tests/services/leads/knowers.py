"""Providers on real ports of this machine, and the part of the service that asks them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from services.leads import store
from services.leads.main import service
from services.leads.models import Provider
from services.leads.service import Asking, add_provider
from shared.database import Database, utcnow
from tests.live.waiting import eventually
from tests.road import api_client, settings_of
from tests.services.leads.builders import bare
from tests.shared.outsiders import LOCAL

OUTSIDE = {"outbound_networks": LOCAL}
# Lacks ten points for a good verdict, which a company of fifty brings.
NEARLY = {"person": {"email": "ana@acme.example", "title": "CEO"}, "interest": {"product": "pumps"}}
EMPLOYEES = {"field": "company.employees", "path": "size"}


def nearly(**more: Any) -> Any:
    """Thirty-five points with its domain alone, forty-five at a company of fifty."""
    return bare(**{**NEARLY, **more})


def terms(url: str = "http://127.0.0.1:9", **more: Any) -> dict[str, Any]:
    """Of a provider that knows how many people work for a company."""
    return {
        "id": "firms",
        "name": "Firms",
        "active": True,
        "request": {"url": f"{url}/{{company.domain}}"},
        "fields": [EMPLOYEES],
        **more,
    }


async def provided(db: Database, url: str = "http://127.0.0.1:9", **more: Any) -> Provider:
    async def add(tx: Any) -> Provider:
        return await add_provider(tx, Provider(**terms(url, **more), created_at=tx.now, updated_at=tx.now), LOCAL)

    return await db.transact(add)


async def the_provider(db: Database, provider_id: str = "firms") -> Provider:
    return await store.get_record(db, Provider, provider_id)


def chief(db: Database) -> httpx.AsyncClient:
    """An administrator, on a machine that may be called itself."""
    return api_client(service, db, **OUTSIDE)


@asynccontextmanager
async def asking(db: Database) -> AsyncIterator[Asking]:
    """Asks for as long as the block lasts, as the process of the scheduler would."""
    async with Asking(db, settings_of("leads", **OUTSIDE)) as part:
        at_work = asyncio.create_task(_keep_asking(part))
        try:
            yield part
        finally:
            at_work.cancel()
            await asyncio.gather(at_work, return_exceptions=True)


async def _keep_asking(part: Asking) -> None:
    while True:
        await part.ask_some()
        await asyncio.sleep(0)


async def settled(db: Database, count: int = 1) -> list[dict[str, Any]]:
    """The rows of what was asked, once so many have been settled."""

    async def enough() -> Any:
        rows = await db.collection("enrichments").find({"status": {"$ne": "due"}}).sort("_id", 1).to_list(None)
        return rows if len(rows) >= count else None

    rows: list[dict[str, Any]] = await eventually(enough, within=15, what=f"{count} settled enrichments")
    return rows


async def all_due_now(db: Database) -> None:
    """The pauses before the next try are over."""
    await db.collection("enrichments").update_many({"status": "due"}, {"$set": {"due_at": utcnow()}})
