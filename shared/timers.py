"""What is due later: rows that a scheduler claims. They survive restarts, fire once, and drain without starving each other."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pymongo.errors import PyMongoError

from shared.database import Database, utcnow
from shared.delivery import Delivery
from shared.errors import DealwireError
from shared.failpoints import failpoint
from shared.indexing import Index
from shared.isolation import Isolation, ParkingLimit, Stopped
from shared.leases import Leases
from shared.metrics import TIMERS_FIRED, TIMERS_LATE_SECONDS
from shared.telemetry import get_logger
from shared.transaction import Transaction

log = get_logger(__name__)
INDEXES = (Index("timers", [("share", 1), ("due", 1)]), Index("timers", [("name", 1), ("share", 1), ("due", 1)]))
AT_ONCE = 250
LONGEST_NAP = 0.5
TIMER_TOPIC = "timer:"


@dataclass(frozen=True, slots=True)
class Timer:
    """A row that has come due; `due` is the time it was set for."""

    name: str
    key: str
    payload: dict[str, Any]
    due: datetime

    @property
    def row_id(self) -> str:
        return f"{self.name}|{self.key}"

    def delivery(self) -> Delivery:
        value = json.dumps({"key": self.key, "payload": self.payload, "due": self.due.isoformat()}, default=str).encode()
        return Delivery(topic=TIMER_TOPIC + self.name, partition=-1, offset=-1, key=self.key.encode(), value=value)

    @classmethod
    def parked(cls, topic: str, value: bytes) -> "Timer":
        """Back from the value of a parked message."""
        fields = json.loads(value)
        return cls(topic.removeprefix(TIMER_TOPIC), fields["key"], fields["payload"], datetime.fromisoformat(fields["due"]))


Handler = Callable[[Transaction, list[Timer]], Awaitable[None]]
H = TypeVar("H", bound=Handler)


class Timers:
    """What one service does when its timers come due."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}

    def on(self, name: str) -> Callable[[H], H]:
        def register(handler: H) -> H:
            self.handlers[name] = handler
            return handler

        return register


async def fire(tx: Transaction, handler: Handler, timers: Sequence[Timer], *, as_of: datetime) -> int:
    """Fires those still due, and removes them in the same transaction. One replaced or cancelled meanwhile stays quiet."""
    ids = [timer.row_id for timer in timers]
    still_due = {"_id": {"$in": ids}, "due": {"$lte": as_of}}
    rows = await tx.collection("timers").find(still_due).sort("due", 1).to_list(None)
    if rows:
        await tx.collection("timers").delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
        await handler(tx, [_timer(row) for row in rows])
    return len(rows)


class Scheduler:
    """Fires the due timers of the shares that it holds a lease for, each name in turn."""

    def __init__(self, database: Database, timers: Timers) -> None:
        self._database, self._handlers = database, timers.handlers
        self._rows = database.collection("timers")
        self._leases = Leases(database, "scheduler", database.outbox_shares)
        self._stopping = asyncio.Event()
        self._isolation: Isolation[Timer] = Isolation(self._fire, self._park, self._pause)
        self._last_round = time.monotonic()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(self._leases.keep())
            while not self._stopping.is_set():
                await self._round()
            keeping.cancel()

    async def stop(self) -> None:
        self._stopping.set()

    async def _round(self) -> None:
        self._last_round = time.monotonic()
        try:
            earliest = await self._earliest()
            if earliest is None or earliest > utcnow():
                await self._nap(earliest)
                return
            for name in self._handlers:
                await self._fire_some(name)
        except Stopped:
            return
        except (ParkingLimit, PyMongoError, DealwireError) as error:
            log.error("timers wait", error=repr(error))
            await self._sleep(1)

    async def _earliest(self) -> datetime | None:
        if not self._handlers:
            return None
        mine = {"share": {"$in": sorted(self._leases.held())}, "name": {"$in": list(self._handlers)}}
        row = await self._rows.find_one(mine, sort=[("due", 1)])
        return row["due"] if row else None

    async def _fire_some(self, name: str) -> None:
        mine = {"name": name, "share": {"$in": sorted(self._leases.held())}, "due": {"$lte": utcnow()}}
        rows = await self._rows.find(mine).sort("due", 1).limit(AT_ONCE).to_list(None)
        if rows:
            await self._isolation.settle([_timer(row) for row in rows])

    async def _fire(self, timers: Sequence[Timer]) -> None:
        handler, now = self._handlers[timers[0].name], utcnow()
        failpoint("scheduler.before_fire")
        fired = await self._database.transact(lambda tx: fire(tx, handler, timers, as_of=now), by=f"timer:{timers[0].name}")
        failpoint("scheduler.after_fire")
        TIMERS_FIRED.labels(timers[0].name).inc(fired)
        for timer in timers:
            TIMERS_LATE_SECONDS.observe((now - timer.due).total_seconds())

    async def _park(self, timer: Timer, error: BaseException, attempts: int) -> None:
        """Unless it was replaced or cancelled meanwhile, or parked by another: a replay would ring it a second time."""

        async def park(tx: Transaction) -> None:
            removed = await tx.collection("timers").delete_one({"_id": timer.row_id, "due": timer.due})
            if removed.deleted_count:
                tx.park(timer.delivery(), error, attempts=attempts)

        await self._database.transact(park, by="parking")

    async def _nap(self, earliest: datetime | None) -> None:
        left = (earliest - utcnow()) / timedelta(seconds=1) if earliest else LONGEST_NAP
        await self._sleep(min(LONGEST_NAP, max(0.005, left)))

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)
        if self._stopping.is_set():
            raise Stopped

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def health(self) -> dict[str, Any]:
        turning = time.monotonic() - self._last_round < 30
        return {"ok": turning, "turning": turning, "shares": sorted(self._leases.held())}


def _timer(row: dict[str, Any]) -> Timer:
    return Timer(row["name"], row["key"], row["payload"], row["due"])
