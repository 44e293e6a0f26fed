"""An import of a large file, from the upload to the fate of the last row: how long, what each process takes for it, and what it holds."""

import asyncio
import csv
import io
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psutil

from shared.database import Database
from tests.bench.door import is_ready
from tests.bench.leads import submissions
from tests.bench.road import cpu_seconds, pids_of
from tests.live.processes import Fleet, Running
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.tokens import signed_token

COLUMNS = ("external_id", "first_name", "last_name", "email", "phone", "company", "domain", "country", "product", "budget", "currency")
# What reads the file is the scheduler. As an operator would run a large import: nobody waits for another's Python.
PROCESSES = {"reader": ("scheduler",), "relay": ("relay",), "ingest": ("ingest",), "door": ("api", "consumer")}


def csv_of(count: int, *, start: int) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for lead in submissions(count, start=start):
        person, company, interest = lead.person, lead.company, lead.interest
        who = (lead.external_id, person.first_name, person.last_name, person.email, person.phone)
        rows.writerow((*who, company.name, company.domain, company.country, interest.product, interest.budget, interest.currency))
    return text.getvalue().encode()


async def measured(servers: Servers, ours: Fleet, db: Database, count: int) -> dict[str, Any]:
    """Seconds until all is read and until all have their fates; by process, its highest memory in MB and its CPU per row in us."""
    running = {name: ours.start_service("leads", *roles) for name, roles in PROCESSES.items()}
    for one in running.values():
        await eventually(lambda one=one: is_ready(one.port), within=60, what="a ready service")  # type: ignore[misc]
    pids, file = {name: one.process.pid for name, one in running.items()}, csv_of(count, start=30_000_000)
    seconds_of = cpu_seconds([*pids.items(), *pids_of(servers).items()])
    before, began = seconds_of(), time.perf_counter()
    async with highest_mb(pids) as highest:
        await _upload(running["door"], file)
        await eventually(lambda: _is_read(db), within=300, what="the end of the file")
        read = time.perf_counter() - began
        await eventually(lambda: _have_fates(db, count), within=300, what="the fate of every row")
    took, after = time.perf_counter() - began, seconds_of()
    found = {"read_seconds": read, "seconds": took} | {f"highest_mb_{name}": mb for name, mb in highest.items()}
    return found | {f"cpu_us_per_row_{name}": (after[name] - before[name]) / count * 1e6 for name in after}


async def _upload(door: Running, file: bytes) -> None:
    headers = {"authorization": f"Bearer {signed_token(roles={'admin'})}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}", headers=headers, timeout=60) as client:
        answer = await client.post("/imports", files={"file": ("leads.csv", file, "text/csv")}, data={"source": "import"})
        assert answer.status_code == 202, answer.text


@asynccontextmanager
async def highest_mb(pids: Mapping[str, int]) -> AsyncIterator[Mapping[str, float]]:
    """What each process holds of the memory at most, looked at twenty times a second."""
    processes, highest = {name: psutil.Process(pid) for name, pid in pids.items()}, defaultdict[str, float](float)

    async def watch() -> None:
        while True:
            for name, process in processes.items():
                highest[name] = max(highest[name], process.memory_info().rss / 1e6)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield highest
    finally:
        watching.cancel()


async def _is_read(db: Database) -> bool:
    await asyncio.sleep(0.2)
    return await db.collection("imports").find_one({"status": "done"}, {"_id": 1}) is not None


async def _have_fates(db: Database, count: int) -> bool:
    """Some rows are about a person of whom another row told."""
    await asyncio.sleep(0.2)
    return bool(await db.collection("submissions").estimated_document_count() >= count)
