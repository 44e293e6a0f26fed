"""A foreign client of Kafka for live tests: publishes anything, reads everything."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from deploy.topics import Topic, Topics, wanted_topics
from shared.cloudevents import decode, encode
from shared.database import new_id, utcnow
from shared.events import Envelope, Event
from shared.settings import Settings
from tests.servers import Servers

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


def settings_of(servers: Servers, **others: Any) -> Settings:
    return Settings(service="tests", mongo="unused", kafka=servers.kafka, jwks="unused", issuer="unused", **others)


async def begin_anew(servers: Servers, *others: Topic) -> None:
    """Every topic of the catalogue, and these, empty: those with something in them are made anew, which takes longer the more there are."""
    wanted = [*wanted_topics(), *others]
    async with Topics({"bootstrap_servers": servers.kafka}) as topics:
        there = await topics.partitions()
        await topics.delete(await _with_records(servers, {topic.name: there.get(topic.name, 0) for topic in wanted}))
        await topics.make(wanted)


async def _with_records(servers: Servers, partitions: Mapping[str, int]) -> set[str]:
    places = [TopicPartition(topic, number) for topic, count in partitions.items() for number in range(count)]
    if not places:
        return set()
    async with AIOKafkaConsumer(bootstrap_servers=servers.kafka) as consumer:
        consumer.assign(places)
        return {place.topic for place, end in (await consumer.end_offsets(places)).items() if end}


@asynccontextmanager
async def producer_to(servers: Servers) -> AsyncIterator[AIOKafkaProducer]:
    async with AIOKafkaProducer(bootstrap_servers=servers.kafka, acks="all", enable_idempotence=True, linger_ms=5) as producer:
        yield producer


async def publish(servers: Servers, events: Sequence[Event]) -> None:
    """As CloudEvents in the binary form, each with an id of its own."""
    async with producer_to(servers) as producer:
        for event in events:
            event_id = new_id()
            encoded = encode(event.in_envelope(Envelope(id=event_id, source="/tests", time=utcnow(), correlation_id=event_id)))
            await producer.send(encoded.topic, encoded.value, encoded.key, headers=encoded.headers)
        await producer.flush()


async def records_on(servers: Servers, *topics: str) -> list[Record]:
    """All that is there now, partition by partition."""
    records: list[Record] = []
    async with AIOKafkaConsumer(*topics, bootstrap_servers=servers.kafka, auto_offset_reset="earliest") as consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records += batch
    return records


async def events_on(servers: Servers, *topics: str) -> list[Event]:
    read = [
        decode(topic=r.topic, partition=r.partition, offset=r.offset, key=r.key, value=r.value, headers=r.headers, timestamp_ms=r.timestamp)
        for r in await records_on(servers, *topics)
    ]
    return [event for event in read if event is not None]
