"""Every query of the service is answered from an index: the server's own profiler tells."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from services.opportunities.main import service
from services.opportunities.models import opportunity_id_of
from shared.database import Database, utcnow
from shared.events import Interest
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time
from tests.services.opportunities.builders import (
    account_opened,
    lead_assigned,
    lead_merged,
    lead_qualified,
    manager,
    opened,
    person_erased,
    rep_changed,
    seller,
    told,
)

Row = dict[str, Any]
Admin = AsyncMongoClient[Row]
OURS = ("opportunities", "activities", "commitments", "proposals", "reps", "erased_leads", "history")


@asynccontextmanager
async def profiled(mongo: Admin, db: Database) -> AsyncIterator[list[Row]]:
    """What the server did for each statement on our collections; filled at the end. Pipelines are few, and read whole."""
    rows: list[Row] = []
    database = mongo[db.name]
    await database.command("profile", 2)
    try:
        yield rows
    finally:
        await database.command("profile", 0)
        spaces = {"$in": [f"{db.name}.{name}" for name in OURS]}
        rows += await database["system.profile"].find({"ns": spaces, "planSummary": {"$exists": True}}).to_list(None)
        await database["system.profile"].drop()


async def test_no_statement_reads_a_whole_collection(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await database_of("opportunities")
    async with profiled(mongo, db) as rows:
        await _live_through_everything(db)
    assert len(rows) > 50
    assert [(row["ns"], row["command"]) for row in rows if "COLLSCAN" in row["planSummary"]] == []


async def _live_through_everything(db: Database) -> None:
    qualified = [lead_qualified(lead_id) for lead_id in ("l0", "l1", "l2")]
    await hear(service, db, lead_assigned("l0"), lead_merged("l0", merged_lead_id="l2"), *qualified)
    await hear(service, db, lead_assigned("l1"), account_opened(opportunity_id_of("l1")), rep_changed("bob"))
    path = f"/opportunities/{opportunity_id_of('l1')}"
    async with seller(db) as ana, manager(db) as max_, api_client(service, db) as admin:
        await told(ana, "GET", path, expect=200)
        await told(admin, "GET", path, expect=200)
        await told(admin, "GET", f"/opportunities/{opportunity_id_of('l0')}", expect=200)
        await told(ana, "POST", f"{path}/activities", {"kind": "call", "subject": "Hello"}, expect=201)
        proposal = await told(ana, "POST", f"{path}/proposals", {"currency": "EUR", "amount": "5"}, expect=201)
        await told(ana, "POST", f"{path}/proposals/{proposal['id']}/accept", {}, expect=200)
        due = (utcnow() + timedelta(minutes=1)).isoformat()
        promise = {"promisor": "Ana", "counterparty": "Ada", "text": "call", "due": due}
        commitment = await told(ana, "POST", f"{path}/commitments", promise, expect=201)
        await pass_time(service, db, utcnow() + timedelta(days=90))
        await told(ana, "POST", f"{path}/commitments/{commitment['id']}/keep", {}, expect=200)
        await told(ana, "PUT", f"{path}/team", {"members": [{"rep_id": "ana"}]}, expect=200)
        for tail in ("activities", "commitments", "proposals", "history", "team"):
            await told(ana, "GET", f"{path}/{tail}", expect=200)
        await told(admin, "GET", "/opportunities?account_id=acme", expect=200)
        await told(admin, "GET", "/opportunities?lead_id=l1", expect=200)
        await told(ana, "GET", "/forecasts?from=2026-01-01", expect=200)
        pipeline = await told(max_, "GET", "/pipelines/default", expect=200)
        draft = {name: pipeline[name] for name in ("name", "required_to_win", "reasons")} | {"stages": pipeline["stages"][:-1]}
        await told(max_, "PUT", "/pipelines/default", draft, expect=200)
        await told(ana, "POST", f"{path}/close", {"outcome": "won", "reason": "price"}, expect=200)
    await hear(service, db, person_erased("l1", email_hashes=["0"]))


LISTS = [
    *(f"sort={sign}{field}" for field in ("updated_at", "amount", "close_date") for sign in ("", "-")),
    "status=open",
    "pipeline=default&stage=new&status=open",
    "owner_id=ana&sort=-amount",
    "team_id=north&sort=close_date",
]


@pytest.mark.parametrize("scope", ["everything", "what is theirs"])
async def test_a_list_is_read_in_its_order_and_no_further_than_its_page(database_of: DatabaseOf, mongo: Admin, scope: str) -> None:
    db = await database_of("opportunities")
    await _many(db)
    clients = {"everything": api_client(service, db), "what is theirs": seller(db, teams=("north", "south"))}
    async with profiled(mongo, db) as rows, clients[scope] as client:
        for query in LISTS:
            page = await told(client, "GET", f"/opportunities?limit=5&{query}", expect=200)
            if page["next"]:
                await told(client, "GET", f"/opportunities?limit=5&{query}&cursor={page['next']}", expect=200)
    assert rows
    assert [row["command"] for row in rows if "COLLSCAN" in row["planSummary"] or row.get("hasSortStage")] == []


async def test_a_forecast_of_everything_reads_its_index_alone(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await database_of("opportunities")
    await _many(db)
    async with profiled(mongo, db) as rows, api_client(service, db) as admin:
        assert (await told(admin, "GET", "/forecasts", expect=200))["items"]
        assert (await told(admin, "GET", "/forecasts?from=2026-01-01&to=2099-12-31", expect=200))["items"] == []
    assert [row["docsExamined"] for row in _sums(rows)] == [0, 0]


async def test_a_forecast_for_a_rep_reads_only_what_is_theirs(database_of: DatabaseOf, mongo: Admin) -> None:
    db = await database_of("opportunities")
    await _many(db)
    async with profiled(mongo, db) as rows, seller(db, "bob", teams=("west",)) as bob:
        items = (await told(bob, "GET", "/forecasts", expect=200))["items"]
        listed = (await told(bob, "GET", "/opportunities?limit=200", expect=200))["items"]
    (row,) = _sums(rows)
    assert sum(item["opportunities"] for item in items) == len(listed)
    assert (row["docsExamined"], row["keysExamined"] < 201) == (0, True)


def _sums(rows: list[Row]) -> list[Row]:
    return [row for row in rows if "aggregate" in row["command"]]


async def _many(db: Database) -> None:
    leads = [f"l{number}" for number in range(200)]
    await hear(service, db, *(lead_qualified(lead, interest=Interest(budget=number, currency="EUR")) for number, lead in enumerate(leads)))
    await hear(
        service,
        db,
        *(lead_assigned(lead, ("ana", "bob")[n % 2], team_id=("north", "south", "west")[n % 3]) for n, lead in enumerate(leads)),
    )
    await hear(service, db, *(account_opened(opportunity_id_of(lead)) for lead in leads[:20]))
    await opened(db)
