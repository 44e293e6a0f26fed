"""Rows on their way to becoming events on a topic: the good ones are sent, the bad ones are set aside with their reason."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import time
from types import TracebackType
from typing import IO, Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from pydantic_core import from_json, to_json
from uuid_utils import uuid7

from cli.columns import nested, paths_of
from cli.rows import Row
from deploy.away import kafka_away
from shared.cloudevents import STRUCTURED, Encoded, Headers, decode, encode
from shared.errors import Malformed, Refused, TooLarge, Unreachable
from shared.events import Event
from shared.kafka import connection, new_producer
from shared.settings import Settings
from shared.transaction import MAX_EVENT_BYTES

IN_FLIGHT = 10_000


class Publication:
    """The rows of one file for one topic. `source` stands in for the source that a row does not name."""

    def __init__(self, event_type: type[Event], source: str, rejects: "Rejects") -> None:
        self._event_type, self._source, self._rejects = event_type, source, rejects
        self._names_source = "source" in event_type.model_fields
        self._paths = paths_of(event_type)
        self._rest = "attributes" if "attributes" in event_type.model_fields else None

    def encoded(self, rows: Iterable[Row]) -> Iterator[Encoded]:
        for row in rows:
            try:
                yield self._encoded(row)
            except Refused as refusal:
                self._rejects.add(row, refusal)

    def _encoded(self, row: Row) -> Encoded:
        if row.refusal is not None:
            raise row.refusal
        encoded = encode(self._event_of(row))
        if len(encoded.value) > MAX_EVENT_BYTES:
            raise TooLarge(f"The event would have {len(encoded.value)} bytes; at most {MAX_EVENT_BYTES} go", field="value", rule="size")
        return encoded

    def _event_of(self, row: Row) -> Event:
        if isinstance(row.value, dict):
            return self._event_in(to_json(self._with_source(nested(row.value, self._paths, rest=self._rest))))
        data = row.value or b""
        try:
            return self._event_in(data)
        except Refused as refusal:
            if not self._names_source or not any(each.field == "source" and each.rule == "missing" for each in refusal.violations):
                raise
        return self._event_in(to_json(self._with_source(from_json(data))))

    def _with_source(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"source": self._source} | data if self._names_source else data

    def _event_in(self, value: bytes) -> Event:
        """Read as a consumer would read it, so that what is refused there is refused here, for the same reason."""
        is_whole = b'"specversion"' in value
        headers: Headers = [("content-type", STRUCTURED.encode())] if is_whole else self._envelope()
        event = decode(
            topic=self._event_type.topic, partition=-1, offset=-1, key=None, value=value, headers=headers, timestamp_ms=int(time() * 1000)
        )
        if event is None:
            raise Malformed(f"The row is an event of another type than {self._event_type.topic}", field="type", rule="type")
        return event

    def _envelope(self) -> Headers:
        return [("ce_id", str(uuid7()).encode()), ("ce_source", self._source.encode()), ("ce_type", self._event_type.topic.encode())]


class Rejects:
    """The file of refused rows, one JSON object a line. It is there only when there are any; an older one goes."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row, refusal: Refused) -> None:
        self.count += 1
        violations = [{"field": each.field, "rule": each.rule, "detail": each.detail} for each in refusal.violations]
        told = {"line": row.line, "reason": refusal.detail, "violations": violations, "row": row.raw.decode(errors="replace")}
        self._file = self._file or self.path.open("w")
        self._file.write(json.dumps(told, ensure_ascii=False) + "\n")


async def send_all(settings: Settings, events: Iterable[Encoded], tell: Callable[[int], None]) -> int:
    """Sends without waiting for each, at most so many unacknowledged; returns how many were acknowledged. Raises Unreachable."""
    producer = await _started(settings)
    waiting: deque[Any] = deque()
    sent = 0
    try:
        for sent, event in enumerate(events, start=1):
            waiting.append(await producer.send(event.topic, event.value, event.key, headers=event.headers))
            if len(waiting) >= IN_FLIGHT:
                tell(sent)
                for _ in range(IN_FLIGHT // 2):
                    await waiting.popleft()
        for acknowledged in waiting:
            await acknowledged
    except UnknownTopicOrPartitionError as error:
        raise Unreachable("Kafka has no such topic. Create it with: dealwire topics") from error
    except (KafkaError, OSError) as error:
        raise Unreachable(f"Kafka does not take the events: {error}. {sent - len(waiting)} were acknowledged") from error
    finally:
        await producer.stop()
    tell(sent)
    return sent


async def _started(settings: Settings) -> AIOKafkaProducer:
    producer = new_producer(settings)
    try:
        await producer.start()
    except (KafkaError, OSError) as error:
        await producer.stop()
        raise kafka_away(connection(settings)) from error
    return producer
