"""Who may work on which share: leases in MongoDB, spread evenly over the living, taken over when one dies."""

import asyncio
import os
import socket
import time
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from shared.database import Database, new_id, translated
from shared.errors import Contended, Unreachable
from shared.telemetry import get_logger

log = get_logger(__name__)
LEASE_SECONDS = 6.0
RENEW_SECONDS = 2.0
GIVE_UP_SECONDS = 1.0
TRIES = 5
Shares = list[str | None]


class Leases:
    """Holds a fair part of the shares of one kind of work. `held()` is empty as soon as a renewal is overdue.

    Who is given another share is `woken`. One row per kind says who is alive until when, and who has which share:
    a renewal is one write, whatever it holds.
    """

    def __init__(
        self,
        database: Database,
        kind: str,
        shares: int,
        *,
        seconds: float = LEASE_SECONDS,
        renew_seconds: float = RENEW_SECONDS,
        woken: asyncio.Event | None = None,
    ) -> None:
        self.kind, self.shares = kind, shares
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-6:]}"
        self._seconds, self._renew_seconds = seconds, renew_seconds
        self._rows = database.collection("leases")
        self._woken = woken
        self._held: frozenset[int] = frozenset()
        self._good_until = 0.0

    def held(self) -> frozenset[int]:
        return self._held if time.monotonic() < self._good_until else frozenset()

    async def keep(self) -> None:
        """Renews until cancelled, then gives everything back so that another need not wait."""
        try:
            while True:
                await self._renew_or_wait()
                await asyncio.sleep(self._renew_seconds)
        finally:
            await self._give_up()

    async def _renew_or_wait(self) -> None:
        try:
            await self._renew()
        except PyMongoError as error:
            if not isinstance(translated(error), Unreachable | Contended):
                raise
            log.warning("leases could not be renewed", kind=self.kind, error=repr(error))

    async def _renew(self) -> None:
        for _ in range(TRIES):
            if await self._settle():
                return

    async def _settle(self) -> bool:
        """What is to be given back is held no more before anybody can take it. False when another changed the shares meanwhile."""
        asked_at = time.monotonic()
        row = await self._announce()
        shares: Shares = row["shares"]
        wanted = dealt(shares, self.shares, {one["name"] for one in row["living"]}, self.holder)
        self._note(_of(self.holder, shares) & _of(self.holder, wanted), asked_at + self._seconds)
        if wanted == shares:
            return True
        written = await self._rows.update_one({"_id": self.kind, "shares": shares}, {"$set": {"shares": wanted}})
        if written.matched_count:
            self._note(_of(self.holder, wanted), asked_at + self._seconds)
        return bool(written.matched_count)

    async def _announce(self) -> dict[str, Any]:
        """Alive for another lease, by the server's clock, so that no worker's wrong clock matters; what the dead held is free."""
        until = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        others = {"$and": [{"$ne": ["$$this.name", {"$literal": self.holder}]}, {"$gt": ["$$this.until", "$$NOW"]}]}
        alive = {"$filter": {"input": {"$ifNull": ["$living", []]}, "cond": others}}
        living = {"$concatArrays": [alive, [{"name": {"$literal": self.holder}, "until": until}]]}
        change = [{"$set": {"living": living, "until": until}}, {"$set": {"shares": _only_of({"$in": ["$$this", "$living.name"]})}}]
        row: dict[str, Any] = await self._rows.find_one_and_update(
            {"_id": self.kind}, change, upsert=True, return_document=ReturnDocument.AFTER
        )
        return row

    async def _give_up(self) -> None:
        self._note(frozenset(), 0.0)
        is_another = {"$ne": ["$$this", {"$literal": self.holder}]}
        others = {"$filter": {"input": "$living", "cond": {"$ne": ["$$this.name", {"$literal": self.holder}]}}}
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                await self._rows.update_one({"_id": self.kind}, [{"$set": {"living": others, "shares": _only_of(is_another)}}])
        except (PyMongoError, TimeoutError) as error:
            log.info("leases run out by themselves", kind=self.kind, error=repr(error))

    def _note(self, held: frozenset[int], good_until: float) -> None:
        if held != self._held:
            log.info("leases", kind=self.kind, shares=sorted(held))
        is_new, self._held, self._good_until = held - self._held, held, good_until
        if is_new and self._woken is not None:
            self._woken.set()


def dealt(shares: Shares, count: int, living: set[str], holder: str) -> Shares:
    """The shares as `holder` would have them: an equal part of `count` for each who lives, of what it has and of what is free.

    What does not divide goes to the first by name, so that the parts add up to all.
    """
    part, left_over = divmod(count, len(living))
    fair = part + (sorted(living).index(holder) < left_over)
    all_of_them = shares + [None] * (count - len(shares))
    mine = [share for share in range(count) if all_of_them[share] == holder]
    free = [share for share in range(count) if all_of_them[share] is None]
    taken = {*(mine + free)[:fair]}
    return [holder if share in taken else None if has == holder else has for share, has in enumerate(all_of_them)]


def _of(holder: str, shares: Shares) -> frozenset[int]:
    return frozenset(share for share, has in enumerate(shares) if has == holder)


def _only_of(holders: dict[str, Any]) -> dict[str, Any]:
    """As an expression: the shares, with nobody where the holder is none of these."""
    return {"$map": {"input": {"$ifNull": ["$shares", []]}, "in": {"$cond": [holders, "$$this", None]}}}
