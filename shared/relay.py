"""Publishes what was committed to the outbox: in order per key, at least once, and then removes exactly what it sent."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder
from pymongo.errors import PyMongoError

from shared.cloudevents import Encoded
from shared.database import Database, translated
from shared.errors import Unreachable
from shared.failpoints import failpoint
from shared.indexing import Index
from shared.kafka import new_producer
from shared.leases import Leases
from shared.metrics import EVENTS_PUBLISHED, OUTBOX_BACKLOG, OUTBOX_OLDEST_SECONDS, RELAY_REBUILDS
from shared.packing import unpacked
from shared.partitioner import hash_of
from shared.settings import Settings
from shared.telemetry import get_logger

log = get_logger(__name__)
INDEXES = (Index("outbox", [("share", 1), ("stamp", 1)]), Index("leases", [("until", 1)], expire_after_seconds=3600))
ROWS_AT_ONCE = 16
POLL_SECONDS = 2.0
MEASURE_SECONDS = 2.0
LAST_ROUND_SECONDS = 5.0
CLOSE_SECONDS = 2.0
Row = dict[str, Any]


class Relay:
    """Works on the shares of the outbox that it holds a lease for. A change stream wakes it; the poll is the truth."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings
        self._rows = database.collection("outbox")
        self._woken = database.committed_events
        self._leases = Leases(database, "relay", database.outbox_shares, woken=self._woken)
        self._producer: AIOKafkaProducer | None = None
        self._stopping = asyncio.Event()
        self._last_round = time.monotonic()
        self._is_empty = False
        self.backlog, self.oldest_seconds = 0, 0.0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            chores = [tasks.create_task(chore()) for chore in (self._leases.keep, self._listen, self._measure)]
            publishing = tasks.create_task(self._publish_until_stopped())
            await self._stopping.wait()
            await asyncio.wait({publishing}, timeout=LAST_ROUND_SECONDS)
            for task in (publishing, *chores):
                task.cancel()
        await self._drop_producer()

    async def stop(self) -> None:
        """Finishes the rows at hand, unless a server is away: the outbox keeps them."""
        self._stopping.set()
        self._woken.set()

    async def _publish_until_stopped(self) -> None:
        while not self._stopping.is_set():
            if not await self._round():
                await self._sleep()

    async def _round(self) -> int:
        """One bite of the backlog; returns its size. An outage is waited out here: the rows stay."""
        self._last_round = time.monotonic()
        self._woken.clear()
        try:
            rows = await self._oldest_rows()
            if rows:
                await self._publish(rows)
        except (KafkaError, OSError, PyMongoError) as error:
            await self._recover(error)
            return 0
        return len(rows)

    async def _oldest_rows(self) -> list[Row]:
        held = sorted(self._leases.held())
        found = self._rows.find({"share": {"$in": held}}).sort("stamp", 1).limit(ROWS_AT_ONCE)
        rows: list[Row] = await found.to_list(None) if held else []
        self._is_empty = not rows and len(held) == self._leases.shares
        return rows

    async def _publish(self, rows: list[Row]) -> None:
        producer = await self._started_producer()
        failpoint("relay.before_send")
        events = [event for row in rows for event in unpacked(row)]
        await self._send_all(producer, events)
        failpoint("relay.after_send")
        await self._rows.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        failpoint("relay.after_delete")
        EVENTS_PUBLISHED.inc(len(events))

    async def _send_all(self, producer: AIOKafkaProducer, events: list[Encoded]) -> None:
        """Batch by batch instead of one by one, which would take twice as long: what has one key has one partition, and its order there."""
        partitions = {topic: len(await producer.partitions_for(topic)) for topic in {event.topic for event in events}}
        places: defaultdict[tuple[str, int], list[Encoded]] = defaultdict(list)
        for event in events:
            places[event.topic, hash_of(event.key) % partitions[event.topic]].append(event)
        await asyncio.gather(*(_send_in_order(producer, place, theirs) for place, theirs in places.items()))

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = new_producer(self._settings)
            try:
                await producer.start()
            except (KafkaError, OSError):
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _recover(self, error: Exception) -> None:
        """A producer that failed once can be broken for good (sequence numbers, fencing), so it is made anew."""
        if isinstance(error, PyMongoError) and not isinstance(translated(error), Unreachable):
            raise error
        log.warning("publishing failed; the outbox keeps the events", error=repr(error))
        if not isinstance(error, PyMongoError):
            RELAY_REBUILDS.inc()
            await self._drop_producer()
        await asyncio.sleep(0.5)

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), CLOSE_SECONDS)
            except (KafkaError, OSError, TimeoutError) as error:
                log.info("the old producer did not close", error=repr(error))
                await _silence(producer)

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
        except TimeoutError:
            return

    async def _listen(self) -> None:
        """Wakes the relay when another process commits; our own says so itself. Losing the stream costs latency, never an event."""
        by_others = {"operationType": "insert", "fullDocument.by": {"$ne": self._database.writer}}
        inserts = [{"$match": by_others}, {"$project": {"_id": 1}}]
        while True:
            try:
                async with self._rows.watch(inserts, max_await_time_ms=5000) as stream:
                    async for _ in stream:
                        self._woken.set()
            except PyMongoError as error:
                log.info("listening to the outbox anew", error=repr(error))
                await asyncio.sleep(0.9)

    async def _measure(self) -> None:
        while True:
            try:
                await self._measure_once()
            except PyMongoError as error:
                log.info("the outbox could not be measured", error=repr(error))
            await asyncio.sleep(MEASURE_SECONDS)

    async def _measure_once(self) -> None:
        totals = [{"$group": {"_id": None, "count": {"$sum": "$count"}, "oldest": {"$min": "$at"}}}]
        found = [] if self._is_empty else await self._rows.aggregate(totals).to_list(1)
        self.backlog = found[0]["count"] if found else 0
        self.oldest_seconds = max(0.0, (datetime.now(UTC) - found[0]["oldest"]).total_seconds()) if found else 0.0
        OUTBOX_BACKLOG.set(self.backlog)
        OUTBOX_OLDEST_SECONDS.set(self.oldest_seconds)

    def health(self) -> dict[str, Any]:
        """Well when it goes round, and what waits does not grow old."""
        turning = time.monotonic() - self._last_round < 30
        ok = turning and self.oldest_seconds < self._settings.outbox_max_age_seconds
        return {
            "ok": ok,
            "turning": turning,
            "shares": sorted(self._leases.held()),
            "backlog": self.backlog,
            "oldest_seconds": self.oldest_seconds,
        }


async def _silence(producer: AIOKafkaProducer) -> None:
    """Left to itself it would go on for ever to send what the new one sends, too."""
    if producer._sender.sender_task is not None:
        await producer._sender.close()
    await producer.client.close()


async def _send_in_order(producer: AIOKafkaProducer, place: tuple[str, int], events: list[Encoded]) -> None:
    topic, partition = place
    await asyncio.gather(*[await producer.send_batch(batch, topic, partition=partition) for batch in _batches(producer, events)])


def _batches(producer: AIOKafkaProducer, events: list[Encoded]) -> Iterator[BatchBuilder]:
    batch = producer.create_batch()
    for _, key, value, headers in events:
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)
    yield batch
