"""The crash matrix: a process dies at each labelled line, another goes on, and nothing is lost, doubled or out of order."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass

import pytest

from shared.database import Database, connect
from shared.events import LeadContacted, LeadSubmitted, Person
from shared.failpoints import FAILPOINTS
from tests.live.counting import counted
from tests.live.kafka import begin_anew, events_on, publish
from tests.live.processes import Fleet, fleet
from tests.live.waiting import eventually
from tests.servers import Servers

KEYS, EACH = 5, 40
MODULE = "tests.live.counting"
pytestmark = pytest.mark.timeout(300)
# The Nth pass, so that there is work before and after the crash.
PASS = {"consumer.before_offset_commit": 2, "consumer.after_offset_commit": 1}


@dataclass
class Aftermath:
    """What one crash left behind, once all had settled."""

    counted: dict[str, list[int]]
    fired: Counter[str]
    said: list[LeadContacted]


@pytest.fixture(scope="module")
async def aftermaths(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Aftermath]:
    """Every line of the matrix at once: one service each over the same topic, killed, and started again."""
    await begin_anew(servers)
    await publish(servers, list(submissions()))
    with fleet(servers, tmp_path_factory.mktemp("crashes")) as ours:
        databases = await asyncio.gather(*(crashed_and_restarted(servers, ours, failpoint) for failpoint in FAILPOINTS))
        said = [event for event in await events_on(servers, LeadContacted.topic) if isinstance(event, LeadContacted)]
        return {failpoint: await aftermath(db, said) for failpoint, db in zip(FAILPOINTS, databases, strict=True)}


async def crashed_and_restarted(servers: Servers, ours: Fleet, failpoint: str) -> Database:
    name = "counting_" + failpoint.replace(".", "_")
    db = await connect(servers.mongo_uri, name)
    doomed = ours.start(MODULE, name, DEALWIRE_FAILPOINT=f"{failpoint}:{PASS.get(failpoint, 2)}", DEALWIRE_BATCH_SIZE="50")
    await eventually(lambda: doomed.died_by == 9, within=120, what=f"dying at {failpoint}; see {doomed.log}")
    heir = ours.start(MODULE, name, DEALWIRE_BATCH_SIZE="50")
    await eventually(lambda: all_settled(db), within=120, what=f"everything counted, said and fired after {failpoint}; see {heir.log}")
    return db


async def aftermath(db: Database, said: list[LeadContacted]) -> Aftermath:
    fired, numbers = Counter([row["timer"] async for row in db.collection("fired").find()]), await counted(db)
    db.close()
    return Aftermath(numbers, fired, [event for event in said if event.envelope.source == f"/dealwire/{db.name}"])


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_nothing_is_lost_or_doubled_when_a_process_dies_at(failpoint: str, aftermaths: dict[str, Aftermath]) -> None:
    assert aftermaths[failpoint].counted == {f"k{key}": list(range(EACH)) for key in range(KEYS)}


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_each_timer_fires_once_when_a_process_dies_at(failpoint: str, aftermaths: dict[str, Aftermath]) -> None:
    assert aftermaths[failpoint].fired == Counter(f"k{key}/{number}" for key in range(KEYS) for number in range(EACH))


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_each_event_is_said_and_in_order_when_a_process_dies_at(failpoint: str, aftermaths: dict[str, Aftermath]) -> None:
    """Repeats are allowed on the wire, under the same id; the first of each must come in order."""
    first_of: dict[str, LeadContacted] = {}
    for event in aftermaths[failpoint].said:
        first_of.setdefault(event.envelope.id, event)
    order = defaultdict(list)
    for event in first_of.values():
        order[event.lead_id].append(event.version)
    assert order == {f"k{key}": list(range(EACH)) for key in range(KEYS)}


def submissions() -> list[LeadSubmitted]:
    return [
        LeadSubmitted(source="crash", person=Person(email=f"{key}@people.example"), attributes={"key": f"k{key}", "number": str(number)})
        for number in range(EACH)
        for key in range(KEYS)
    ]


async def all_settled(db: Database) -> bool:
    total = sum(len(numbers) for numbers in (await counted(db)).values())
    left = await db.collection("outbox").count_documents({}) + await db.collection("timers").count_documents({})
    return total >= KEYS * EACH and left == 0
