"""Nothing left to do: all that was published is read, all that was committed is published, nothing is overdue."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from tests.servers import Servers
from tests.soak.cast import groups_of
from tests.soak.places import all_places

Client = AsyncMongoClient[dict[str, Any]]


class Quiet:
    """How much each service still has to do."""

    def __init__(self, servers: Servers, mongo: Client, services: Sequence[str], *, mailing: bool) -> None:
        self._servers, self._mongo, self._services, self._mailing = servers, mongo, services, mailing

    async def left(self) -> dict[str, int]:
        """What there is to do, by what it is; empty when there is nothing."""
        counts = {f"{service}: {what}": await count(service) for service in self._services for what, count in self._looks().items()}
        counts |= await self._unread()
        return {what: count for what, count in counts.items() if count}

    def _looks(self) -> dict[str, Callable[[str], Awaitable[int]]]:
        overdue = {"due": {"$lte": datetime.now(UTC)}}
        return {
            "outbox": lambda service: self._mongo[service]["outbox"].count_documents({}),
            "timers overdue": lambda service: self._mongo[service]["timers"].count_documents(overdue),
            "deliveries due": lambda service: self._mongo[service]["deliveries"].count_documents(
                {"due": {"$ne": None}} if self._mailing else overdue
            ),
        }

    async def _unread(self) -> dict[str, int]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._servers.kafka)
        await admin.start()
        try:
            async with AIOKafkaConsumer(bootstrap_servers=self._servers.kafka) as reader:
                ends = await reader.end_offsets(await all_places(admin))
                groups = [group for service in self._services for group in groups_of(service).items()]
                return {f"{group}: unread": await _lag(admin, group, topics, ends) for group, topics in groups}
        finally:
            await admin.close()


async def _lag(admin: AIOKafkaAdminClient, group: str, topics: Sequence[str], ends: dict[TopicPartition, int]) -> int:
    committed = await admin.list_consumer_group_offsets(group)
    places = [place for place in ends if place.topic in topics]
    return sum(ends[place] - max(0, committed[place].offset if place in committed else 0) for place in places)
