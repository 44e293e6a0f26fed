"""Writes of which nobody looks at the result: made together, and never missed by whoever looks."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared import database
from shared.database import Database
from shared.errors import Contended
from shared.transaction import Transaction
from tests.conftest import DatabaseOf


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("booth")


@pytest.fixture
def goes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often all that was waiting went to the database, and by which function."""
    gone: list[str] = []
    on_a_thread = database._on_a_thread

    def noted(loop: Any, work: Callable[..., None], *args: Any) -> Any:
        gone.append(work.__name__)
        return on_a_thread(loop, work, *args)

    monkeypatch.setattr(database, "_on_a_thread", noted)
    return gone


async def test_all_writes_of_a_transaction_go_together_with_its_commit(db: Database, goes: list[str]) -> None:
    async def fill(tx: Transaction) -> None:
        for number in range(3):
            tx.later("tills").insert_one({"_id": number})
        tx.schedule(tx.now, "till.due", {}, key="one")

    await db.transact(fill)
    assert await db.collection("tills").count_documents({}) == 3
    assert await db.collection("timers").count_documents({}) == 1
    assert len(goes) == 1


async def test_whoever_looks_in_the_same_transaction_finds_what_was_to_be_written_later(db: Database) -> None:
    async def look(tx: Transaction) -> None:
        tx.later("tills").insert_many([{"_id": "one", "sum": 1}, {"_id": "two", "sum": 2}])
        assert [row["_id"] for row in await tx.collection("tills").find().sort("_id", -1).limit(1).to_list(None)] == ["two"]
        tx.later("tills").update_one({"_id": "one"}, {"$inc": {"sum": 1}})
        assert (await tx.collection("tills").find_one({"_id": "one"}))["sum"] == 2
        tx.later("tills").delete_one({"_id": "two"})
        assert [row["_id"] async for row in tx.collection("tills").aggregate([{"$match": {}}])] == ["one"]

    await db.transact(look)


async def test_what_is_written_later_stays_in_order_with_what_is_written_at_once(db: Database) -> None:
    async def count(tx: Transaction) -> None:
        tx.later("tills").insert_one({"_id": "one", "sum": 1})
        changed = await tx.collection("tills").update_one({"_id": "one"}, {"$set": {"sum": 2}})
        assert changed.matched_count == 1

    await db.transact(count)
    assert (await db.collection("tills").find_one({"_id": "one"}))["sum"] == 2


async def test_a_look_at_something_else_leaves_what_is_to_be_written_later_waiting(db: Database, goes: list[str]) -> None:
    async def look_elsewhere(tx: Transaction) -> None:
        tx.later("tills").insert_one({"_id": "one"})
        await tx.collection("drawers").find_one({})
        assert not goes

    await db.transact(look_elsewhere)


async def test_two_that_meet_in_what_they_write_later_meet(db: Database) -> None:
    await db.collection("tills").insert_one({"_id": "one"})

    async def take_the_same_id(tx: Transaction) -> None:
        tx.later("tills").insert_one({"_id": "one"})

    with pytest.raises(Contended):
        await db.transact(take_the_same_id)


async def test_whoever_is_cancelled_while_all_is_written_leaves_all_of_it_or_nothing(db: Database) -> None:
    async def fill(tx: Transaction) -> None:
        for number in range(50):
            tx.later("tills").insert_one({"till": number, "by": tx.now})

    for milliseconds in range(0, 60, 3):
        filling = asyncio.create_task(db.transact(fill))
        await asyncio.sleep(milliseconds / 1000)
        filling.cancel()
        await asyncio.wait({filling})
    assert await db.collection("tills").count_documents({}) % 50 == 0
