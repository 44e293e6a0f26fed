"""Every topic as it should be, and what it takes to make a Kafka agree."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, for_code

from deploy import SERVICES
from deploy.away import kafka_away
from shared.events.base import DAY_MS, event_types

MESSAGE_BYTES = 2 * 1024 * 1024
# A dead letter is the refused message with its provenance around it.
DEAD_LETTER_BYTES = 2 * MESSAGE_BYTES
SETTLING_SECONDS = 30
ALREADY_EXISTS, UNKNOWN_TOPIC = 36, 3


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the catalogue with what a broker has to know about it."""

    name: str
    partitions: int
    retention_ms: int
    max_message_bytes: int = MESSAGE_BYTES
    cleanup: str = "delete"

    def settings(self) -> dict[str, str]:
        wanted = {"retention.ms": self.retention_ms, "cleanup.policy": self.cleanup, "max.message.bytes": self.max_message_bytes}
        return {name: str(value) for name, value in wanted.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a broker and the catalogue disagree: `wanted` of `what` (existence, partitions, a setting), against what was `found`."""

    topic: str
    what: str
    wanted: str
    found: str

    @property
    def curable(self) -> bool:
        """Partitions can be added, never taken away: keys would move and lose their order."""
        return self.what != "partitions" or int(self.wanted) > int(self.found)


def wanted_topics() -> list[Topic]:
    """What happened, by the catalogue of events, and one topic of dead letters per service."""
    events = [Topic(event.topic, event.partitions, event.retention_ms) for event in event_types()]
    dead = [Topic(f"{service}.dead", 1, 90 * DAY_MS, DEAD_LETTER_BYTES) for service in SERVICES]
    return events + dead


class Topics:
    """The topics of one Kafka: `async with Topics(connection) as topics`; `connection` is what aiokafka takes."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        self._admin = AIOKafkaAdminClient(**connection)
        self._connection = connection

    async def __aenter__(self) -> "Topics":
        try:
            await self._admin.start()
        except (KafkaConnectionError, OSError) as error:
            await self._admin.close()
            raise kafka_away(self._connection) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._admin.close()

    async def partitions(self) -> dict[str, int]:
        """How many each topic has that this Kafka knows."""
        return {topic["topic"]: len(topic["partitions"]) for topic in await self._admin.describe_topics()}

    async def differences(self, wanted: Iterable[Topic]) -> list[Difference]:
        """What there is to do before this Kafka is as it should be; empty when it is."""
        topics = list(wanted)
        partitions = await self.partitions()
        existing = [topic for topic in topics if topic.name in partitions]
        missing = [Difference(topic.name, "existence", "there", "missing") for topic in topics if topic.name not in partitions]
        settings = await self._settings(existing)
        return missing + [
            difference for topic in existing for difference in _compare(topic, partitions[topic.name], settings.get(topic.name, {}))
        ]

    async def make(self, wanted: Iterable[Topic], *, replication: int = 1) -> list[Difference]:
        """Create what is missing, mend what can be mended; answers what differed."""
        topics = {topic.name: topic for topic in wanted}
        found = await self.differences(topics.values())
        await self._create([topics[each.topic] for each in found if each.what == "existence"], replication)
        await self._widen([topics[each.topic] for each in found if each.what == "partitions" and each.curable])
        await self._set({each.topic: topics[each.topic] for each in found if each.what not in ("existence", "partitions")})
        if any(each.curable for each in found):
            await self._wait_until(lambda: self._agrees(topics.values()))
        return found

    async def delete(self, names: Iterable[str]) -> None:
        """Delete them and return when no broker knows them any more, so that they can be made anew at once."""
        gone = set(names)
        answer = await self._admin.delete_topics(list(gone))
        _raise_unless((code for _, code, *_ in answer.topic_error_codes), UNKNOWN_TOPIC)
        await self._wait_until(lambda: self._lacks(gone))

    async def _create(self, topics: list[Topic], replication: int) -> None:
        if topics:
            new = [NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings()) for topic in topics]
            answer = await self._admin.create_topics(new)
            _raise_unless((code for _, code, *_ in answer.topic_errors), ALREADY_EXISTS)

    async def _widen(self, topics: list[Topic]) -> None:
        if topics:
            await self._admin.create_partitions({topic.name: NewPartitions(topic.partitions) for topic in topics})

    async def _set(self, topics: Mapping[str, Topic]) -> None:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, configs=topic.settings()) for name, topic in topics.items()]
        if resources:
            await self._admin.alter_configs(resources)

    async def _agrees(self, topics: Collection[Topic]) -> bool:
        return not any(each.curable for each in await self.differences(topics))

    async def _lacks(self, names: Set[str]) -> bool:
        return names.isdisjoint(await self.partitions())

    async def _wait_until(self, settled: Callable[[], Awaitable[bool]]) -> None:
        """A broker learns of changes from the controller a moment after the controller has answered."""
        async with asyncio.timeout(SETTLING_SECONDS):
            while not await settled():
                await asyncio.sleep(0.02)

    async def _settings(self, topics: list[Topic]) -> dict[str, dict[str, str]]:
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=topic.settings()) for topic in topics]
        if not resources:
            return {}
        answers = await self._admin.describe_configs(resources)
        return {name: {entry[0]: entry[1] for entry in entries} for answer in answers for _, _, _, name, entries in answer.resources}


async def make_topics(connection: Mapping[str, Any], *, replication: int = 1) -> list[Difference]:
    """The whole catalogue, made or mended."""
    async with Topics(connection) as topics:
        return await topics.make(wanted_topics(), replication=replication)


def _compare(topic: Topic, partitions: int, settings: Mapping[str, str]) -> list[Difference]:
    found = [] if partitions == topic.partitions else [Difference(topic.name, "partitions", str(topic.partitions), str(partitions))]
    wanted = topic.settings()
    return found + [
        Difference(topic.name, name, wanted[name], settings.get(name, "")) for name in wanted if settings.get(name) != wanted[name]
    ]


def _raise_unless(codes: Iterable[int], forgiven: int) -> None:
    for code in codes:
        if code not in (0, forgiven):
            error: Callable[[], KafkaError] = for_code(code)
            raise error()
