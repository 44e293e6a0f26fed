"""Tells open pages that what they show has changed: one change stream for all of them, and none while nobody looks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from pymongo.errors import PyMongoError

from services.console import store
from services.console.models import MASKING
from services.console.store import EVERYTHING, MANY
from shared.database import Database
from shared.errors import TooMany
from shared.telemetry import get_logger

log = get_logger(__name__)
MOST_WATCHERS = 1000
# Changes come in hundreds a second when leads pour in; people read none of the pages between.
TOGETHER_SECONDS = 0.25
# A change bears the time at which its transaction began.
LONGEST_COMMIT = timedelta(seconds=3)


class Watcher:
    """One open page: which names it watches, and those of them that changed since it was told last."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names, self._changed, self._woken = names | {EVERYTHING, MANY, MASKING}, set[str](), asyncio.Event()

    def tell(self, names: set[str]) -> None:
        concerned = names & self._names
        if concerned:
            self._changed |= concerned
            self._woken.set()

    async def changes(self) -> list[str]:
        """Waits until something changed, and a moment longer for what comes with it."""
        await self._woken.wait()
        await asyncio.sleep(TOGETHER_SECONDS)
        changed, self._changed = sorted(self._changed), set()
        self._woken.clear()
        return changed


class Broadcaster:
    """Follows the `changes` of the console's own database for as long as anybody watches."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._watchers: set[Watcher] = set()
        self._following: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    @property
    def is_following(self) -> bool:
        return self._following is not None

    @asynccontextmanager
    async def watch(self, names: frozenset[str], shown_at: datetime) -> AsyncIterator[Watcher]:
        """For a page that shows what was so at `shown_at`. Raises TooMany when too many pages are open."""
        if len(self._watchers) >= MOST_WATCHERS:
            raise TooMany("Too many open pages; this one shows changes when it is loaded again", rule="watchers")
        watcher = Watcher(names)
        self._watchers.add(watcher)
        if self._following is None:
            self._following = asyncio.create_task(self._follow())
        try:
            await self._listening.wait()
            if await store.has_changed(self._db, shown_at - LONGEST_COMMIT):
                watcher.tell({EVERYTHING})
            yield watcher
        finally:
            self._watchers.discard(watcher)
            await self._rest()

    async def _rest(self) -> None:
        if not self._watchers and self._following is not None:
            following, self._following = self._following, None
            self._listening.clear()
            following.cancel()
            await asyncio.wait([following])

    async def _follow(self) -> None:
        while True:
            try:
                async for names in store.follow_changes(self._db):
                    self._listening.set()
                    self._tell(set(names))
            except PyMongoError as error:
                log.info("following the changes anew", error=repr(error))
                await asyncio.sleep(0.9)
            self._tell({EVERYTHING})

    def _tell(self, names: set[str]) -> None:
        for watcher in self._watchers:
            watcher.tell(names)
