"""Many timers due at one moment: how late each fires."""

import asyncio
import statistics
from datetime import timedelta

from shared.database import Database, utcnow
from shared.timers import Scheduler, Timer, Timers
from shared.transaction import Transaction
from tests.live.traffic import until_stopped
from tests.live.waiting import eventually

PER_TRANSACTION = 500


async def lateness(db: Database, count: int) -> dict[str, float]:
    """99th percentile and the latest, in milliseconds."""
    late: list[float] = []
    timers = Timers()

    @timers.on("bench.due")
    async def on_bench_due(tx: Transaction, due: list[Timer]) -> None:
        late.extend((tx.now - timer.due).total_seconds() * 1000 for timer in due)

    scheduler = Scheduler(db, timers)
    async with until_stopped(scheduler):
        await eventually(lambda: scheduler.health()["shares"], what="a lease")
        at = utcnow() + timedelta(seconds=15)
        await asyncio.gather(*(db.transact(lambda tx, first=first: _set(tx, at, first)) for first in range(0, count, PER_TRANSACTION)))  # type: ignore[misc]
        assert utcnow() < at, "setting the timers took longer than their time"
        await eventually(lambda: len(late) >= count, within=60, what="all timers fired")
    return {"p99_ms": statistics.quantiles(late, n=100)[98], "latest_ms": max(late)}


async def _set(tx: Transaction, at: object, first: int) -> None:
    for number in range(first, first + PER_TRANSACTION):
        tx.schedule(at, "bench.due", {}, key=str(number))  # type: ignore[arg-type]
