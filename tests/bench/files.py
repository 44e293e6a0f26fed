"""An import of a large file, from the upload to the fate of the last row, and how much memory it takes to read it."""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import psutil

from shared.database import Database
from tests.bench.door import is_ready
from tests.bench.leads import submissions
from tests.live.processes import Fleet
from tests.live.waiting import eventually
from tests.tokens import signed_token

COLUMNS = ("external_id", "first_name", "last_name", "email", "phone", "company", "domain", "country", "product", "budget", "currency")


def csv_of(count: int, *, start: int) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for lead in submissions(count, start=start):
        person, company, interest = lead.person, lead.company, lead.interest
        who = (lead.external_id, person.first_name, person.last_name, person.email, person.phone)
        rows.writerow((*who, company.name, company.domain, company.country, interest.product, interest.budget, interest.currency))
    return text.getvalue().encode()


async def seconds_and_mb_to_import(ours: Fleet, db: Database, count: int) -> tuple[float, float]:
    """The service in two processes: ingestion, and everything else, whose memory it is."""
    ours.start_service("leads", "ingest")
    leads = ours.start_service("leads", "api", "consumer", "relay", "scheduler")
    await eventually(lambda: is_ready(leads.port), what="a ready service")
    file, before = csv_of(count, start=30_000_000), await db.collection("submissions").estimated_document_count()
    headers = {"authorization": f"Bearer {signed_token(roles={'admin'})}"}
    began = time.perf_counter()
    async with highest_mb(leads.process.pid) as highest:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{leads.port}", headers=headers, timeout=60) as client:
            answer = await client.post("/imports", files={"file": ("leads.csv", file, "text/csv")}, data={"source": "import"})
            assert answer.status_code == 202, answer.text
        await eventually(lambda: _have_fates(db, before + count), within=300, what="the fate of every row")
    return time.perf_counter() - began, highest()


@asynccontextmanager
async def highest_mb(pid: int) -> AsyncIterator[Callable[[], float]]:
    """What a process holds of the memory at most, looked at twenty times a second."""
    process, seen = psutil.Process(pid), list[int]()

    async def watch() -> None:
        while True:
            seen.append(process.memory_info().rss)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield lambda: max(seen) / 1e6
    finally:
        watching.cancel()


async def _have_fates(db: Database, count: int) -> bool:
    """Some rows are about a person of whom another row told."""
    await asyncio.sleep(0.2)
    return bool(await db.collection("submissions").estimated_document_count() >= count)
