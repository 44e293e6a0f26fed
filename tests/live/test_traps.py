"""One test for each trap that FastStream, aiokafka and MongoDB were found to set, on real servers."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner
from bson.timestamp import Timestamp

from deploy.topics import Topic, Topics, wanted_topics
from shared.app import SHARED_INDEXES
from shared.consumer import Consumer
from shared.database import Database, connect
from shared.errors import Unreachable
from shared.events import LeadContacted, LeadSubmitted, OrderUpdated
from shared.relay import Relay
from shared.subscriptions import Subscriptions
from shared.transaction import Transaction
from tests.live.kafka import begin_anew, events_on, producer_to, records_on, settings_of
from tests.live.traffic import until_stopped
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.shared.test_legible import PLACEHOLDER, spoilt

_names = (f"trapped{number}" for number in count())
GOOD = {"source": "traps", "person": {"email": "ana@people.example"}}


class Listener:
    """Hears lead.submitted in a consumer group of its own; `heard` are the external ids, as often as they had an effect."""

    def __init__(self, servers: Servers, db: Database, **settings: Any) -> None:
        self.servers, self.db, self.heard = servers, db, list[str]()
        self.failures: dict[str, list[Exception]] = {}
        subscriptions = Subscriptions()
        subscriptions.on(LeadSubmitted)(self._on_lead_submitted)
        self.consumer = Consumer(db, settings_of(servers, **settings), subscriptions, role="consumer")

    async def _on_lead_submitted(self, tx: Transaction, submissions: list[LeadSubmitted]) -> None:
        for one in submissions:
            if self.failures.get(one.external_id or ""):
                raise self.failures[one.external_id or ""].pop(0)
        self.heard += [one.external_id or "" for one in submissions]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async with until_stopped(self.consumer):
            await eventually(lambda: self.consumer.health()["assigned"], what="an assignment")
            yield


@pytest.fixture(scope="module")
async def clean_topics(servers: Servers) -> None:
    await begin_anew(servers)


@pytest.fixture
async def db(servers: Servers, clean_topics: None) -> AsyncIterator[Database]:
    database = await connect(servers.mongo_uri, next(_names))
    await database.ensure_indexes(SHARED_INDEXES)
    async with Topics({"bootstrap_servers": servers.kafka}) as topics:
        await topics.make([Topic(f"{database.name}.dead", 1, 3_600_000)])
    yield database
    database.close()


def submission(external_id: str, **changes: Any) -> bytes:
    return json.dumps(GOOD | {"external_id": external_id} | changes).encode()


async def parked(db: Database) -> list[dict[str, Any]]:
    return [row async for row in db.collection("parked").find().sort("offset", 1)]


async def test_headers_that_are_null_or_not_utf8_cost_neither_their_record_nor_its_batch(servers: Servers, db: Database) -> None:
    listener = Listener(servers, db)
    async with producer_to(servers) as producer:
        for number, value in enumerate([b"fine", b"\xff\xfe", None]):
            await producer.send("lead.submitted", submission(f"header-{number}"), key=b"k", headers=[("note", value)], partition=0)
    async with listener.listening():
        await eventually(lambda: {"header-0", "header-1", "header-2"} <= set(listener.heard))


async def test_a_header_name_that_is_not_utf8_stops_nobody(servers: Servers, db: Database) -> None:
    """Neither its own partition, nor what was fetched of others at the same time."""
    names = {f"{partition}-{number}" for partition in range(4) for number in range(3)}
    async with AIOKafkaProducer(bootstrap_servers=servers.kafka) as producer:
        for partition in range(4):
            batch = producer.create_batch()
            for number in range(3):
                name = PLACEHOLDER.decode() if (partition, number) in ((1, 1), (3, 0)) else "note"
                batch.append(key=b"k", value=submission(f"{partition}-{number}"), timestamp=None, headers=[(name, b"1")])
            batch._buffer = spoilt(bytes(batch._build()))
            await producer.send_batch(batch, "lead.submitted", partition=partition)
        await producer.flush()
    listener = Listener(servers, db)
    async with listener.listening():
        await eventually(lambda: names <= set(listener.heard))
    assert max(Counter(listener.heard).values()) == 1


async def test_an_unreadable_record_is_parked_alone_and_its_batch_goes_on(servers: Servers, db: Database) -> None:
    listener = Listener(servers, db)
    async with producer_to(servers) as producer:
        for value in [submission("before"), b"{broken", submission("after")]:
            await producer.send("lead.submitted", value, key=b"spoilt", partition=1)
    async with listener.listening():
        await eventually(lambda: {"before", "after"} <= set(listener.heard))
        rows = await eventually(lambda: parked(db))
    assert [row["value"] for row in rows] == [b"{broken"]
    assert rows[0]["reason"] == "refused"


async def test_a_dead_letter_says_why_where_and_who(servers: Servers, db: Database) -> None:
    listener, relay = Listener(servers, db), Relay(db, settings_of(servers))
    async with producer_to(servers) as producer:
        sent = await producer.send_and_wait("lead.submitted", b"[]", key=b"who", headers=[("origin", b"fair")])
    async with listener.listening(), until_stopped(relay):
        letters = await eventually(lambda: dead_letters_of(servers, db, offset=sent.offset, partition=sent.partition))
    headers = dict(letters[0].headers)
    assert letters[0].value == b"[]"
    assert headers["origin"] == b"fair"
    assert headers["dead_topic"] == b"lead.submitted"
    assert headers["dead_key"] == b"who"
    assert headers["dead_reason"] == b"refused"
    assert headers["dead_attempts"] == b"1"
    assert headers["dead_error"]
    assert headers["dead_time"]


async def dead_letters_of(servers: Servers, db: Database, *, offset: int, partition: int) -> list[Any]:
    place = (str(offset).encode(), str(partition).encode())
    letters = await records_on(servers, f"{db.name}.dead")
    return [letter for letter in letters if (dict(letter.headers)["dead_offset"], dict(letter.headers)["dead_partition"]) == place]


async def test_a_poison_message_is_tried_three_times_and_does_not_spin(servers: Servers, db: Database) -> None:
    listener = Listener(servers, db)
    listener.failures["poison"] = [ZeroDivisionError()] * 100
    async with producer_to(servers) as producer:
        for name in ["poison", "well"]:
            await producer.send("lead.submitted", submission(name), key=b"poisoned", partition=2)
    async with listener.listening():
        rows = await eventually(lambda: parked_for_a_bug(db))
        await eventually(lambda: "well" in listener.heard)
    assert [row["attempts"] for row in rows] == [3]
    assert len(listener.failures["poison"]) > 100 - 10


async def parked_for_a_bug(db: Database) -> list[dict[str, Any]]:
    return [row for row in await parked(db) if row["reason"] == "bug"]


async def test_bare_json_at_the_same_offset_of_two_partitions_is_two_events(servers: Servers, db: Database) -> None:
    listener = Listener(servers, db)
    async with producer_to(servers) as producer:
        places = [await producer.send_and_wait("lead.submitted", submission(f"place-{number}"), partition=number) for number in (6, 7)]
    assert places[0].offset == places[1].offset
    async with listener.listening():
        await eventually(lambda: {"place-6", "place-7"} <= set(listener.heard))


async def test_an_outage_is_waited_out_inside_the_group_however_long_it_takes(servers: Servers, db: Database) -> None:
    """Without polling, the group would throw the consumer out after `kafka_max_poll_seconds`."""
    listener = Listener(servers, db, kafka_max_poll_seconds=2)
    listener.failures["patient"] = [Unreachable("away")] * 6
    async with producer_to(servers) as producer:
        await producer.send_and_wait("lead.submitted", submission("patient"), partition=3)
    async with listener.listening():
        before = listener.consumer._reader()._coordinator.generation  # type: ignore[union-attr]
        await eventually(lambda: "patient" in listener.heard)
        assert listener.consumer._reader()._coordinator.generation == before  # type: ignore[union-attr]
    assert listener.heard.count("patient") == 1
    assert not await parked_for_a_bug(db)


async def test_health_follows_the_assignment_and_not_a_ping(servers: Servers, db: Database) -> None:
    listener = Listener(servers, db)
    assert not listener.consumer.health()["ok"]
    async with listener.listening():
        assert listener.consumer.health()["assigned"]


async def test_a_missing_topic_is_not_created_behind_our_backs(servers: Servers, db: Database) -> None:
    async with Topics({"bootstrap_servers": servers.kafka}) as topics:
        await topics.delete([OrderUpdated.topic])
    subscriptions = Subscriptions()
    subscriptions.on(OrderUpdated)(Listener(servers, db)._on_lead_submitted)
    consumer = Consumer(db, settings_of(servers), subscriptions, role="consumer")
    async with until_stopped(consumer):
        await eventually(lambda: consumer._reader() is not None)
        admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
        await admin.start()
        assert OrderUpdated.topic not in await admin.list_topics()
        await admin.close()
    async with Topics({"bootstrap_servers": servers.kafka}) as topics:
        await topics.make(wanted_topics())


async def contacted(servers: Servers, *leads: str) -> list[LeadContacted]:
    return [event for event in await events_on(servers, LeadContacted.topic) if isinstance(event, LeadContacted) and event.lead_id in leads]


async def say(db: Database, lead: str, versions: range) -> None:
    async def speak(tx: Transaction) -> None:
        for version in versions:
            tx.emit(LeadContacted(lead_id=lead, version=version, contacted_at=tx.now))

    await db.transact(speak)


async def test_every_event_of_a_key_lands_in_the_partition_that_kafka_itself_would_choose(servers: Servers, db: Database) -> None:
    leads = [f"{db.name}-{number}" for number in range(20)]
    for lead in leads:
        await say(db, lead, range(3))
    async with until_stopped(Relay(db, settings_of(servers))):
        await eventually(lambda: contacted_count(servers, leads, 60))
    for record in await records_on(servers, LeadContacted.topic):
        if record.key and record.key.decode() in leads:
            assert record.partition == DefaultPartitioner()(record.key, list(range(LeadContacted.partitions)), [])


async def contacted_count(servers: Servers, leads: list[str], wanted: int) -> bool:
    return len(await contacted(servers, *leads)) == wanted


async def test_the_relay_replaces_a_producer_that_is_broken_for_good(servers: Servers, db: Database) -> None:
    """A gap in the sequence numbers makes the broker refuse everything that this producer ever sends again."""
    relay = Relay(db, settings_of(servers))
    async with until_stopped(relay):
        await say(db, f"{db.name}-a", range(5))
        await eventually(lambda: contacted_count(servers, [f"{db.name}-a"], 5))
        broken = relay._producer
        for partition in broken._txn_manager._sequence_numbers:  # type: ignore[union-attr]
            broken._txn_manager._sequence_numbers[partition] += 10  # type: ignore[union-attr]
        await say(db, f"{db.name}-a", range(5, 10))
        await eventually(lambda: contacted_count(servers, [f"{db.name}-a"], 10))
        assert relay._producer is not broken
    assert [event.version for event in await contacted(servers, f"{db.name}-a")] == list(range(10))


async def test_an_outbox_row_that_commits_late_under_an_early_stamp_is_relayed_too(servers: Servers, db: Database) -> None:
    early, late = f"{db.name}-early", f"{db.name}-late"
    async with until_stopped(Relay(db, settings_of(servers))):

        async def commit_after_the_other_was_relayed(tx: Transaction) -> None:
            tx.emit(LeadContacted(lead_id=early, version=1, contacted_at=tx.now))
            await db.write(tx._session, await tx.flush())
            tx.emitted.clear()
            await say(db, late, range(1))
            await eventually(lambda: contacted_count(servers, [late], 1))

        await db.transact(commit_after_the_other_was_relayed)
        await eventually(lambda: contacted_count(servers, [early], 1))


async def test_the_outbox_is_stamped_by_the_server(servers: Servers, db: Database) -> None:
    for number in range(3):
        await say(db, f"{db.name}-{number}", range(1))
    rows = await db.collection("outbox").find().sort("_id", 1).to_list(None)
    stamps = [row["stamp"] for row in rows]
    assert stamps == sorted(set(stamps))
    assert Timestamp(0, 0) not in stamps


async def test_a_relay_whose_change_stream_is_lost_still_publishes_by_its_poll(servers: Servers, db: Database) -> None:
    class Deaf(Relay):
        async def _listen(self) -> None:
            return

    other_process = await connect(servers.mongo_uri, db.name)
    async with until_stopped(Deaf(db, settings_of(servers))):
        await say(other_process, f"{db.name}-deaf", range(2))
        await eventually(lambda: contacted_count(servers, [f"{db.name}-deaf"], 2))
    other_process.close()


async def test_two_transactions_that_make_the_same_new_row_both_have_their_effect(db: Database) -> None:
    async def count_up(tx: Transaction) -> None:
        await tx.collection("rows").update_one({"_id": "same"}, {"$inc": {"count": 1}}, upsert=True)

    await asyncio.gather(*(db.transact(count_up) for _ in range(10)))
    assert (await db.collection("rows").find_one({"_id": "same"}))["count"] == 10
