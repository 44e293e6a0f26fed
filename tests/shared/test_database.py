"""Transactions: those that meet run again, an outage has its own name, and what is stored comes back as it was."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deploy.local.processes import free_ports
from shared.database import Database, Record, connect, new_id, utcnow
from shared.errors import Contended, Invalid, Unreachable
from shared.events import LeadContacted
from shared.indexing import Index
from shared.transaction import Transaction
from tests.conftest import DatabaseOf
from tests.road import said


class Bill(Record):
    """A stored aggregate with money in it, at every depth."""

    amount: Decimal
    lines: list[dict[str, Decimal]]


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("booth")


async def test_transactions_that_meet_are_run_again_until_each_has_had_its_effect(db: Database) -> None:
    await db.collection("tills").insert_one({"_id": "one", "sum": 0})

    async def add_one(tx: Transaction) -> None:
        till = await tx.collection("tills").find_one({"_id": "one"})
        await tx.collection("tills").update_one({"_id": "one"}, {"$set": {"sum": till["sum"] + 1}})

    await asyncio.gather(*(db.transact(add_one) for _ in range(8)))
    assert (await db.collection("tills").find_one({"_id": "one"}))["sum"] == 8


async def test_a_transaction_that_keeps_losing_says_that_it_met_another(db: Database) -> None:
    await db.collection("tills").insert_one({"_id": "one"})

    async def take_the_same_id(tx: Transaction) -> None:
        await tx.collection("tills").insert_one({"_id": "one"})

    with pytest.raises(Contended):
        await db.transact(take_the_same_id)


async def test_work_that_raises_leaves_no_row_no_event_and_no_timer(db: Database) -> None:
    async def fail_at_the_end(tx: Transaction) -> None:
        await tx.collection("tills").insert_one({"_id": "one"})
        tx.emit(LeadContacted(lead_id="l", version=1, contacted_at=tx.now))
        tx.schedule(tx.now, "till.due", {}, key="one")
        raise Invalid("no")

    with pytest.raises(Invalid):
        await db.transact(fail_at_the_end)
    assert await db.collection("tills").count_documents({}) == 0
    assert await db.collection("timers").count_documents({}) == 0
    assert await said(db) == []


async def test_a_server_that_is_away_is_unreachable_and_not_a_bug() -> None:
    (port,) = free_ports(1)
    db = await connect(f"mongodb://127.0.0.1:{port}/?replicaSet=rs0", "booth")

    async def look(tx: Transaction) -> None:
        await tx.collection("tills").find_one({})

    outcomes = await asyncio.gather(db.transact(look), db.ping(), db.ensure_indexes([Index("tills", [("sum", 1)])]), return_exceptions=True)
    db.close()
    assert [type(outcome) for outcome in outcomes] == [Unreachable] * 3


async def test_money_comes_back_to_the_last_digit(db: Database) -> None:
    bill = Bill(id=new_id(), created_at=utcnow(), updated_at=utcnow(), amount=Decimal("1234567890.10"), lines=[{"price": Decimal("0.1")}])

    async def keep(tx: Transaction) -> None:
        await tx.collection("bills").insert_one(bill.to_document())

    await db.transact(keep)
    kept = Bill.from_document(await db.collection("bills").find_one({"_id": bill.id}))
    assert kept == bill
    assert str(kept.amount) == "1234567890.10"


async def test_money_is_stored_as_a_number_that_sorts_and_sums(db: Database) -> None:
    await db.collection("bills").insert_many([{"_id": str(sum), "sum": Decimal(sum)} for sum in ("9.5", "10", "0.25")])
    rows = await db.collection("bills").find().sort("sum", 1).to_list(None)
    (total,) = await db.collection("bills").aggregate([{"$group": {"_id": None, "sum": {"$sum": "$sum"}}}]).to_list(None)
    assert [row["_id"] for row in rows] == ["0.25", "9.5", "10"]
    assert total["sum"] == Decimal("19.75")


async def test_times_come_back_with_their_zone_and_as_exact_as_they_went(db: Database) -> None:
    at = utcnow()
    await db.collection("moments").insert_one({"_id": "now", "at": at})
    assert (await db.collection("moments").find_one({"_id": "now"}))["at"] == at
    assert at.tzinfo is UTC
    assert at.microsecond % 1000 == 0
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60


async def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))


async def test_making_the_same_index_twice_is_harmless(db: Database) -> None:
    index = Index("tills", [("number", 1)], unique=True, partial={"number": {"$gt": 0}})
    await db.ensure_indexes([index])
    await db.ensure_indexes([index])
    assert "number_1" in await db.collection("tills").index_information()


async def test_what_is_read_is_what_no_crash_can_take_back(db: Database) -> None:
    """A relay that publishes, or a worker that mails, what is then rolled back would have told a lie."""
    assert db.collection("outbox").read_concern.level == "majority"
