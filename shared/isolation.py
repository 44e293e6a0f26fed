"""What happens when a batch fails: wait out an outage, run a conflict again, split until the bad one stands alone, park it."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from shared.errors import Contended, Refused, Unreachable
from shared.telemetry import get_logger

log = get_logger(__name__)
Item = TypeVar("Item")

BUG_TRIES = 3
CONFLICT_PATIENCE = 20  # rounds of about a second: longer than a killed worker's transaction lives on in the server
LONGEST_WAIT = 15.0
WINDOW = 1000
WINDOW_FLOOR = 100
MAX_PARKED_SHARE = 0.5


class Stopped(Exception):
    """Raised by `pause` when the process is told to end: what is not settled is delivered again."""


class ParkingLimit(Exception):
    """Too many of the recent messages would be parked: most likely a bad deploy, so stop instead of draining the topic."""


class Isolation(Generic[Item]):
    """Settles batches of items. `attempt` runs a batch in one transaction; `park` sets one item aside; `pause` waits."""

    def __init__(
        self,
        attempt: Callable[[Sequence[Item]], Awaitable[None]],
        park: Callable[[Item, BaseException, int], Awaitable[None]],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._attempt, self._park, self._pause = attempt, park, pause
        self._recent_bugs: deque[bool] = deque(maxlen=WINDOW)

    async def settle(self, items: Sequence[Item], *, tries: int = 0) -> None:
        """Returns when each item has had its effect or is parked. Raises ParkingLimit, or what `pause` raises to stop."""
        try:
            await self._through_outages(lambda: self._attempt(items))
            self._recent_bugs.extend([False] * len(items))
        except Refused as refusal:
            await self._after_refusal(items, refusal)
        except (asyncio.CancelledError, ParkingLimit, Stopped):
            raise
        except Exception as bug:  # the one place: whatever it is, it must not stop the good beside it
            await self._after_bug(items, bug, tries + 1)

    async def _through_outages(self, work: Callable[[], Awaitable[None]]) -> None:
        waits = conflicts = 0
        while True:
            try:
                return await work()
            except Unreachable as outage:
                waits += 1
                log.warning("waiting for a server", error=str(outage), waits=waits)
                await self._pause(min(LONGEST_WAIT, 0.1 * 2 ** min(waits, 10)) * random.uniform(0.5, 1))
            except Contended:
                conflicts += 1
                if conflicts > CONFLICT_PATIENCE:
                    raise
                await self._pause(random.uniform(0.05, 1))

    async def _after_refusal(self, items: Sequence[Item], refusal: Refused) -> None:
        if len(items) > 1:
            return await self._halves(items)
        await self._through_outages(lambda: self._park(items[0], refusal, 1))

    async def _after_bug(self, items: Sequence[Item], bug: Exception, tries: int) -> None:
        if len(items) > 1:
            log.warning("a batch failed and is halved", error=repr(bug), items=len(items))
            return await self._halves(items)
        if tries < BUG_TRIES:
            await self._pause(0.2 * 2**tries)
            return await self.settle(items, tries=tries)
        self.count_bad(1)
        log.error("parked for a bug", error=repr(bug), tries=tries, exc_info=bug)
        await self._through_outages(lambda: self._park(items[0], bug, tries))

    async def _halves(self, items: Sequence[Item]) -> None:
        middle = len(items) // 2
        await self.settle(items[:middle])
        await self.settle(items[middle:])

    def count_bad(self, count: int) -> None:
        """Call before parking what should never have to be parked."""
        self._recent_bugs.extend([True] * count)
        bad = sum(self._recent_bugs)
        if bad >= WINDOW_FLOOR and bad > MAX_PARKED_SHARE * len(self._recent_bugs):
            raise ParkingLimit(f"{bad} of the last {len(self._recent_bugs)} messages failed")
