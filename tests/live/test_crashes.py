"""The crash matrix: a process dies at each labelled line, another goes on, and nothing is lost, doubled or out of order."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from shared.cloudevents import decode, encode
from shared.database import Database, new_id, utcnow
from shared.events import Envelope, LeadContacted, LeadSubmitted, Person
from shared.failpoints import FAILPOINTS
from shared.kafka import new_producer
from shared.settings import Settings
from tests.conftest import DatabaseOf
from tests.live.counting import counted
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers

KEYS, EACH = 5, 40
MODULE = "tests.live.counting"
# The Nth pass, so that there is work before and after the crash.
PASS = {"consumer.before_offset_commit": 2, "consumer.after_offset_commit": 1}


@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_nothing_is_lost_or_doubled_when_a_process_dies_at(
    failpoint: str, servers: Servers, topics: object, database_of: DatabaseOf, tmp_path: Path
) -> None:
    db = await database_of("counting")
    await publish(servers, list(submissions()))
    with fleet(servers, tmp_path) as ours:
        doomed = ours.start(MODULE, DEALWIRE_FAILPOINT=f"{failpoint}:{PASS.get(failpoint, 2)}", DEALWIRE_BATCH_SIZE="50")
        await eventually(lambda: doomed.died_by == 9, what=f"dying at {failpoint}; see {doomed.log}")
        ours.start(MODULE, DEALWIRE_BATCH_SIZE="50")
        await eventually(lambda: all_settled(db), within=60, what="everything counted, said and fired")
        await each_was_counted_once_and_in_order(db)
        await each_timer_fired_once(db)
        each_was_said_in_order(await heard_back(servers))


def submissions() -> list[LeadSubmitted]:
    return [
        LeadSubmitted(source="crash", person=Person(email=f"{key}@people.example"), attributes={"key": f"k{key}", "number": str(number)})
        for number in range(EACH)
        for key in range(KEYS)
    ]


async def publish(servers: Servers, events: list[LeadSubmitted]) -> None:
    producer = new_producer(Settings(service="tests", mongo="unused", kafka=servers.kafka, jwks="unused", issuer="unused"))
    await producer.start()
    try:
        for event in events:
            event_id = new_id()
            encoded = encode(event.in_envelope(Envelope(id=event_id, source="/tests", time=utcnow(), correlation_id=event_id)))
            await producer.send(encoded.topic, encoded.value, encoded.key, headers=encoded.headers)
        await producer.flush()
    finally:
        await producer.stop()


async def all_settled(db: Database) -> bool:
    total = sum(len(numbers) for numbers in (await counted(db)).values())
    left = await db.collection("outbox").count_documents({}) + await db.collection("timers").count_documents({})
    return total >= KEYS * EACH and left == 0


async def each_was_counted_once_and_in_order(db: Database) -> None:
    assert await counted(db) == {f"k{key}": list(range(EACH)) for key in range(KEYS)}


async def each_timer_fired_once(db: Database) -> None:
    fired = Counter([row["timer"] async for row in db.collection("fired").find()])
    assert fired == Counter(f"k{key}/{number}" for key in range(KEYS) for number in range(EACH))


def each_was_said_in_order(said: list[LeadContacted]) -> None:
    """Repeats are allowed on the wire, under the same id; the first of each must come in order."""
    first_of: dict[str, LeadContacted] = {}
    for event in said:
        first_of.setdefault(event.envelope.id, event)
    order = defaultdict(list)
    for event in first_of.values():
        order[event.lead_id].append(event.version)
    assert order == {f"k{key}": list(range(EACH)) for key in range(KEYS)}


async def heard_back(servers: Servers) -> list[LeadContacted]:
    """All that is on `lead.contacted`, partition by partition."""
    consumer = AIOKafkaConsumer(LeadContacted.topic, bootstrap_servers=servers.kafka, auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        records = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records += batch
    decoded = [
        decode(topic=r.topic, partition=r.partition, offset=r.offset, key=r.key, value=r.value, headers=r.headers, timestamp_ms=r.timestamp)
        for r in records
    ]
    return [event for event in decoded if isinstance(event, LeadContacted)]
