"""How we talk to Kafka: durable, idempotent, batched out; in batches, acknowledged by hand, robust to any header in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.helpers import create_ssl_context
from aiokafka.partitioner import murmur2
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.legible import read_any_header_name
from shared.settings import Misconfigured, Settings

Records = Sequence["ConsumerRecord[bytes, bytes]"]
MAX_REQUEST_BYTES = 3_000_000
DRAIN_SECONDS = 10.0
POLL_MS = 25


def connection(settings: Settings) -> dict[str, Any]:
    """Where Kafka is and how to sign in there, as aiokafka takes it."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka, "security_protocol": settings.kafka_security_protocol}
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = create_ssl_context()
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"], options["sasl_plain_password"] = _user_and_password(settings)
    return options


@lru_cache(maxsize=65_536)
def hash_of(key: bytes) -> int:
    """Modulo the number of partitions, this is Kafka's own choice for a key. Remembered: the events of one record share theirs."""
    return int(murmur2(key)) & 0x7FFFFFFF


def new_producer(settings: Settings) -> AIOKafkaProducer:
    """Every acknowledged record is on disk once, and in order; never await its sends one by one."""
    return AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=256 * 1024,
        max_request_size=MAX_REQUEST_BYTES,
        compression_type="lz4",
    )


def new_broker(
    settings: Settings, *, topics: Sequence[str], group: str, consume: Callable[[Records], Awaitable[None]]
) -> tuple[KafkaBroker, Callable[[], AIOKafkaConsumer | None]]:
    """A FastStream broker with one batch subscriber that hands over raw records, and a way to its consumer."""
    read_any_header_name()
    broker = KafkaBroker(
        settings.kafka,
        parser=_keep_records,
        decoder=_as_they_are,
        apply_types=False,
        graceful_timeout=DRAIN_SECONDS,
        allow_auto_create_topics=False,
        logger=None,
        **_faststream_security(settings),
    )
    subscriber = broker.subscriber(
        *topics,
        group_id=group,
        batch=True,
        max_records=settings.batch_size,
        batch_timeout_ms=POLL_MS,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=500,
        max_partition_fetch_bytes=2 * 1024 * 1024,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
        rebalance_timeout_ms=20_000,
        max_poll_interval_ms=int(settings.kafka_max_poll_seconds * 1000),
    )
    subscriber(consume)
    return broker, lambda: subscriber.consumer


async def _keep_records(records: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """Spares FastStream the headers: one that is null or not UTF-8 would cost the whole batch. We read them ourselves."""
    message = await original((replace(records[0], headers=()),))
    message.raw_message = records
    return message


async def _as_they_are(message: Any) -> Any:
    return message.raw_message


def next_offsets(records: Records) -> dict[TopicPartition, int]:
    """What to commit when all of these are settled."""
    return {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}


def first_offsets(records: Records) -> dict[TopicPartition, int]:
    """Where to read on when none of these are settled."""
    return {TopicPartition(record.topic, record.partition): record.offset for record in reversed(records)}


async def poll_without_reading(consumer: AIOKafkaConsumer) -> None:
    """Keeps the group membership alive during a wait: polls with all partitions paused, and puts back what slips through."""
    consumer.pause(*consumer.assignment())
    for partition, records in (await consumer.getmany(timeout_ms=0)).items():
        consumer.seek(partition, records[0].offset)
        consumer.pause(partition)
    await asyncio.sleep(0)


def _user_and_password(settings: Settings) -> tuple[str, str]:
    if not settings.kafka_username or not settings.kafka_password:
        raise Misconfigured(
            f"DEALWIRE_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}, "
            "so DEALWIRE_KAFKA_USERNAME and DEALWIRE_KAFKA_PASSWORD have to be set."
        )
    return settings.kafka_username, settings.kafka_password.get_secret_value()


def _faststream_security(settings: Settings) -> dict[str, Any]:
    if settings.kafka_security_protocol == "PLAINTEXT":
        return {}
    context = create_ssl_context() if settings.kafka_security_protocol.endswith("SSL") else None
    if not settings.kafka_security_protocol.startswith("SASL"):
        return {"security": BaseSecurity(ssl_context=context, use_ssl=True)}
    user, password = _user_and_password(settings)
    return {"security": _SASL[settings.kafka_sasl_mechanism](user, password, ssl_context=context, use_ssl=context is not None)}


_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
