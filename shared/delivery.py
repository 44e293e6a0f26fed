"""One thing that was delivered to a service, as it came, and what is kept of it when it can't be used."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import ConsumerRecord
from uuid_utils import uuid7

from shared.cloudevents import Encoded, decode, encode
from shared.errors import Refused
from shared.events import Event

MAX_ERROR_TEXT = 2_000
Headers = list[tuple[str, bytes | None]]


@dataclass(slots=True)
class Delivery:
    """A Kafka record (or a due timer) with its event, or with the refusal that stands in the event's place.

    `partition` and `offset` are -1 for a timer. `replay_of` names the parked message that this is a replay of.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = field(default_factory=list)
    timestamp_ms: int = 0
    event: Event | None = None
    refusal: Refused | None = None
    replay_of: str | None = None

    @classmethod
    def of(cls, record: "ConsumerRecord[bytes, bytes]") -> "Delivery":
        delivery = cls(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            headers=list(record.headers),
            timestamp_ms=record.timestamp,
        )
        return delivery.decoded()

    @classmethod
    def again(cls, event: Event) -> "Delivery":
        """For an event that had waited as a row: where it was first read from is not known any more."""
        encoded = encode(event)
        return cls(encoded.topic, -1, -1, encoded.key, encoded.value, list(encoded.headers), event=event)

    def decoded(self) -> "Delivery":
        """Reads the event; one that can't be read is refused, alone."""
        try:
            self.event = decode(
                topic=self.topic,
                partition=self.partition,
                offset=self.offset,
                key=self.key,
                value=self.value,
                headers=self.headers,
                timestamp_ms=self.timestamp_ms,
            )
        except Refused as refusal:
            self.refusal = refusal
        return self

    @property
    def identity(self) -> str:
        """What the inbox remembers: the event's own identity, or, of what could not be read, the place it was read from."""
        if self.replay_of:
            return f"replay {self.replay_of}"
        return self.event.envelope.identity if self.event else f"unreadable {self.topic}/{self.partition}/{self.offset}"

    def parked(self, error: BaseException, *, service: str, attempts: int, at: datetime) -> tuple[dict[str, Any], Encoded]:
        """The row an operator sees, and the dead letter the outside sees."""
        reason = "refused" if isinstance(error, Refused) else "bug"
        text = (str(error) if isinstance(error, Refused) else repr(error))[:MAX_ERROR_TEXT]
        row_id = str(uuid7())
        row = {
            "_id": row_id,
            "status": "parked",
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "key": self.key,
            "value": self.value,
            "headers": [[name, value] for name, value in self.headers],
            "timestamp_ms": self.timestamp_ms,
            "event_id": self.event.envelope.id if self.event else None,
            "correlation_id": self.event.envelope.correlation_id if self.event else None,
            "reason": reason,
            "error": text,
            "violations": [{"field": v.field, "rule": v.rule, "detail": v.detail} for v in getattr(error, "violations", ())],
            "attempts": attempts,
            "version": 1,
            "parked_at": at,
        }
        return row, self._dead_letter(row, service)

    def _dead_letter(self, row: dict[str, Any], service: str) -> Encoded:
        names = ("topic", "partition", "offset", "reason", "error", "attempts")
        provenance = [(f"dead_{name}", str(row[name]).encode()) for name in names]
        provenance += [
            ("dead_key", self.key or b""),
            ("dead_time", row["parked_at"].isoformat().encode()),
            ("dead_id", row["_id"].encode()),
        ]
        kept = [(name, value) for name, value in self.headers if value is not None and not name.startswith("dead_")]
        return Encoded(topic=f"{service}.dead", key=self.key or row["_id"].encode(), value=self.value or b"", headers=kept + provenance)
