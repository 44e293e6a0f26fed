"""What is submitted during a soak, by Kafka and by HTTP, and a ledger of it that nothing else writes."""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
from aiokafka import AIOKafkaProducer

from tests.servers import Servers
from tests.soak.people import Someone, unreadable
from tests.tokens import signed_token

Kind = Literal["new", "again", "refused", "unreadable"]
TOPIC, CASES = "lead.submitted", "case.submitted"
SOURCE = "/soak"
SHARE_AGAIN, SHARE_BAD, SHARE_REDELIVERED, SHARE_BY_HTTP, SHARE_CASES = 0.02, 0.01, 0.02, 0.03, 0.01
TOGETHER = 100
Headers = list[tuple[str, bytes | None]]
Acknowledgement = asyncio.Future[Any]


@dataclass(slots=True)
class Submission:
    """One entry of the ledger. `identity` is that of its event, or the place of what has none; known once it was sent."""

    kind: Kind
    someone: Someone
    value: bytes | None
    identity: str = ""

    @property
    def submission_id(self) -> str:
        """As anyone can work it out: the id that our own door gave, or a UUIDv5 of the event's identity."""
        source, _, event_id = self.identity.partition(" ")
        return event_id if source == "/dealwire/leads" else str(uuid.uuid5(uuid.NAMESPACE_URL, self.identity))


@dataclass
class Ledger:
    """All that was submitted, and how often records were published again."""

    submissions: list[Submission] = field(default_factory=list)
    cases: set[str] = field(default_factory=set)
    redelivered: int = 0

    def of_kind(self, *kinds: Kind) -> list[Submission]:
        return [one for one in self.submissions if one.kind in kinds]


