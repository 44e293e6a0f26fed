"""Open pages hear within moments that what they show has changed, and only of that."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx

from services.console.main import service
from shared.database import Database, utcnow
from tests.road import hear
from tests.services.console.customers import Life, masking, won_customer
from tests.services.console.stage import Stage, token_for

SOON = 10


async def told(stage: Stage, *names: str) -> AsyncIterator[list[str]]:
    """What the stream tells; first an empty list, when it listens."""
    headers = {"authorization": f"Bearer {token_for(stage, 'root', 'admin')}"}
    asked = [("on", name) for name in names] + [("since", utcnow().isoformat())]
    async with httpx.AsyncClient(base_url=stage.url, headers=headers, trust_env=False, timeout=SOON) as client:
        async with client.stream("GET", "/live", params=asked) as stream:
            event = ""
            async for line in stream.aiter_lines():
                if line.startswith("event:"):
                    event = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:")) if event == "changed" else []


async def after_ready(stream: AsyncIterator[list[str]]) -> None:
    assert await asyncio.wait_for(anext(stream), SOON) == []


async def test_a_page_hears_of_the_records_that_it_shows(console_alone: Stage, db: Database) -> None:
    life = Life()
    async with aclosing(told(console_alone, f"lead:{life.lead_id}")) as stream:
        await after_ready(stream)
        await hear(service, db, *won_customer().events)
        await hear(service, db, life.captured())
        assert await asyncio.wait_for(anext(stream), SOON) == [f"lead:{life.lead_id}"]


async def test_a_list_hears_of_any_record_of_its_kind_once_for_many(console_alone: Stage, db: Database) -> None:
    async with aclosing(told(console_alone, "leads")) as stream:
        await after_ready(stream)
        for _ in range(5):
            await hear(service, db, Life().captured())
        assert await asyncio.wait_for(anext(stream), SOON) == ["leads"]


async def test_a_change_between_the_page_and_its_stream_is_not_missed(console_alone: Stage, db: Database) -> None:
    await hear(service, db, Life().captured())
    async with aclosing(told(console_alone, "leads")) as stream:
        await after_ready(stream)
        assert await asyncio.wait_for(anext(stream), SOON) == ["*"]


async def test_an_exchange_of_the_read_models_reaches_every_page(console_alone: Stage, db: Database) -> None:
    async with aclosing(told(console_alone, "nothing-in-particular")) as stream:
        await after_ready(stream)
        await db.collection("changes").insert_one({"at": utcnow(), "generation": 1, "names": ["*"]})
        assert await asyncio.wait_for(anext(stream), SOON) == ["*"]


async def test_a_change_of_what_is_masked_reaches_every_page(console_alone: Stage, db: Database) -> None:
    async with aclosing(told(console_alone, "nothing-in-particular")) as stream:
        await after_ready(stream)
        await hear(service, db, masking(rep=["money"]))
        assert await asyncio.wait_for(anext(stream), SOON) == ["masking"]


async def test_nobody_is_followed_when_nobody_looks(console_alone: Stage) -> None:
    broadcaster = console_alone.front.broadcaster
    async with aclosing(told(console_alone, "leads")) as stream:
        await after_ready(stream)
        assert broadcaster.is_following
    async with asyncio.timeout(SOON):
        while broadcaster.is_following:
            await asyncio.sleep(0.02)
