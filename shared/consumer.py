"""One role's membership in its consumer group: reads batches, has them settled, then commits their offsets."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import ConsumerStoppedError, KafkaError
from faststream.kafka import KafkaBroker

from shared.broker import DRAIN_SECONDS, new_broker
from shared.database import Database
from shared.delivery import Delivery
from shared.hearing import Hearing
from shared.isolation import ParkingLimit, Stopped
from shared.kafka import Records, first_offsets, poll_without_reading
from shared.metrics import CONSUMER_LAG
from shared.offsets import Offsets
from shared.settings import Settings
from shared.subscriptions import Subscriptions
from shared.telemetry import get_logger

log = get_logger(__name__)
STUCK_SECONDS = 60
OWED_SECONDS = 1
Generation = Callable[[Database], Awaitable[int]]


class Consumer:
    """Runs until stopped. Nothing is committed before its effects are, so a crash repeats and never loses."""

    def __init__(self, database: Database, settings: Settings, subscriptions: Subscriptions, *, role: str, generation: int = 0) -> None:
        self.role, self.group = role, group_of(database.name, role, generation)
        self.topics, self._seconds_apart = subscriptions.topics(role), subscriptions.seconds_apart(role)
        self.blocked: str | None = None
        self._settings, self._stopping = settings, asyncio.Event()
        self._handled = asyncio.Event()
        self._hearing = Hearing(
            database, subscriptions, pause=self._pause, generation=generation, reads_all=self._reads_all, handled=self._handled.set
        )
        self._last_progress = time.monotonic()
        self._at_hand: Records = ()
        self._settling: asyncio.Task[bool] | None = None
        self._broker: KafkaBroker | None = None
        self._reader: Callable[[], AIOKafkaConsumer | None] = lambda: None
        self._offsets = Offsets(self.group, lambda: self._reader())

    async def run(self) -> None:
        """Joins the group, again and again until Kafka lets it, and stays until `stop`."""
        while not self._stopping.is_set():
            try:
                self._broker, self._reader = new_broker(
                    self._settings, topics=self.topics, group=self.group, consume=self._consume, listener=self._offsets
                )
                await self._unless_stopped(self._broker.start())
                await self._stay()
            except (KafkaError, OSError) as away:
                log.warning("waiting for Kafka", error=repr(away), group=self.group)
                await self._sleep(1)
            finally:
                await self._leave()

    async def stop(self) -> None:
        """Finishes the batch at hand, commits it and leaves the group."""
        self._stopping.set()

    async def _unless_stopped(self, joining: Coroutine[Any, Any, None]) -> None:
        """Joining can take as long as Kafka is away; a process that is told to end does not wait for it."""
        task, stopped = asyncio.create_task(joining), asyncio.create_task(self._stopping.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        stopped.cancel()

    async def _stay(self) -> None:
        while not self._stopping.is_set():
            await self._sleep(OWED_SECONDS)
            self._offsets.commit_owed()

    async def _leave(self) -> None:
        if self._settling is not None:
            await asyncio.wait({self._settling}, timeout=DRAIN_SECONDS)
        if self._broker is not None:
            await self._broker.stop()

    async def _consume(self, records: Records) -> None:
        """Behind a full batch there are more: they are fetched and decoded while MongoDB writes what that one changes."""
        began, rebalances, deliveries = time.monotonic(), self._offsets.rebalances, [Delivery.of(record) for record in records]
        if not await self._settled():
            return self._read_again([*self._at_hand, *records])
        if self._stopping.is_set():
            return
        self._at_hand = records
        self._handled.clear()
        self._settling = asyncio.create_task(self._settle(records, deliveries, rebalances))
        if len(records) == self._settings.batch_size and not self._seconds_apart:
            return await self._until_handled(self._settling)
        await self._settled()
        if (early := began + self._seconds_apart - time.monotonic()) > 0:
            await self._sleep(early)

    async def _settled(self) -> bool:
        """Whether what was read before has had its effects; if not, it is read again, and what came after it, too."""
        settling, self._settling = self._settling, None
        return settling is None or await settling

    async def _until_handled(self, settling: "asyncio.Task[bool]") -> None:
        handled = asyncio.create_task(self._handled.wait())
        await asyncio.wait({settling, handled}, return_when=asyncio.FIRST_COMPLETED)
        handled.cancel()

    async def _settle(self, records: Records, deliveries: list[Delivery], rebalances: int) -> bool:
        (failure,) = await asyncio.gather(self._hearing.settle(deliveries), return_exceptions=True)
        if failure is not None:
            await self._leave_unsettled(records, failure)
            return False
        await self._offsets.settled(records, rebalances)
        if self._stopping.is_set():
            await self._offsets.committed()
        self._last_progress = time.monotonic()
        self._resume()
        return True

    async def _leave_unsettled(self, records: Records, failure: BaseException) -> None:
        if isinstance(failure, ParkingLimit):
            return await self._stay_blocked(str(failure))
        self._read_again(records)
        if not isinstance(failure, Stopped):
            log.error("a batch could not be settled; it is read again", error=repr(failure), group=self.group)
            await self._sleep(1)
        self._resume()

    def _reads_all(self) -> bool:
        """Whether no other member of the group has been given a part of the topics."""
        reader = self._reader()
        if reader is None or not (mine := reader.assignment()):
            return False
        return len(mine) == sum(len(reader.partitions_for_topic(topic) or ()) for topic in self.topics)

    async def _pause(self, seconds: float) -> None:
        """Waits without leaving the group; ends the wait when the process is to end."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            await self._sleep(min(left, 1.0))
            if self._stopping.is_set():
                raise Stopped
            reader = self._reader()
            if reader is not None:
                with suppress(KafkaError, ConsumerStoppedError):  # Kafka may be away as well: what is waited for here is not Kafka
                    await poll_without_reading(reader)

    async def _stay_blocked(self, why: str) -> None:
        """Holds still and reports unhealthy until it is restarted: an operator must look."""
        self.blocked = why
        log.error("stopped reading: too much would be parked", why=why, group=self.group)
        while not self._stopping.is_set():
            try:
                await self._pause(5)
            except Stopped:
                return

    def _read_again(self, records: Records) -> None:
        reader = self._reader()
        if reader is not None:
            for partition, offset in first_offsets(records).items():
                if partition in reader.assignment():
                    reader.seek(partition, offset)

    def _resume(self) -> None:
        reader = self._reader()
        if reader is not None and (paused := reader.paused()):
            reader.resume(*paused)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def lag(self) -> dict[str, int]:
        """Records behind the end, by topic, over the partitions assigned here."""
        behind: dict[str, int] = dict.fromkeys(self.topics, 0)
        reader = self._reader()
        for partition in reader.assignment() if reader else ():
            behind[partition.topic] += _behind(reader, partition)
        for topic, count in behind.items():
            CONSUMER_LAG.labels(topic, self.group).set(count)
        return behind

    def health(self) -> dict[str, Any]:
        reader = self._reader()
        lag = self.lag()
        joined = reader is not None and bool(reader.assignment())
        waiting = sum(lag.values()) > 0 and time.monotonic() - self._last_progress > STUCK_SECONDS
        ok = joined and not waiting and self.blocked is None
        return {"ok": ok, "group": self.group, "assigned": joined, "stuck": waiting, "blocked": self.blocked, "lag": lag}


def group_of(service: str, role: str, generation: int = 0) -> str:
    name = service if role == "consumer" else f"{service}.{role}"
    return f"{name}.g{generation}" if generation else name


def _behind(reader: AIOKafkaConsumer, partition: Any) -> int:
    end, committed = reader.highwater(partition), reader._subscription.subscription.assignment.state_value(partition)
    position = committed.position if committed and committed.has_valid_position else None
    return max(0, end - position) if end is not None and position is not None else 0
