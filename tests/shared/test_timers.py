"""Timers: each fires once, whoever looks; what replaces or cancels one wins; none starves; a failing one is set aside."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import APIRouter

from shared.app import Service
from shared.database import Database, utcnow
from shared.subscriptions import Subscriptions
from shared.timers import Scheduler, Timer, Timers, fire
from shared.transaction import Transaction
from tests.conftest import DatabaseOf
from tests.live.traffic import until_stopped
from tests.live.waiting import eventually
from tests.road import api_client

SOON = timedelta(milliseconds=300)
LATER = timedelta(hours=1)
OVERDUE = timedelta(seconds=-1)


class Bells:
    """Rings what is due: writes down each timer that fired, in the transaction that fired it."""

    def __init__(self, db: Database, *names: str) -> None:
        self.db, self.timers, self.broken = db, Timers(), set[str]()
        for name in names or ("bell.due",):
            self.timers.on(name)(self.ring)
        self.service = Service("booth", 0, Subscriptions(), (), APIRouter(), (), timers=self.timers)

    async def ring(self, tx: Transaction, due: list[Timer]) -> None:
        if self.broken.intersection(timer.key for timer in due):
            raise ZeroDivisionError("the bell is broken")
        await tx.collection("rung").insert_many([{"name": one.name, "key": one.key, "payload": one.payload} for one in due])

    async def set(self, at: datetime, *keys: str, name: str = "bell.due", payload: dict[str, Any] | None = None) -> None:
        async def schedule(tx: Transaction) -> None:
            for key in keys:
                tx.schedule(at, name, payload or {}, key=key)

        await self.db.transact(schedule)

    async def cancel(self, key: str) -> None:
        async def cancel(tx: Transaction) -> None:
            tx.cancel("bell.due", key=key)

        await self.db.transact(cancel)

    async def rung(self, **which: Any) -> list[str]:
        return [row["key"] async for row in self.db.collection("rung").find(which).sort("_id", 1)]

    async def payloads(self) -> list[dict[str, Any]]:
        return [row["payload"] async for row in self.db.collection("rung").find().sort("_id", 1)]

    async def left(self) -> int:
        count: int = await self.db.collection("timers").count_documents({})
        return count

    async def all_rung(self) -> bool:
        return await self.left() == 0

    def scheduler(self) -> Scheduler:
        return Scheduler(self.db, self.timers)


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("booth")


@pytest.fixture
def bells(db: Database) -> Bells:
    return Bells(db)


async def test_with_two_schedulers_each_timer_fires_once(bells: Bells) -> None:
    keys = [str(number) for number in range(1000)]
    await bells.set(utcnow(), *keys)
    async with AsyncExitStack() as running:
        for _ in range(2):
            await running.enter_async_context(until_stopped(bells.scheduler()))
        await eventually(bells.all_rung)
    assert sorted(await bells.rung()) == sorted(keys)


async def test_two_who_fire_the_same_timers_at_once_fire_each_once(bells: Bells) -> None:
    """As when one's lease has run out without its noticing."""
    keys = [str(number) for number in range(20)]
    now = utcnow()
    await bells.set(now, *keys)
    stale = [Timer("bell.due", key, {}, now) for key in keys]
    await asyncio.gather(*(bells.db.transact(lambda tx: fire(tx, bells.ring, stale, as_of=now)) for _ in range(4)))
    assert sorted(await bells.rung()) == sorted(keys)


async def test_a_timer_fires_when_it_is_due_and_not_before(bells: Bells) -> None:
    async with until_stopped(bells.scheduler()) as _:
        due = utcnow() + SOON
        await bells.set(due, "soon")
        await bells.set(due + LATER, "later")
        await eventually(bells.rung)
        assert utcnow() >= due
    assert await bells.rung() == ["soon"]
    assert await bells.left() == 1


async def test_a_timer_that_is_set_again_is_replaced(bells: Bells) -> None:
    await bells.set(utcnow(), "one", payload={"take": "first"})
    await bells.set(utcnow() + SOON, "one", payload={"take": "second"})
    async with until_stopped(bells.scheduler()):
        await eventually(bells.all_rung)
    assert await bells.payloads() == [{"take": "second"}]


async def test_a_timer_that_is_only_set_if_there_is_none_leaves_the_one_that_there_is(bells: Bells) -> None:
    async def set_unless_set(tx: Transaction) -> None:
        tx.cancel("bell.due", key="cancelled")
        for key in ("there", "new", "new", "cancelled"):
            tx.schedule(utcnow(), "bell.due", {"take": "second"}, key=key, unless_set=True)

    await bells.set(utcnow(), "there", "cancelled", payload={"take": "first"})
    await bells.db.transact(set_unless_set)
    rows = await bells.db.collection("timers").find().sort("_id", 1).to_list(None)
    assert [(row["key"], row["payload"]["take"]) for row in rows] == [("cancelled", "second"), ("new", "second"), ("there", "first")]


