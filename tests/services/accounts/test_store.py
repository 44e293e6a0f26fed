"""Every query that this service makes is served by an index."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from services.accounts.main import service
from services.accounts.store import COLLECTIONS
from shared.database import Database, utcnow
from shared.events import PersonErased
from shared.events.people import email_hash
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time, said
from tests.services.accounts.builders import ANA, NOON, answer, case, order, reopened, rep, someone, won_deal

Rows = list[dict[str, Any]]


@pytest.fixture
async def db(database_of: DatabaseOf, mongo: AsyncMongoClient[dict[str, Any]]) -> AsyncIterator[Database]:
    """Writes down every operation with its plan."""
    database = await database_of("accounts")
    await mongo["accounts"].command("profile", 2)
    yield database
    await mongo["accounts"].command("profile", 0)
    await mongo["accounts"].drop_collection("system.profile")


async def planned(mongo: AsyncMongoClient[dict[str, Any]]) -> Rows:
    ours = [f"accounts.{name}" for name in (*COLLECTIONS.values(), "history")]
    return await mongo["accounts"]["system.profile"].find({"ns": {"$in": ours}, "planSummary": {"$exists": True}}).to_list(None)


async def live_a_customers_life(db: Database) -> None:
    deals = [won_deal(contacts=[someone()]) for _ in range(3)]
    await hear(service, db, rep(), *deals, reopened(deals[0]))
    account_id = (await said(db))[0].key()
    await hear(service, db, *(order(order_id=f"o-{number}", account_id=account_id, status="delivered") for number in range(3)))
    await hear(service, db, order(order_id="o-1", status="cancelled", occurred_at=NOON + timedelta(days=1)))
    await hear(service, db, case(), case(severity="critical", external_id="T-1"), answer(account_id), rep(version=2, active=False))
    await pass_time(service, db, utcnow() + timedelta(days=30))
    await hear(service, db, rep(rep_id="rep-2"))
    async with api_client(service, db) as client:
        assert (
            await client.patch(f"/accounts/{account_id}", json={"owner_id": "rep-2", "domain": "acme-group.example"})
        ).status_code == 200
    await hear(
        service, db, PersonErased(person_id="p", lead_ids=[deals[0].lead_id], email_hashes=[email_hash(ANA.email)], erased_at=utcnow())
    )


async def test_no_step_of_a_customers_life_scans_a_collection(db: Database, mongo: AsyncMongoClient[dict[str, Any]]) -> None:
    await live_a_customers_life(db)
    rows = await planned(mongo)
    assert {row["ns"].removeprefix("accounts.") for row in rows} >= set(COLLECTIONS.values()) - {"surveys"}
    assert [row["command"] for row in rows if "COLLSCAN" in row["planSummary"]] == []


LISTS = [
    "/accounts",
    "/accounts?sort=name",
    "/accounts?sort=health",
    "/accounts?owner_active=false",
    "/accounts?owner_id=rep-2",
    "/accounts?domain=acme.example",
    "/accounts?team_id=north",
    "/cases",
    "/cases?status=open",
    "/cases?status=open&sort=respond_by",
    "/cases?sort=respond_by",
    "/cases?account_id={account_id}",
    "/cases?owner_id=rep-2",
    "/cases?external_id=T-1",
    *(f"/accounts/{{account_id}}/{noun}" for noun in ("contacts", "deals", "orders", "follow-ups", "cases", "satisfaction", "history")),
]


@pytest.mark.parametrize("role", ["admin", "rep"])
async def test_no_list_scans_or_sorts_in_memory(db: Database, mongo: AsyncMongoClient[dict[str, Any]], role: str) -> None:
    await live_a_customers_life(db)
    (account,) = await db.collection("accounts").find().to_list(None)
    await mongo["accounts"].command("profile", 0)
    await mongo["accounts"].drop_collection("system.profile")
    await mongo["accounts"].command("profile", 2)
    async with api_client(service, db, roles={role}, subject="rep-2", teams=("north", "south")) as client:
        for path in LISTS:
            listed = await client.get(path.format(account_id=account["_id"]))
            assert listed.status_code == 200, listed.text
    rows = [row for row in await planned(mongo) if row.get("op") == "query"]
    assert len(rows) >= len(LISTS)
    assert [row["command"] for row in rows if "COLLSCAN" in row["planSummary"]] == []
    assert [row["command"] for row in rows if row.get("hasSortStage") and "external_id" not in str(row["command"])] == []
