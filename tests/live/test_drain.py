"""SIGTERM in the middle of work: the process ends soon and well, and nothing is lost, doubled or out of order."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

from deploy.local.processes import is_open
from shared.database import Database, connect
from shared.events import LeadContacted, LeadSubmitted, Person
from tests.live.counting import counted
from tests.live.kafka import begin_anew, events_on, publish
from tests.live.processes import Fleet, Running, fleet
from tests.live.waiting import eventually
from tests.servers import Servers

KEYS, EACH = 100, 60
MODULE = "tests.live.counting"
pytestmark = pytest.mark.timeout(300)
SMALL_BATCHES = {"DEALWIRE_BATCH_SIZE": "50"}
_names = (f"drained{number}" for number in count())


@pytest.fixture(scope="module")
async def loaded(mortal_servers: Servers) -> Servers:
    """More submissions than a process settles before it is told to end."""
    await begin_anew(mortal_servers)
    await publish(mortal_servers, list(submissions()))
    return mortal_servers


@pytest.fixture
def ours(loaded: Servers, tmp_path: Path) -> Iterator[Fleet]:
    with fleet(loaded, tmp_path) as fleet_of_this_test:
        yield fleet_of_this_test


@pytest.fixture
async def db(loaded: Servers) -> AsyncIterator[Database]:
    """That of a service of which no other test knows."""
    database = await connect(loaded.mongo_uri, next(_names))
    yield database
    database.close()


def submissions() -> Iterator[LeadSubmitted]:
    for number in range(EACH):
        for key in range(KEYS):
            attributes = {"key": f"k{key}", "number": str(number)}
            yield LeadSubmitted(source="drain", person=Person(email=f"{key}@people.example"), attributes=attributes)


async def test_a_process_that_is_told_to_end_under_load_loses_and_doubles_nothing(loaded: Servers, ours: Fleet, db: Database) -> None:
    ending = await in_full_flow(ours, db)
    assert ending.terminate() == 0
    assert 0 < await how_many(db) < KEYS * EACH
    await finish(ours, db)
    said = await all_said(loaded, db)
    await expect_each_once(db, said)
    assert max(Counter(event.envelope.id for event in said).values()) == 1


async def test_several_roles_each_in_its_own_process_are_told_to_end_at_once(loaded: Servers, ours: Fleet, db: Database) -> None:
    ending = [ours.start(MODULE, db.name, role, **SMALL_BATCHES) for role in ("api", "ingest", "relay", "scheduler")]
    await eventually(lambda: all(is_open(one.port) for one in ending), within=120, what="all four at work")
    await until_in_full_flow(db, ending[1])
    assert await asyncio.gather(*(asyncio.to_thread(one.terminate) for one in ending)) == [0, 0, 0, 0]
    await finish(ours, db)
    await expect_each_once(db, await all_said(loaded, db))


async def test_it_ends_soon_though_kafka_is_away(loaded: Servers, ours: Fleet, db: Database) -> None:
    assert loaded.broker is not None
    ending = await in_full_flow(ours, db)
    loaded.broker.kill()
    try:
        assert ending.terminate() == 0
    finally:
        loaded.broker.begin()
        loaded.broker.wait_until_ready()
    await finish(ours, db)
    await expect_each_once(db, await all_said(loaded, db))


async def test_it_ends_soon_though_mongodb_is_away(loaded: Servers, ours: Fleet, db: Database) -> None:
    assert loaded.mongod is not None
    ending = await in_full_flow(ours, db)
    loaded.mongod.kill()
    try:
        assert ending.terminate() == 0
    finally:
        loaded.mongod.begin()
        loaded.mongod.wait_until_ready()
    await finish(ours, db)
    await expect_each_once(db, await all_said(loaded, db))


async def in_full_flow(ours: Fleet, db: Database) -> Running:
    running = ours.start(MODULE, db.name, **SMALL_BATCHES)
    await until_in_full_flow(db, running)
    return running


async def until_in_full_flow(db: Database, running: Running) -> None:
    await eventually(lambda: how_many(db), within=120, what=f"the first submission counted; see {running.log}")


async def finish(ours: Fleet, db: Database) -> None:
    heir = ours.start(MODULE, db.name)
    await eventually(lambda: all_settled(db), within=120, what=f"everything counted, said and fired; see {heir.log}")
    assert heir.terminate() == 0


async def how_many(db: Database) -> int:
    return sum(len(numbers) for numbers in (await counted(db)).values())


async def all_settled(db: Database) -> bool:
    left = await db.collection("outbox").count_documents({}) + await db.collection("timers").count_documents({})
    return await how_many(db) >= KEYS * EACH and left == 0


async def all_said(servers: Servers, db: Database) -> list[LeadContacted]:
    said = [event for event in await events_on(servers, LeadContacted.topic) if isinstance(event, LeadContacted)]
    return [event for event in said if event.envelope.source == f"/dealwire/{db.name}"]


async def expect_each_once(db: Database, said: list[LeadContacted]) -> None:
    """Counted, fired and said: each once, and in order."""
    expected = {f"k{key}": list(range(EACH)) for key in range(KEYS)}
    order: defaultdict[str, list[int]] = defaultdict(list)
    for event in {event.envelope.id: event for event in reversed(said)}.values():
        order[event.lead_id].insert(0, event.version)
    assert await counted(db) == expected
    assert order == expected
    fired = [row["timer"] async for row in db.collection("fired").find()]
    assert sorted(fired) == sorted(f"{key}/{number}" for key, numbers in expected.items() for number in numbers)
