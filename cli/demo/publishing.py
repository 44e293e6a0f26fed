"""What outside systems publish in a month: straight to Kafka, as CloudEvents."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from cli.publication import send_all
from cli.servers import kafka_connection
from shared.cloudevents import Encoded, encode
from shared.database import new_id, utcnow
from shared.events import Envelope, Event
from shared.settings import Settings

SOURCE = "/demo"


def publish(events: Iterable[Event], *, at: datetime | None = None) -> None:
    """`at` is when they happened, if that was not just now. Raises Unreachable."""
    send([encode(event.in_envelope(_envelope(at or utcnow()))) for event in events])


def send(encoded: Iterable[Encoded]) -> None:
    settings = Settings(service="cli", kafka=kafka_connection()["bootstrap_servers"], mongo="", jwks="", issuer="")
    asyncio.run(send_all(settings, encoded, lambda _: None))


def _envelope(at: datetime) -> Envelope:
    event_id = new_id()
    return Envelope(id=event_id, source=SOURCE, time=at, correlation_id=event_id)
