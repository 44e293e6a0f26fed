"""A platform that tells its leads to whoever asks, on a real port of this machine, and the part of the service that asks it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request

from services.leads.service import Polling
from shared.database import Database, utcnow
from tests.live.waiting import eventually
from tests.road import settings_of
from tests.services.leads.builders import told
from tests.services.leads.knowers import OUTSIDE, chief

PAGES = Path(__file__).parent / "pages"
MAPPING = {"fields": {"external_id": "id", "person.email": "mail", "submitted_at": "at"}}
TOKEN = {"token": "EAAB-secret"}
SAMPLE = {"id": 1, "mail": "a@x.example"}
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Platform:
    """Its leads by the minute at which they arrived there, told the newest first, `size` a page, by cursor, none from before `since`."""

    size: int = 3
    leads: list[int] = field(default_factory=list)

    def __call__(self, request: Request) -> dict[str, Any]:
        since = request.query_params.get("since")
        new = [minute for minute in sorted(self.leads, reverse=True) if not since or at(minute) >= datetime.fromisoformat(since)]
        after = request.query_params.get("after")
        rest = [minute for minute in new if not after or minute < int(after)]
        page = rest[: self.size]
        shown = [{"id": minute, "mail": f"p{minute}@x{minute}.example", "at": at(minute).isoformat()} for minute in page]
        return {"leads": shown, "next": str(page[-1]) if len(rest) > self.size else None}


def at(minute: int) -> datetime:
    return BEGAN + timedelta(minutes=minute)


def polled(url: str, **more: Any) -> dict[str, Any]:
    return {
        "url": f"{url}/leads",
        "leads": "leads",
        "onward": {"found": "next", "parameter": "after"},
        "since": {"parameter": "since", "mark": "leads[].at", "overlap_seconds": 60},
        **more,
    }


async def set_up(db: Database, body: Any, *, mapping: Any = MAPPING, sample: Any = SAMPLE, source: str = "ads") -> Any:
    """The source, its mapping and its poll."""
    chosen = {"platform": mapping} if isinstance(mapping, str) else {"mapping": mapping}
    async with chief(db) as client:
        if (await client.get(f"/sources/{source}")).status_code == 404:
            await told(client, "POST", "/sources", {"id": source, "name": source, "kind": "ad_platform"}, expect=201)
        await told(client, "PUT", f"/sources/{source}/mapping", {**chosen, "sample": sample})
        return await told(client, "PUT", f"/sources/{source}/poll", body)


async def state_of(db: Database, source: str = "ads") -> Any:
    async with chief(db) as client:
        return await told(client, "GET", f"/sources/{source}/poll")


@asynccontextmanager
async def polling(db: Database) -> AsyncIterator[Polling]:
    """Asks for as long as the block lasts, as the process of the scheduler would."""
    async with Polling(db, settings_of("leads", **OUTSIDE)) as part:
        at_work = asyncio.create_task(_keep_polling(part))
        try:
            yield part
        finally:
            at_work.cancel()
            await asyncio.gather(at_work, return_exceptions=True)


async def _keep_polling(part: Polling) -> None:
    while True:
        if not await part.poll_some():
            await asyncio.sleep(0.01)


async def swept(db: Database, source: str = "ads") -> Any:
    """Polls once, from now on, to the end of a sweep."""
    before = (await _progress(db, source)).get("swept_at")
    await due_now(db)
    async with polling(db):
        await eventually(lambda: _has_swept(db, source, before), within=15, what="a sweep to its end")
    return await state_of(db, source)


async def _has_swept(db: Database, source: str, before: datetime | None) -> bool:
    """What waits for its next turn has it now."""
    await db.collection("poll_states").update_one({"_id": source, "onward": {"$gt": ""}}, {"$set": {"due_at": utcnow()}})
    return bool((await _progress(db, source)).get("swept_at") != before)


async def _progress(db: Database, source: str) -> dict[str, Any]:
    return await db.collection("poll_states").find_one({"_id": source}) or {}


async def due_now(db: Database) -> None:
    """The pause until the next turn is over."""
    await db.collection("poll_states").update_many({"due_at": {"$gt": BEGAN}}, {"$set": {"due_at": utcnow()}})


def page(name: str) -> Any:
    return json.loads((PAGES / name).read_text())
