"""How we talk to Kafka: who we are there, producers that lose nothing, and the offsets of what was read."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.helpers import create_ssl_context

from shared.settings import Misconfigured, Settings

Records = Sequence["ConsumerRecord[bytes, bytes]"]
MAX_REQUEST_BYTES = 3_000_000


def connection(settings: Settings) -> dict[str, Any]:
    """Where Kafka is and how to sign in there, as aiokafka takes it."""
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka, "security_protocol": settings.kafka_security_protocol}
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = create_ssl_context()
    if settings.kafka_security_protocol.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"], options["sasl_plain_password"] = user_and_password(settings)
    return options


def new_producer(settings: Settings) -> AIOKafkaProducer:
    """Every acknowledged record is on disk once, and in order; never await its sends one by one.

    zstd makes events smaller than lz4 does, by a third, in a sixth of the time (aiokafka's lz4 tries as hard as it can).
    """
    return AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=256 * 1024,
        max_request_size=MAX_REQUEST_BYTES,
        compression_type="zstd",
    )


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


def user_and_password(settings: Settings) -> tuple[str, str]:
    if not settings.kafka_username or not settings.kafka_password:
        raise Misconfigured(
            f"DEALWIRE_KAFKA_SECURITY_PROTOCOL is {settings.kafka_security_protocol}, "
            "so DEALWIRE_KAFKA_USERNAME and DEALWIRE_KAFKA_PASSWORD have to be set."
        )
    return settings.kafka_username, settings.kafka_password.get_secret_value()
