"""Work on the side: steps that one process at a time takes, such as sending what was recorded to be sent."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from shared.database import Database
from shared.isolation import Isolation, Stopped
from shared.leases import Leases

IDLE_SECONDS = 0.5
STUCK_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Worker:
    """`work` takes one bounded step and returns how much it did; 0 means there was nothing to do, for `idle_seconds` at least."""

    name: str
    work: Callable[[Database], Awaitable[int]]
    role: str = "scheduler"
    idle_seconds: float = IDLE_SECONDS


class Part(Protocol):
    """Something that runs for as long as its process does, like a WorkLoop."""

    async def run(self) -> None: ...

    async def stop(self) -> None: ...

    def health(self) -> dict[str, Any]: ...


class WorkLoop:
    """Takes steps while it holds the worker's lease; outages are waited out, and a bug in a step is tried again later."""

    def __init__(self, database: Database, worker: Worker) -> None:
        self._database, self._worker = database, worker
        self._leases = Leases(database, f"worker.{worker.name}", 1)
        self._stopping = asyncio.Event()
        self._done = 0
        self._steps: Isolation[Worker] = Isolation(self._step, self._give_up_for_now, self.pause)
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
        self._last_round, self._done = time.monotonic(), 0
        try:
            if not self._leases.held():
                return await self.pause(IDLE_SECONDS)
            await self._steps.settle([self._worker])
            if not self._done:
                await self.pause(self._worker.idle_seconds)
        except Stopped:
            return

    async def _step(self, workers: Any) -> None:
        self._done = await self._worker.work(self._database)

    async def _give_up_for_now(self, worker: Worker, error: BaseException, attempts: int) -> None:
        await self.pause(5)

    async def pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped

    def health(self) -> dict[str, Any]:
        turning = time.monotonic() - self._last_round < STUCK_SECONDS + self._worker.idle_seconds
        return {"ok": turning, "turning": turning, "held": bool(self._leases.held())}
