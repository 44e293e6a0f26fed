"""Every query of the service is answered from an index: the server's own profiler tells."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from services.leads.main import service
from services.leads.service import add_up_counters, hand_over, read_imports
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import AccountOpened, DealClosed, EngagementRecorded, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, bare, carried, fresh, leads_of, rep, submission, told

Row = dict[str, Any]
Admin = AsyncMongoClient[Row]
OF_SOURCES = ("source_counts", "webhook_receipts", "api_keys")
IMPORTED = ("imports", "import_chunks", "import_rejects", "import_previews", "import_kept")
COUNTED = ("tallies", "counters", "won_deals")
# The others hold a handful of rows, whatever happens: teams, sources, sets of rules.
GROWING = (
    "leads",
    "submissions",
    "engagements",
    "reps",
    "pools",
    "claim_queue",
    "load_changes",
    "customers",
    "handovers",
    "history",
    "timers",
    *IMPORTED,
    *OF_SOURCES,
    *COUNTED,
)


@asynccontextmanager
async def profiled(mongo: Admin, db: Database) -> AsyncIterator[list[Row]]:
    """What the server did for each statement on what grows; filled at the end."""
    rows: list[Row] = []
    database = mongo[db.name]
    await database.command("profile", 2)
    try:
        yield rows
    finally:
        await database.command("profile", 0)
        spaces = {"$in": [f"{db.name}.{name}" for name in GROWING]}
        rows += await database["system.profile"].find({"ns": spaces, "planSummary": {"$exists": True}}).to_list(None)
        await database["system.profile"].drop()


async def test_no_statement_of_the_road_reads_a_whole_collection(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    async with profiled(mongo, db) as rows:
        await _live_through_everything(db)
    assert len(rows) > 60
    assert [(row["ns"], row["command"]) for row in rows if "COLLSCAN" in row["planSummary"]] == []


async def _live_through_everything(db: Database) -> None:
    await carried(db, *(submission(external_id=str(number)) for number in range(20)))
    await carried(db, *(submission(external_id=str(number)) for number in range(5)), bare(person={"email": "jo@"}))
    first, second, third, *_ = await leads_of(db)
    times = {"closed_at": utcnow(), "cycle_seconds": 1, "effort_seconds": 1}
    opened = OpportunityOpened(opportunity_id="o", version=1, lead_id=first["_id"], name="x", pipeline="p", stage="s", opened_at=utcnow())
    await hear(service, db, opened)
    await hear(service, db, DealClosed(opportunity_id="o", version=2, lead_id=first["_id"], outcome="won", reason="x", **times))
    await hear(service, db, EngagementRecorded(email=second["person"]["email"], kind="call", occurred_at=utcnow()))
    async with admin(db) as client:
        path = f"/leads/{second['_id']}"
        await told(client, "PATCH", "/reps/ana", {"available": False})
        await told(client, "PATCH", "/reps/ana", {"available": True})
        await told(client, "POST", f"{path}/contact", {})
        await told(client, "POST", f"{path}/merge", {"lead_id": third["_id"]})
        await told(client, "GET", f"{path}/history")
        await told(client, "GET", f"/submissions/{first['submission_id']}")
        await told(client, "GET", "/submissions?status=refused")
        imported = await client.post("/imports", files={"file": ("l.csv", "email\na@x.example\njo@\n")}, data={"source": "fair"})
        while await read_imports(db):
            pass
        await told(client, "GET", f"/imports/{imported.json()['import_id']}")
        await client.get(imported.json()["rejected_url"])
        await told(client, "GET", "/imports")
        await _draft_and_take_back(db, client, second)
        for report in ("funnel?by=source", "funnel?by=rep", "response-times", "disqualifications", "attribution"):
            await told(client, "GET", f"/reports/{report}")
        await told(client, "GET", f"{path}/touches")
        while await add_up_counters(db):
            pass
        await told(client, "GET", "/sources/unknown")
        await _knock_at_a_webhook(client)
    await _deal_out_in_every_way(db)
    await pass_time(service, db, utcnow() + timedelta(hours=5))


async def _knock_at_a_webhook(client: httpx.AsyncClient) -> None:
    await told(client, "PATCH", "/sources/chat", {"limits": {"per_day": 5}})
    mapping = {"fields": {"external_id": "id", "person.email": "mail"}}
    await told(client, "PUT", "/sources/chat/mapping", {"mapping": mapping, "sample": {"mail": "a@x.example"}})
    for _ in range(2):
        key = (await told(client, "POST", "/sources/chat/keys", {}, expect=201))["key"]
    for _ in range(2):
        await client.post("/sources/chat/webhook", json={"id": 1, "mail": "a@x.example"}, headers={"x-api-key": key})
        unread = await client.post("/sources/chat/webhook", json={"id": 2}, headers={"x-api-key": key})
    await told(client, "POST", f"{unread.headers['location']}/replay", expect=422)
    await told(client, "GET", f"{unread.headers['location']}/history")
    await told(client, "GET", "/submissions?source=chat&status=refused")
    await told(client, "GET", "/sources/chat/keys")
    await told(client, "GET", "/sources/chat")


async def _draft_and_take_back(db: Database, client: httpx.AsyncClient, known: Row) -> None:
    file = f"email,product\nb@x.example,\n{known['person']['email']},valves\n"
    draft = await client.post("/imports?draft=true", files={"file": ("l.csv", file)}, data={"source": "fair"})
    path = f"/imports/{draft.json()['import_id']}"
    for step in (path, f"{path}/start", f"{path}/undo"):
        await told(
            client,
            "PATCH" if step == path else "POST",
            step,
            {"source": "web"} if step == path else None,
            expect=200 if step == path else 202,
        )
        while await read_imports(db):
            pass
        await carried(db, *await said(db))
    await told(client, "GET", f"{path}/kept")


async def _deal_out_in_every_way(db: Database) -> None:
    known = {"name": "Acme", "domain": "acme.example", "owner_id": "fay", "opportunity_id": "o"}
    await hear(service, db, AccountOpened(account_id="a", version=1, opened_at=utcnow(), **known))
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/ana", {"max_open": 2})
        await carried(db, *(submission() for _ in range(12)), submission(company={"domain": "acme.example"}))
        forget_policy(db)
        await carried(db, submission(company={"domain": "acme.example"}))
        of_ana = (await told(client, "GET", "/leads?owner_id=ana"))["items"]
        opened = OpportunityOpened(
            opportunity_id="p", version=1, lead_id=of_ana[0]["id"], name="x", pipeline="p", stage="s", opened_at=utcnow()
        )
        await hear(service, db, opened)
        await told(client, "POST", f"/leads/{of_ana[0]['id']}/unconvert", {"reason": "no"})
        handover = await told(client, "POST", "/reps/ana/handover", {"reason": "left", "leaves": True}, expect=202)
        while await hand_over(db):
            pass
        await told(client, "GET", f"/handovers/{handover['id']}")
        await told(client, "GET", "/handovers?rep_id=ana")
        await told(client, "POST", "/routing/1/simulate")
        await told(client, "GET", "/reps/ana/history")


LISTS = [
    *(f"sort={sign}{field}" for field in ("id", "updated_at") for sign in ("", "-")),
    "status=qualified",
    "source=web",
    "team_id=europe",
    "owner_id=ana",
]


@pytest.mark.parametrize("scope", ["everything", "what is theirs"])
async def test_a_list_is_read_in_its_order_and_no_further_than_its_page(database_of: DatabaseOf, mongo: Admin, scope: str) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission(company={"country": ("DE", "BR")[number % 2]}) for number in range(60)))
    client = admin(db) if scope == "everything" else rep(db, "ana", "europe", "world")
    async with profiled(mongo, db) as rows, client:
        for query in LISTS:
            page = await told(client, "GET", f"/leads?limit=5&{query}")
            if page["next"]:
                await told(client, "GET", f"/leads?limit=5&{query}&cursor={page['next']}")
    assert rows
    assert [row["command"] for row in rows if "COLLSCAN" in row["planSummary"] or row.get("hasSortStage")] == []


async def test_a_search_reads_only_what_begins_with_what_was_typed(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission() for _ in range(100)), submission(person={"email": "zoe@zebra.example"}))
    async with profiled(mongo, db) as rows, admin(db) as client:
        (found,) = (await told(client, "GET", "/leads?q=zoe@zeb"))["items"]
    assert found["person"]["email"] == "zoe@zebra.example"
    assert max(row["keysExamined"] for row in rows) < 10


async def test_the_summary_reads_indexes_alone(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission() for _ in range(100)))
    async with profiled(mongo, db) as rows, admin(db) as client:
        await told(client, "GET", "/leads/summary")
    assert [row["docsExamined"] for row in rows] == [0, 0, 0]
