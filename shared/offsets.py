"""How far a group has come: what is settled is committed, at once or as soon as Kafka takes it."""

import asyncio
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from shared.failpoints import failpoint
from shared.kafka import Records, next_offsets
from shared.telemetry import get_logger

log = get_logger(__name__)
COMMIT_SECONDS = 5


class Offsets(ConsumerRebalanceListener):  # type: ignore[misc]
    """What is settled and not yet committed of one member's partitions.

    A rebalance forgets it: whoever has a partition then reads it again from what is committed, perhaps further than was read here, and
    the inbox swallows the repeat. `rebalances` tells what was read before from what was read after.
    """

    def __init__(self, group: str, reader: Callable[[], AIOKafkaConsumer | None]) -> None:
        self.rebalances = 0
        self._group, self._reader = group, reader
        self._owed: dict[TopicPartition, int] = {}
        self._committing: asyncio.Task[None] | None = None

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.rebalances += 1
        self._owed.clear()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Nothing is owed of what is new."""

    async def settled(self, records: Records, rebalances: int) -> None:
        """Commits these, read after so many `rebalances`, while the next batch is settled; returns when those before are committed."""
        await self.committed()
        if rebalances == self.rebalances:
            self._owed |= next_offsets(records)
        self.commit_owed()

    async def committed(self) -> None:
        while self._committing is not None and not self._committing.done():
            await self._committing

    def commit_owed(self) -> None:
        """One that did not succeed, in an outage, is made up for: nothing more may come, and the lag would stay."""
        if self._owed and (self._committing is None or self._committing.done()):
            self._committing = asyncio.create_task(self._commit(dict(self._owed)))

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        failpoint("consumer.before_offset_commit")
        reader = self._reader()
        try:
            if reader is not None:
                async with asyncio.timeout(COMMIT_SECONDS):
                    await reader.commit(offsets)
                self._owed = {place: offset for place, offset in self._owed.items() if offsets.get(place) != offset}
        except (KafkaError, TimeoutError) as late:
            log.info("offsets were not committed; it is tried again", error=repr(late), group=self._group)
        failpoint("consumer.after_offset_commit")
