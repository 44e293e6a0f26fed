"""The road without Kafka: services on a real MongoDB, their events carried by hand, as fast as unit tests must be."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import httpx
from cryptography.fernet import Fernet
from pydantic import SecretStr

from shared.app import Service
from shared.cloudevents import Encoded, decode, encode
from shared.database import Database, new_id, utcnow
from shared.delivery import Delivery
from shared.events import Envelope, Event
from shared.hearing import Hearing
from shared.packing import unpacked
from shared.settings import Settings
from shared.timers import Timer, fire
from shared.web import WebContext
from tests.tokens import JWKS_PATH, signed_token

SECRET_KEY = Fernet.generate_key().decode()


async def hear(service: Service, db: Database, *events: Event, alone: bool = False) -> None:
    """Delivers events as Kafka would: encoded, decoded, through inbox, handler and commit; `alone` to the one reader of a topic."""
    await hear_raw(service, db, *(_delivered(event, offset) for offset, event in enumerate(events)), alone=alone)


async def hear_raw(service: Service, db: Database, *deliveries: Delivery, alone: bool = False) -> None:
    hearing = Hearing(db, service.hears, pause=_no_pause, reads_all=lambda: alone)
    await hearing.settle([delivery.decoded() for delivery in deliveries])


def raw(
    topic: str, value: bytes | None, *, headers: Sequence[tuple[str, bytes | None]] = (), key: bytes | None = None, offset: int = 0
) -> Delivery:
    """A record as a foreign system may have published it."""
    return Delivery(topic, 0, offset, key, value, list(headers), timestamp_ms=int(utcnow().timestamp() * 1000))


async def said(db: Database) -> list[Event]:
    """Takes everything out of the outbox, in order, dead letters left out."""
    rows = await db.collection("outbox").find().sort("stamp", 1).to_list(None)
    await db.collection("outbox").delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
    return [event for row in rows for encoded in unpacked(row) if (event := _read(encoded)) is not None]


async def pass_time(service: Service, db: Database, until: datetime) -> int:
    """Fires the timers that are due by `until`; returns how many."""
    fired = 0
    for name, handler in service.timers.handlers.items():
        rows = await db.collection("timers").find({"name": name, "due": {"$lte": until}}).sort("due", 1).to_list(None)
        timers = [Timer(row["name"], row["key"], row["payload"], row["due"]) for row in rows]
        if timers:
            fired += await db.transact(lambda tx, h=handler, t=timers: fire(tx, h, t, as_of=until), by=f"timer:{name}")  # type: ignore[misc]
    return fired


async def carry(services: dict[str, tuple[Service, Database]]) -> list[Event]:
    """Carries what the services say to those who hear it, until nobody says anything more; returns all that was said."""
    everything: list[Event] = []
    while events := [event for _, db in services.values() for event in await said(db)]:
        everything += events
        for service, db in services.values():
            heard = [event for event in events if event.topic in service.hears.topics()]
            if heard:
                await hear(service, db, *heard)
    return everything


def api_client(
    service: Service,
    db: Database,
    *,
    roles: Collection[str] = ("admin",),
    subject: str = "ana",
    teams: tuple[str, ...] = (),
    signed_in: bool = True,
    bugs_raised: bool = True,
    **settings_besides: Any,
) -> httpx.AsyncClient:
    """A client at the service's own doors, with a valid token. Bugs are raised, unless the answer to them is wanted."""
    settings = settings_of(service.name, **settings_besides)
    context = WebContext(db=db, settings=settings, health=lambda: (True, {"status": "ready"}))
    headers = {"authorization": f"Bearer {signed_token(subject=subject, roles=roles, teams=teams)}"} if signed_in else {}
    transport = httpx.ASGITransport(service.api(context), raise_app_exceptions=bugs_raised)
    return httpx.AsyncClient(transport=transport, base_url="http://dealwire.test", headers=headers)


def settings_of(service: str, **besides: Any) -> Settings:
    servers = {"mongo": SecretStr("mongodb://unused"), "kafka": "unused:9092", "jwks": str(JWKS_PATH)}
    return Settings(service=service, **servers, secret_key=SecretStr(SECRET_KEY), **besides)


def _delivered(event: Event, offset: int) -> Delivery:
    if "envelope" not in vars(event):
        event_id = new_id()
        event.in_envelope(Envelope(id=event_id, source="/tests", time=utcnow(), correlation_id=event_id))
    encoded = encode(event)
    return Delivery(
        encoded.topic, 0, offset, encoded.key, encoded.value, list(encoded.headers), timestamp_ms=int(utcnow().timestamp() * 1000)
    )


def _read(encoded: Encoded) -> Event | None:
    topic, key, value, headers = encoded
    if topic.endswith(".dead"):
        return None
    return decode(topic=topic, partition=0, offset=0, key=key, value=value, headers=headers, timestamp_ms=0)


async def _no_pause(_: float) -> None:
    return None
