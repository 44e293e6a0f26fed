"""A file is read to its end, and taken back to its end, whoever is killed on the way: no row twice, none lost."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.topics import Topics
from services.leads.service import seed_defaults
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.live.processes import Fleet, Running, fleet
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.tokens import signed_token

ROWS = 4_000


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {signed_token(roles={'admin'})}"}
    async with httpx.AsyncClient(headers=headers, timeout=30) as client:
        yield client


async def test_a_file_survives_kill_9_while_it_is_read_and_while_it_is_taken_back(
    servers: Servers, topics: Topics, database_of: DatabaseOf, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    db = await database_of("leads")
    await seed_defaults(db)
    with fleet(servers, tmp_path) as ours:
        first = await started(ours, client)
        state = await handed_in(client, first)
        await eventually(lambda: reached(db, "progress.rows", ROWS // 4), within=60, what="a part of the file read")
        first.kill()
        second = await started(ours, client)
        await eventually(lambda: captured(db, ROWS), within=90, what=f"every row captured; see {second.log}")
        assert await lines_of(db) == Counter(range(2, ROWS + 2))
        await asked(client, second, "POST", f"/imports/{state['import_id']}/undo", expect=202)
        await eventually(lambda: reached(db, "undoing.withdrawn", ROWS // 4), within=60, what="a part of the file taken back")
        second.kill()
        third = await started(ours, client)
        await eventually(lambda: reached(db, "status", "undone"), within=90, what=f"the file taken back; see {third.log}")
        done = await asked(client, third, "GET", f"/imports/{state['import_id']}")
    assert (done["undoing"]["withdrawn"], done["undoing"]["kept"], done["fates"]) == (ROWS, 0, {"withdrawn": ROWS})
    assert await db.collection("leads").count_documents({}) == 0
    withdrawn = await db.collection("history").count_documents({"of": "lead", "what": "withdrawn"})
    assert withdrawn == ROWS


async def started(ours: Fleet, client: httpx.AsyncClient) -> Running:
    leads = ours.start_service("leads")
    await eventually(lambda: is_ready(client, leads), within=60, what=f"a ready service; see {leads.log}")
    return leads


async def is_ready(client: httpx.AsyncClient, leads: Running) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{leads.port}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def handed_in(client: httpx.AsyncClient, leads: Running) -> dict[str, Any]:
    rows = [f"p{number}@x{number}.example,Ana,Silva" for number in range(ROWS)]
    file = "\n".join(["email,first_name,last_name", *rows]).encode()
    answer = await client.post(f"http://127.0.0.1:{leads.port}/imports", files={"file": ("leads.csv", file)}, data={"source": "fair"})
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def asked(client: httpx.AsyncClient, leads: Running, method: str, path: str, *, expect: int = 200) -> dict[str, Any]:
    answer = await client.request(method, f"http://127.0.0.1:{leads.port}{path}")
    assert answer.status_code == expect, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def reached(db: Database, field: str, least: Any) -> bool:
    return bool(await db.collection("imports").count_documents({field: {"$gte": least} if isinstance(least, int) else least}))


async def captured(db: Database, count: int) -> bool:
    return bool(await db.collection("leads").count_documents({}) == count)


async def lines_of(db: Database) -> Counter[int]:
    return Counter([row["import_line"] async for row in db.collection("submissions").find({"status": "captured"}, {"import_line": 1})])
