"""Many callers in one transaction: each gets its own result, and a bad one fails alone."""

import asyncio
from typing import Any

import pytest

from shared.batching import GroupCommit
from shared.database import Database
from shared.errors import Invalid, Unreachable
from shared.transaction import Transaction
from tests.conftest import DatabaseOf


class Ledger:
    """Writes items down, and remembers which came together."""

    def __init__(self, db: Database, *, most: int = 200) -> None:
        self.db, self.together = db, list[list[Any]]()
        self.is_away = False
        self.group: GroupCommit[Any, str] = GroupCommit(db, self.write, most=most)

    async def write(self, tx: Transaction, items: list[Any]) -> list[str | Exception]:
        if self.is_away:
            raise Unreachable("away")
        if "poison" in items:
            raise ValueError("poison")
        await tx.collection("items").insert_many([{"item": item} for item in items if item != "refused"])
        self.together.append(items)
        return [Invalid("no", field="item", rule="no") if item == "refused" else f"wrote {item}" for item in items]

    async def submit_all(self, *items: Any) -> list[Any]:
        return await asyncio.gather(*(self.group.submit(item) for item in items), return_exceptions=True)

    async def written(self) -> list[Any]:
        rows = await self.db.collection("items").find().to_list(None)
        return sorted((row["item"] for row in rows), key=str)


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("booth")


async def test_those_who_come_during_a_commit_go_together_in_the_next(db: Database) -> None:
    ledger = Ledger(db)

    async def late(item: int) -> str:
        while not ledger.together:
            await asyncio.sleep(0)
        return await ledger.group.submit(item)

    results = await asyncio.gather(ledger.group.submit(0), *(late(item) for item in range(1, 50)))

    assert results == [f"wrote {item}" for item in range(50)]
    assert ledger.together[0] == [0]
    assert len(ledger.together) <= 3
    assert len(await ledger.written()) == 50


async def test_no_transaction_is_larger_than_its_limit(db: Database) -> None:
    ledger = Ledger(db, most=20)

    results = await ledger.submit_all(*range(50))

    assert results == [f"wrote {item}" for item in range(50)]
    assert [len(items) for items in ledger.together] == [20, 20, 10]


async def test_one_that_is_refused_does_not_disturb_the_others(db: Database) -> None:
    results = await Ledger(db).submit_all(1, "refused", 2)

    assert (results[0], results[2]) == ("wrote 1", "wrote 2")
    assert isinstance(results[1], Invalid)


async def test_one_that_breaks_the_transaction_fails_alone(db: Database) -> None:
    ledger = Ledger(db)

    results = await ledger.submit_all(1, "poison", 2, 3)

    assert [type(result) for result in results] == [str, ValueError, str, str]
    assert await ledger.written() == [1, 2, 3]


async def test_in_an_outage_all_are_told_at_once_and_later_ones_go_through(db: Database) -> None:
    ledger = Ledger(db)
    ledger.is_away = True
    away = await ledger.submit_all(1, 2, 3)
    ledger.is_away = False

    assert {type(result) for result in away} == {Unreachable}
    assert await ledger.submit_all(4) == ["wrote 4"]
    assert await ledger.written() == [4]


async def test_a_caller_who_leaves_takes_nobody_along(db: Database) -> None:
    ledger = Ledger(db)
    leaving = asyncio.create_task(ledger.group.submit(1))
    staying = asyncio.create_task(ledger.group.submit(2))
    await asyncio.sleep(0)
    leaving.cancel()

    assert await staying == "wrote 2"
    assert (await asyncio.gather(leaving, return_exceptions=True))[0].__class__ is asyncio.CancelledError


async def test_work_that_forgets_an_item_commits_nothing(db: Database) -> None:
    async def forgetful(tx: Transaction, items: list[int]) -> list[str]:
        await tx.collection("items").insert_one({"item": items[0]})
        return []

    with pytest.raises(ValueError, match="0 outcomes for 1 items"):
        await GroupCommit(db, forgetful).submit(1)
    assert await Ledger(db).written() == []
