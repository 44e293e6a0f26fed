"""Nothing left to do: all that was published is read, all that was committed is published, nothing is overdue."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from tests.servers import Servers
from tests.soak.cast import groups_of
from tests.soak.places import all_places

Client = AsyncMongoClient[dict[str, Any]]
Ends = dict[TopicPartition, int]


class Quiet:
    """How much each service still has to do. `mailing` waits for mails, too, that a killed process had claimed."""

    def __init__(self, mongo: Client, services: Sequence[str], *, mailing: bool) -> None:
        self._mongo, self._services, self._mailing = mongo, services, mailing

    @asynccontextmanager
    async def looking_at(self, servers: Servers) -> AsyncIterator["Quiet"]:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
        await self._admin.start()
        async with AIOKafkaConsumer(bootstrap_servers=servers.kafka) as self._reader:
            self._places = await all_places(self._admin)
            self._reader.assign(self._places)
            yield self
        await self._admin.close()

    async def left(self) -> dict[str, int]:
        """What there is to do, by what it is; empty when there is nothing."""
        counts: dict[str, int] = {}
        for service in self._services:
            counts |= await self._rows(service)
        ends = await self._reader.end_offsets(self._places)
        for service in self._services:
            counts |= {f"{group}: unread": await self._unread(group, topics, ends) for group, topics in groups_of(service).items()}
        return {what: count for what, count in counts.items() if count}

    async def _rows(self, service: str) -> dict[str, int]:
        overdue = {"due": {"$lte": datetime.now(UTC)}}
        wanted = {"outbox": {}, "timers": overdue, "deliveries": {"due": {"$ne": None}} if self._mailing else overdue}
        return {f"{service}: {name}": await self._mongo[service][name].count_documents(found) for name, found in wanted.items()}

    async def _unread(self, group: str, topics: Sequence[str], ends: Ends) -> int:
        committed = await self._admin.list_consumer_group_offsets(group)
        places = [place for place in ends if place.topic in topics]
        return sum(ends[place] - max(0, committed[place].offset if place in committed else 0) for place in places)
