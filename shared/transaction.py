"""One transaction: what it changes, and what it wants said, timed, parked and remembered when it commits."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

from bson.timestamp import Timestamp
from pymongo import DeleteOne, ReplaceOne, UpdateOne
from uuid_utils import uuid7

from shared.change import Change
from shared.cloudevents import Encoded, encode
from shared.delivery import Delivery
from shared.errors import Refused, TooLarge
from shared.events import Envelope, Event
from shared.holding import take
from shared.late_writes import Bound, Later, LateWrites, Write
from shared.packing import packed

if TYPE_CHECKING:
    from shared.database import Database

Row = dict[str, Any]
MAX_EVENT_BYTES = 900_000
ROW_BYTES = 4_000_000


class Gathering(Protocol):
    """Something that a service gathers while a transaction goes on, to write it down once.

    It must not keep the transaction: a cycle of the two would keep all that a batch made, until Python looks for cycles.
    """

    async def flush(self, tx: "Transaction") -> None: ...


class Transaction:
    """Handed to whoever changes something. `now` is its one clock; nothing it buffers is seen before it commits.

    `alone` is a guess, and right nearly always: no other process works on the like of this at the same time, so that rows which all
    of them would change can be changed here without being in the way. That no two of them do is up to the database, as ever.
    """

    def __init__(
        self, database: "Database", session: Any, *, now: datetime, by: str, origin: Envelope | None = None, generation: int = 0
    ) -> None:
        self.database, self.now, self.by, self.generation = database, now, by, generation
        self.alone = False
        self.deliveries: Mapping[str, Delivery] = {}
        self.emitted: list[Encoded] = []
        self.parked: list[Row] = []
        self._session, self._origin, self._source = session, origin, f"/dealwire/{database.name}"
        self._timers: dict[str, ReplaceOne[Row] | UpdateOne | DeleteOne] = {}
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)
        self._audited: list[Row] = []
        self._touched: set[str] = set()
        self._gathered: dict[Any, Gathering] = {}
        self._late = LateWrites(partial(database.write, session))

    def collection(self, name: str) -> Any:
        return Bound(self.database.collection(name), self._session, self._late)

    def later(self, name: str) -> Later:
        """Like `collection`, for writes of which nobody looks at the result: they are made before the next look at it, or the commit."""
        return self._late.to(self.database.collection(name))

    def emit(self, event: Event, *, cause: Event | None = None, under: str | None = None) -> Event:
        """Says `event` once this commits; `cause` is the received event that led to it and lends its correlation id.

        `under` is the id it is to be known by, where a second attempt must say the same event.
        """
        before = cause.envelope if cause is not None else self._origin
        event_id, causation_id = under or str(uuid7()), cause.envelope.id if cause is not None else None
        correlation_id, traceparent = (before.correlation_id, before.traceparent) if before else (event_id, None)
        envelope = Envelope(event_id, self._source, self.now, correlation_id, causation_id, traceparent)
        encoded = encode(event.in_envelope(envelope))
        if len(encoded.value) > MAX_EVENT_BYTES:
            raise TooLarge(f"{event.topic} would be {len(encoded.value)} bytes; at most {MAX_EVENT_BYTES} go", rule="size")
        self.emitted.append(encoded)
        return event

    def schedule(self, at: datetime, name: str, payload: Row, *, key: str, unless_set: bool = False) -> None:
        """A durable timer; one that is already set under the same name and key is replaced, or stays as it is (`unless_set`)."""
        row_id = f"{name}|{key}"
        row = {"_id": row_id, "name": name, "key": key, "payload": payload, "due": at, "share": self._share(row_id)}
        before = self._timers.get(row_id)
        if not unless_set or isinstance(before, DeleteOne):
            self._timers[row_id] = ReplaceOne({"_id": row_id}, row, upsert=True)
        elif before is None:
            self._timers[row_id] = UpdateOne({"_id": row_id}, {"$setOnInsert": row}, upsert=True)

    def cancel(self, name: str, *, key: str) -> None:
        self._timers[f"{name}|{key}"] = DeleteOne({"_id": f"{name}|{key}"})

    def record(self, change: Change) -> None:
        """Adds to the history of a record; who and when are this transaction's."""
        self._rows["history"].append(change.to_document(by=self.by, at=self.now))

    @property
    def changes(self) -> list[Row]:
        """What was recorded so far."""
        return self._rows["history"]

    def audit(self, rows: list[Row]) -> None:
        """Adds to what nobody can change any more."""
        self._audited += rows

    def refuse(self, event: Event, refusal: Refused) -> None:
        """Parks one received event with its reason; the rest of the batch goes on."""
        self.park(self.deliveries.get(event.envelope.identity) or Delivery.again(event), refusal)

    def park(self, delivery: Delivery, error: BaseException, *, attempts: int = 1) -> None:
        row, letter = delivery.parked(error, service=self.database.name, attempts=attempts, at=self.now)
        self._rows["parked"].append(row)
        self.parked.append(row)
        self.emitted.append(letter)

    def hold(self, event: Event, *, until: str) -> None:
        """Keeps an event about something unknown yet as a row, until someone releases `until`; it may wait for several."""
        encoded = encode(event)
        headers = [[name, value] for name, value in encoded.headers]
        row = {"_id": f"{event.envelope.identity}|{until}", "until": until, "at": self.now, "order": len(self._rows["waiting"])}
        self._rows["waiting"].append(row | {"topic": encoded.topic, "key": encoded.key, "value": encoded.value, "headers": headers})
        self._touched.add(until)

    async def release(self, *names: str) -> list[Event]:
        """What was held under these names, oldest first. Call it whenever what they name comes to be."""
        self._touched.update(names)
        return await take(self, names)

    def meet(self, name: str) -> None:
        """Whoever holds or releases something under this name at the same time, and could not see this, runs again."""
        self._touched.add(name)

    def gathered(self, make: Callable[[], Gathering]) -> Gathering:
        """The one `make` of this transaction; what it gathers it writes when it is flushed, before the commit."""
        if make not in self._gathered:
            self._gathered[make] = make()
        return self._gathered[make]

    async def flush(self) -> list[Write]:
        """All that was buffered, to be written just before the commit."""
        for gathering in self._gathered.values():
            await gathering.flush(self)
        if self._touched:
            self._touch()
        if self._timers:
            self.later("timers").bulk_write(list(self._timers.values()), ordered=False)
        for name, rows in self._rows.items():
            if rows:
                self.later(name).insert_many(rows, ordered=False)
        if self._audited:
            self._late.to(self.database.audit.collection("audit")).insert_many(self._audited, ordered=False)
        if self.emitted:
            self.later("outbox").insert_many(self._outbox_rows())
        return self._late.take()

    def _touch(self) -> None:
        """Makes a holder and a releaser of one name, who would not see each other's rows, meet as a conflict."""
        # Counting makes it a change even within the same millisecond: what changes nothing is not written, and meets nobody.
        touch = {"$set": {"at": self.now}, "$inc": {"touches": 1}}
        rows = [UpdateOne({"_id": name}, touch, upsert=True) for name in sorted(self._touched)]
        self.later("waiting_names").bulk_write(rows, ordered=False)

    def _outbox_rows(self) -> list[Row]:
        """One row per share, not per event: an event costs the outbox next to nothing."""
        shares: defaultdict[int, list[Encoded]] = defaultdict(list)
        for encoded in self.emitted:
            shares[self._share(encoded.key)].append(encoded)
        return [self._outbox_row(share, part) for share, events in shares.items() for part in _in_parts(events)]

    def _outbox_row(self, share: int, events: list[Encoded]) -> Row:
        row: Row = {"stamp": Timestamp(0, 0), "share": share, "count": len(events), "at": self.now, "by": self.database.writer}
        return row | packed(events)

    def _share(self, key: str | bytes) -> int:
        return crc32(key.encode() if isinstance(key, str) else key) % self.database.outbox_shares


def _in_parts(events: list[Encoded]) -> list[list[Encoded]]:
    parts: list[list[Encoded]] = [[]]
    size = 0
    for encoded in events:
        size += len(encoded.value) + 1_000
        if size > ROW_BYTES and parts[-1]:
            parts.append([])
            size = len(encoded.value)
        parts[-1].append(encoded)
    return parts
