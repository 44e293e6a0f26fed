"""Who may work on which share: leases in MongoDB, spread evenly over the living, taken over when one dies."""

import asyncio
import os
import socket
import time
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared.database import Database, new_id, translated
from shared.errors import Unreachable
from shared.telemetry import get_logger

log = get_logger(__name__)
LEASE_SECONDS = 6.0
RENEW_SECONDS = 2.0
GIVE_UP_SECONDS = 1.0


class Leases:
    """Holds a fair part of the shares of one kind of work. `held()` is empty as soon as a renewal is overdue."""

    def __init__(self, database: Database, kind: str, shares: int) -> None:
        self.kind, self.shares = kind, shares
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-6:]}"
        self.changed = asyncio.Event()
        self._rows = database.collection("leases")
        self._held: frozenset[int] = frozenset()
        self._good_until = 0.0

    def held(self) -> frozenset[int]:
        return self._held if time.monotonic() < self._good_until else frozenset()

    async def keep(self) -> None:
        """Renews until cancelled, then gives everything back so that another need not wait."""
        try:
            while True:
                await self._renew_or_wait()
                await asyncio.sleep(RENEW_SECONDS)
        finally:
            await self._give_up()

    async def _renew_or_wait(self) -> None:
        try:
            await self._renew()
        except PyMongoError as error:
            if not isinstance(translated(error), Unreachable):
                raise
            log.warning("leases could not be renewed", kind=self.kind, error=repr(error))

    async def _renew(self) -> None:
        asked_at = time.monotonic()
        rows = await self._alive()
        fair = self._fair_part({row["holder"] for row in rows if row["share"] < 0} | {self.holder})
        mine = sorted(row["share"] for row in rows if row["holder"] == self.holder and row["share"] >= 0)
        taken = {row["share"] for row in rows if row["share"] >= 0}
        wanted = (mine + [share for share in range(self.shares) if share not in taken])[:fair]
        held = {share for share in wanted if await self._take(share)}
        await self._release([share for share in mine if share not in held])
        await self._take(-1)
        self._note(frozenset(held), asked_at + LEASE_SECONDS)

    def _fair_part(self, holders: set[str]) -> int:
        """An equal part; what does not divide goes to the first by name, so that the parts add up to all."""
        part, left_over = divmod(self.shares, len(holders))
        return part + (sorted(holders).index(self.holder) < left_over)

    async def _alive(self) -> list[dict[str, Any]]:
        found = self._rows.find({"kind": self.kind, "$expr": {"$gt": ["$until", "$$NOW"]}})
        return [row async for row in found]

    async def _take(self, share: int) -> bool:
        """Takes or renews by the server's clock, so that no worker's wrong clock matters."""
        row_id = f"{self.kind}/{share}" if share >= 0 else f"{self.kind}@{self.holder}"
        free = {"$or": [{"$eq": ["$holder", self.holder]}, {"$lt": ["$until", "$$NOW"]}]}
        ours = {"kind": {"$literal": self.kind}, "share": {"$literal": share}, "holder": {"$literal": self.holder}}
        wanted = ours | {"until": {"$add": ["$$NOW", int(LEASE_SECONDS * 1000)]}}
        change = {"$set": {name: {"$cond": [free, value, f"${name}"]} for name, value in wanted.items()}}
        try:
            row = await self._rows.find_one_and_update({"_id": row_id}, [change], upsert=True, return_document=ReturnDocument.AFTER)
        except DuplicateKeyError:
            return False
        return bool(row["holder"] == self.holder)

    async def _release(self, shares: list[int]) -> None:
        if shares:
            ids = [f"{self.kind}/{share}" for share in shares]
            await self._rows.delete_many({"_id": {"$in": ids}, "holder": self.holder})

    async def _give_up(self) -> None:
        self._note(frozenset(), 0.0)
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                await self._rows.delete_many({"kind": self.kind, "holder": self.holder})
        except (PyMongoError, TimeoutError) as error:
            log.info("leases run out by themselves", kind=self.kind, error=repr(error))

    def _note(self, held: frozenset[int], good_until: float) -> None:
        if held != self._held:
            log.info("leases", kind=self.kind, shares=sorted(held))
            self.changed.set()
        self._held, self._good_until = held, good_until
