"""Leases: every share has one holder, the living share them evenly, and what the dead held is taken over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database import Database
from shared.leases import LEASE_SECONDS, RENEW_SECONDS, Leases, dealt
from tests.conftest import DatabaseOf
from tests.live.waiting import eventually

ALL = frozenset(range(4))


def quick(db: Database, kind: str = "work", shares: int = 4, *, seconds: float = LEASE_SECONDS) -> Leases:
    """Looks around more often than others do; its leases last as long."""
    return Leases(db, kind, shares, seconds=seconds, renew_seconds=0.1)


class Mortal(Leases):
    """Dies as a killed process does: it renews no more, and gives nothing back."""

    async def _give_up(self) -> None:
        return


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("booth")


@asynccontextmanager
async def keeping(*holders: Leases) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(holder.keep()) for holder in holders]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def counts(*holders: Leases) -> list[int]:
    return sorted(len(holder.held()) for holder in holders)


def are_apart(*holders: Leases) -> bool:
    held = [share for holder in holders for share in holder.held()]
    return len(held) == len(set(held))


async def test_two_holders_have_half_each_and_none_in_common(db: Database) -> None:
    first, second = quick(db), quick(db)
    async with keeping(first, second):
        await eventually(lambda: counts(first, second) == [2, 2], within=10)
        assert first.held() | second.held() == ALL


async def test_one_who_joins_is_given_some_of_what_the_others_hold(db: Database) -> None:
    first, second, third = (quick(db) for _ in range(3))
    async with keeping(first, second):
        await eventually(lambda: counts(first, second) == [2, 2], within=10)
        async with keeping(third):
            await eventually(lambda: counts(first, second, third) == [1, 1, 2], within=10)
            assert are_apart(first, second, third)


async def test_those_who_come_at_once_never_hold_the_same(db: Database) -> None:
    holders = [quick(db) for _ in range(4)]

    def are_settled() -> bool:
        assert are_apart(*holders)
        return counts(*holders) == [1, 1, 1, 1]

    async with keeping(*holders):
        await eventually(are_settled, within=15)


async def test_with_more_holders_than_shares_each_share_still_has_one(db: Database) -> None:
    holders = [quick(db, shares=2) for _ in range(3)]
    async with keeping(*holders):
        await eventually(lambda: counts(*holders) == [0, 1, 1], within=15)


async def test_what_a_dead_holder_had_is_taken_over_when_its_lease_has_run_out_and_never_held_twice(db: Database) -> None:
    dying, heir = Mortal(db, "work", 4, seconds=3, renew_seconds=0.1), quick(db)
    async with keeping(heir):
        async with keeping(dying):
            await eventually(lambda: counts(dying, heir) == [2, 2])
        await eventually(lambda: not are_apart(dying, heir) or heir.held() == ALL, within=10, what="the heir's taking over")
        assert are_apart(dying, heir)


def test_by_default_that_is_within_ten_seconds() -> None:
    assert LEASE_SECONDS + RENEW_SECONDS < 10


async def test_one_who_leaves_gives_its_shares_back_at_once(db: Database) -> None:
    leaving, staying = quick(db, seconds=60), quick(db, seconds=60)
    async with keeping(staying):
        async with keeping(leaving):
            await eventually(lambda: counts(leaving, staying) == [2, 2], within=10)
        assert leaving.held() == frozenset()
        await eventually(lambda: staying.held() == ALL, within=15, what="taking over before the lease would have run out")


async def test_kinds_of_work_are_leased_apart(db: Database) -> None:
    relay, scheduler = quick(db, "relay"), quick(db, "scheduler")
    async with keeping(relay, scheduler):
        await eventually(lambda: relay.held() == scheduler.held() == ALL, within=10)
    assert await db.collection("leases").count_documents({}) == 2


@given(st.lists(st.sampled_from([None, "ana", "ben", "cy", "of the dead"]), max_size=12), st.integers(1, 10), st.integers(1, 3))
def test_wherever_shares_begin_each_of_the_living_soon_has_an_equal_part(shares: list[str | None], count: int, living: int) -> None:
    alive = {*["ana", "ben", "cy"][:living]}
    shares = [one if one in alive else None for one in shares]
    for name in sorted(alive) * 2:
        before, shares = shares, dealt(shares, count, alive, name)
        assert all(one == before[share] for share, one in enumerate(shares[: len(before)]) if name not in (one, before[share]))
    parts = [shares.count(name) for name in alive]
    assert sum(parts) == count
    assert max(parts) - min(parts) <= 1
