"""What is read of Kafka: in batches, acknowledged by hand, robust to any header. An idle consumer asks seldom, and hears at once."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from types import MethodType
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.kafka import Records, user_and_password
from shared.legible import read_any_header_name
from shared.settings import Settings

DRAIN_SECONDS = 10.0
WAIT_MS = 1000
# A fetch leaves out the partitions that still have records here, so while there are some it must not wait long.
FETCH_MS, IDLE_FETCH_MS = 500, 1500
SINCE_MS = 20


def new_broker(
    settings: Settings,
    *,
    topics: Sequence[str],
    group: str,
    consume: Callable[[Records], Awaitable[None]],
    listener: ConsumerRebalanceListener | None = None,
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
        listener=listener,
        batch=True,
        max_records=settings.batch_size,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_MS,
        consumer_timeout_ms=WAIT_MS,
        max_partition_fetch_bytes=512 * 1024,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
        rebalance_timeout_ms=20_000,
        max_poll_interval_ms=int(settings.kafka_max_poll_seconds * 1000),
    )
    subscriber(consume)
    subscriber.get_msg = MethodType(_next_records, subscriber)  # type: ignore[method-assign]
    return broker, lambda: subscriber.consumer


async def _next_records(subscriber: Any, consumer: AIOKafkaConsumer) -> tuple[Any, ...]:
    """Returns as soon as there are some. FastStream's own way looks forty times a second, and sleeps in between."""
    most: int = subscriber.max_records
    records = await _taken(consumer, most, timeout_ms=0)
    if records and len(records) < most:
        # These came while the last batch was settled, and nothing was fetched behind them: what has come since goes along.
        with suppress(KafkaError):  # it comes again with the next look, which has nothing to lose
            records += await _taken(consumer, most - len(records), timeout_ms=SINCE_MS)
    elif not records:
        records = await _taken(consumer, most, timeout_ms=WAIT_MS)
    consumer._fetcher._fetch_max_wait_ms = FETCH_MS if records else IDLE_FETCH_MS
    return tuple(records)


async def _taken(consumer: AIOKafkaConsumer, most: int, *, timeout_ms: int) -> list[Any]:
    found = await consumer.getmany(timeout_ms=timeout_ms, max_records=most)
    return list(chain.from_iterable(found.values()))


async def _keep_records(records: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """Spares FastStream the headers: one that is null or not UTF-8 would cost the whole batch. We read them ourselves."""
    message = await original((replace(records[0], headers=()),))
    message.raw_message = records
    return message


async def _as_they_are(message: Any) -> Any:
    return message.raw_message


def _faststream_security(settings: Settings) -> dict[str, Any]:
    if settings.kafka_security_protocol == "PLAINTEXT":
        return {}
    context = create_ssl_context() if settings.kafka_security_protocol.endswith("SSL") else None
    if not settings.kafka_security_protocol.startswith("SASL"):
        return {"security": BaseSecurity(ssl_context=context, use_ssl=True)}
    user, password = user_and_password(settings)
    return {"security": _SASL[settings.kafka_sasl_mechanism](user, password, ssl_context=context, use_ssl=context is not None)}


_SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