class Traffic:
    """Sends `count` submissions spread over `seconds`; `api` is where POST /leads is at the moment."""

    def __init__(self, servers: Servers, count: int, seconds: float, *, seed: int, api: Callable[[], int]) -> None:
        self.ledger, self.sent, self.count = Ledger(), 0, count
        self._servers, self._seconds, self._rng, self._api = servers, seconds, random.Random(seed), api
        self._again: list[tuple[bytes, bytes, Headers]] = []

    async def send(self) -> None:
        """Returns when Kafka and the door have acknowledged everything, however long they were away."""
        producer = AIOKafkaProducer(bootstrap_servers=self._servers.kafka, acks="all", enable_idempotence=True, linger_ms=5)
        began, slices = time.monotonic(), list(self._slices())
        async with producer, httpx.AsyncClient(timeout=10) as client:
            for number, together in enumerate(slices):
                await asyncio.sleep(max(0, began + self._seconds * number / len(slices) - time.monotonic()))
                await self._send_slice(producer, client, together)

    def _slices(self) -> Iterator[list[Submission]]:
        for first in range(0, self.count, TOGETHER):
            yield [self._drawn(number) for number in range(first, min(first + TOGETHER, self.count))]

    def _drawn(self, number: int) -> Submission:
        chance, someone = self._rng.random(), Someone(number)
        if chance < SHARE_AGAIN and number > TOGETHER:
            known = Someone(self._rng.choice([one.someone.number for one in self.ledger.submissions[-1000:] if one.kind == "new"]))
            drawn = Submission("again", known, _json(known.submits_again(self._rng)))
        elif chance < SHARE_AGAIN + SHARE_BAD / 2:
            drawn = Submission("refused", someone, _json(someone.is_refused()))
        elif chance < SHARE_AGAIN + SHARE_BAD:
            drawn = Submission("unreadable", someone, unreadable(self._rng, number))
        else:
            drawn = Submission("new", someone, _json(someone.submits(self._rng)))
        self.ledger.submissions.append(drawn)
        return drawn

    async def _send_slice(self, producer: AIOKafkaProducer, client: httpx.AsyncClient, together: list[Submission]) -> None:
        by_http = [one for one in together if one.kind in ("new", "again") and self._rng.random() < SHARE_BY_HTTP]
        by_kafka = [one for one in together if one not in by_http]
        acknowledged = [await self._publish(producer, one) for one in by_kafka]
        acknowledged += [await self._publish_case(producer) for one in together if self._rng.random() < SHARE_CASES]
        acknowledged += [await self._publish_again(producer, *record) for record in self._to_publish_again()]
        await asyncio.gather(*acknowledged, *(self._post(client, one) for one in by_http))
        self.sent += len(together)

    async def _publish(self, producer: AIOKafkaProducer, one: Submission) -> Acknowledgement:
        """In any of the three forms that are read; what has no envelope is known by its place."""
        chance, key = self._rng.random(), one.someone.email.encode()
        if one.kind == "unreadable" or one.value is None or chance < 0.1:
            acknowledged = await _sent(producer, TOPIC, key, one.value, [])
            acknowledged.add_done_callback(lambda sent: _note_place(one, sent))
            return acknowledged
        event_id = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        one.identity = f"{SOURCE} {event_id}"
        value, headers = _binary(event_id, one.value) if chance < 0.9 else _structured(event_id, one.value)
        self._again.append((key, value, headers))
        return await _sent(producer, TOPIC, key, value, headers)

    def _to_publish_again(self) -> list[tuple[bytes, bytes, Headers]]:
        """Single records of some time ago, so that they come in another batch than the first time, and now and then many in a row."""
        before = self._again[-6 * TOGETHER : -3 * TOGETHER]
        in_a_row = before[:TOGETHER] if self._rng.random() < SHARE_REDELIVERED else []
        return in_a_row + [record for record in before if self._rng.random() < SHARE_REDELIVERED / 3]

    async def _publish_again(self, producer: AIOKafkaProducer, key: bytes, value: bytes, headers: Headers) -> Acknowledgement:
        self.ledger.redelivered += 1
        return await _sent(producer, TOPIC, key, value, headers)

    async def _publish_case(self, producer: AIOKafkaProducer) -> Acknowledgement:
        external_id = f"case-{len(self.ledger.cases)}"
        self.ledger.cases.add(external_id)
        case = {"external_id": external_id, "contact": {"email": f"{external_id}@firm.example"}, "subject": "It leaks", "channel": "soak"}
        return await _sent(producer, CASES, external_id.encode(), _json(case), [])

    async def _post(self, client: httpx.AsyncClient, one: Submission) -> None:
        """Until it is accepted; the key makes all tries one."""
        token = signed_token(roles={"integration"}, subject="soak")
        key = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "idempotency-key": key}
        while not one.identity:
            try:
                answer = await client.post(f"http://127.0.0.1:{self._api()}/leads", content=one.value or b"", headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.3)
                continue
            if answer.status_code == 202:
                one.identity = f"/dealwire/leads {answer.json()['submission_id']}"
            elif answer.status_code not in (409, 503):
                raise AssertionError(f"POST /leads answered {answer.status_code}: {answer.text}")
            else:
                await asyncio.sleep(0.3)


async def _sent(producer: AIOKafkaProducer, topic: str, key: bytes, value: bytes | None, headers: Headers) -> Acknowledgement:
    """Awaited one by one, sends would take as long as the slowest of them each."""
    acknowledgement: Acknowledgement = await producer.send(topic, value, key, headers=headers)
    return acknowledgement


def _note_place(one: Submission, sent: Acknowledgement) -> None:
    place = sent.result()
    one.identity = f"kafka:{TOPIC} {TOPIC}/{place.partition}/{place.offset}"


def _binary(event_id: str, value: bytes) -> tuple[bytes, Headers]:
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": TOPIC,
        "ce_source": SOURCE,
        "ce_time": datetime.now(UTC).isoformat(),
    }
    headers: Headers = [(name, text.encode()) for name, text in attributes.items()]
    return value, [*headers, ("content-type", b"application/json")]


def _structured(event_id: str, value: bytes) -> tuple[bytes, Headers]:
    whole = {"specversion": "1.0", "id": event_id, "type": TOPIC, "source": SOURCE, "data": json.loads(value)}
    return _json(whole), [("content-type", b"application/cloudevents+json")]


def _json(fields: Any) -> bytes:
    return json.dumps(fields).encode()