async def test_a_cancelled_timer_stays_quiet(bells: Bells) -> None:
    await bells.set(utcnow(), "cancelled", "kept")
    await bells.cancel("cancelled")
    async with until_stopped(bells.scheduler()):
        await eventually(bells.all_rung)
    assert await bells.rung() == ["kept"]


async def test_one_that_was_put_off_after_a_scheduler_read_it_stays_quiet(bells: Bells) -> None:
    now = utcnow()
    await bells.set(now, "one")
    await bells.set(now + LATER, "one")
    fired = await bells.db.transact(lambda tx: fire(tx, bells.ring, [Timer("bell.due", "one", {}, now)], as_of=now))
    assert fired == 0
    assert await bells.rung() == []


async def test_one_that_is_set_again_while_it_fires_fires_again(bells: Bells) -> None:
    firing, setting = asyncio.Event(), asyncio.Event()

    async def ring_slowly(tx: Transaction, due: list[Timer]) -> None:
        firing.set()
        await setting.wait()
        await bells.ring(tx, due)

    async def set_again(tx: Transaction) -> None:
        tx.schedule(tx.now, "bell.due", {"take": "second"}, key="one")
        setting.set()

    now = utcnow()
    await bells.set(now, "one", payload={"take": "first"})
    first = asyncio.create_task(bells.db.transact(lambda tx: fire(tx, ring_slowly, [Timer("bell.due", "one", {}, now)], as_of=now)))
    await firing.wait()
    await asyncio.gather(first, bells.db.transact(set_again))
    async with until_stopped(bells.scheduler()):
        await eventually(bells.all_rung)
    assert await bells.payloads() == [{"take": "first"}, {"take": "second"}]


async def test_a_handler_may_set_its_own_timer_again(bells: Bells) -> None:
    async def ring_twice(tx: Transaction, due: list[Timer]) -> None:
        await bells.ring(tx, due)
        for timer in due:
            if not timer.payload:
                tx.schedule(tx.now, timer.name, {"again": True}, key=timer.key)

    bells.timers.on("bell.due")(ring_twice)
    await bells.set(utcnow(), "one")
    async with until_stopped(bells.scheduler()):
        await eventually(bells.all_rung)
    assert await bells.payloads() == [{}, {"again": True}]


async def test_what_comes_due_while_nobody_runs_fires_when_somebody_does(bells: Bells) -> None:
    due = utcnow() + SOON
    async with until_stopped(bells.scheduler()):
        await bells.set(due, "one", payload={"count": 1})
    assert await bells.rung() == []
    await eventually(lambda: utcnow() > due)
    async with until_stopped(bells.scheduler()):
        await eventually(bells.all_rung)
    assert await bells.payloads() == [{"count": 1}]


async def test_ten_thousand_of_one_name_do_not_starve_another(db: Database) -> None:
    bells = Bells(db, "crowd.due", "lone.due")
    crowd = [str(number) for number in range(10_000)]
    for first in range(0, len(crowd), 1000):
        await bells.set(utcnow() + OVERDUE, *crowd[first : first + 1000], name="crowd.due")
    await bells.set(utcnow(), "lone", name="lone.due")
    async with until_stopped(bells.scheduler()):
        await eventually(lambda: bells.rung(name="lone.due"))
        before = len(await bells.rung(name="crowd.due"))
        await eventually(bells.all_rung)
    assert before <= 1000
    assert len(await bells.rung(name="crowd.due")) == 10_000


async def test_a_timer_that_fails_is_parked_with_its_payload_and_the_others_fire(bells: Bells) -> None:
    bells.broken = {"bad"}
    at = utcnow()
    await bells.set(at, "bad", "good", payload={"lead": "l1"})
    await let_it_park(bells)
    (row,) = await bells.db.collection("parked").find().to_list(None)
    assert (row["topic"], row["reason"], row["attempts"]) == ("timer:bell.due", "bug", 3)
    assert Timer.parked(row["topic"], row["value"]) == Timer("bell.due", "bad", {"lead": "l1"}, at)
    assert await bells.rung() == ["good"]


async def test_a_parked_timer_can_be_replayed_once_it_is_mended(bells: Bells) -> None:
    bells.broken = {"bad"}
    await bells.set(utcnow(), "bad", payload={"lead": "l1"})
    await let_it_park(bells)
    bells.broken = set()
    (row,) = await bells.db.collection("parked").find().to_list(None)
    async with api_client(bells.service, bells.db) as client:
        answer = await client.post(f"/parked/{row['_id']}/replay")
    assert answer.json()["status"] == "replayed"
    assert await bells.payloads() == [{"lead": "l1"}]


async def test_one_that_was_set_again_while_it_failed_is_not_parked_too(bells: Bells) -> None:
    """What is parked would be rung by a replay, and what replaced it by the scheduler: twice."""
    now = utcnow()
    await bells.set(now + SOON, "one")
    await bells.scheduler()._park(Timer("bell.due", "one", {}, now), ZeroDivisionError(), 3)
    assert await bells.db.collection("parked").count_documents({}) == 0
    assert await bells.left() == 1


async def let_it_park(bells: Bells) -> None:
    async with until_stopped(bells.scheduler()):
        await eventually(bells.all_rung)
