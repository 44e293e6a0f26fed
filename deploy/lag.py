"""How far each consumer group is behind, as Kafka itself tells it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError

from deploy.away import kafka_away


@dataclass(frozen=True, slots=True)
class Lag:
    """`behind` events of one topic have not been handled yet by one group."""

    group: str
    topic: str
    behind: int


async def consumer_lag(connection: Mapping[str, Any]) -> list[Lag]:
    """One row per group and topic. Raises Unreachable."""
    admin, consumer = AIOKafkaAdminClient(**connection), AIOKafkaConsumer(**connection)
    try:
        await asyncio.gather(admin.start(), consumer.start())
        groups = sorted(name for name, *_ in await admin.list_consumer_groups())
        committed = {group: await admin.list_consumer_group_offsets(group) for group in groups}
        ends = await consumer.end_offsets({partition for offsets in committed.values() for partition in offsets})
    except (KafkaConnectionError, OSError) as error:
        raise kafka_away(connection) from error
    finally:
        await asyncio.gather(admin.close(), consumer.stop())
    return [lag for group, offsets in committed.items() for lag in _of_group(group, offsets, ends)]


def _of_group(group: str, offsets: Mapping[TopicPartition, Any], ends: Mapping[TopicPartition, int]) -> Iterable[Lag]:
    behind: dict[str, int] = defaultdict(int)
    for partition, at in offsets.items():
        behind[partition.topic] += max(0, ends[partition] - max(at.offset, 0))
    return [Lag(group, topic, count) for topic, count in sorted(behind.items())]
