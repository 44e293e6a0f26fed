"""How often somebody knocked lately: counted in the database, so that all replicas count together and a restart forgets nothing."""

from datetime import UTC, datetime
from typing import Any

from limits.aio.storage import Storage
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from shared.database import Database, translated

KNOCKS = "knocks"


class Counters(Storage):
    """For the strategies of `limits`. Its own MongoDB storage opens a second client; this one counts over the connections we have."""

    STORAGE_SCHEME = None

    def __init__(self, db: Database) -> None:
        super().__init__()
        self._rows = db.collection(KNOCKS)

    @property
    def base_exceptions(self) -> type[Exception]:
        return PyMongoError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """The count of a window that is over begins anew, whether or not the server has removed it yet."""
        running = {"$gt": ["$until", "$$NOW"]}
        until = {"$cond": [running, "$until", {"$add": ["$$NOW", expiry * 1000]}]}
        count = {"$cond": [running, {"$add": ["$count", amount]}, amount]}
        update = [{"$set": {"until": until, "count": count}}]
        try:
            row = await self._rows.find_one_and_update({"_id": key}, update, upsert=True, return_document=ReturnDocument.AFTER)
        except PyMongoError as error:
            raise translated(error) from error
        return int(row["count"])

    async def get(self, key: str) -> int:
        row = await self._running(key)
        return int(row["count"]) if row else 0

    async def get_expiry(self, key: str) -> float:
        row = await self._running(key)
        return (row["until"] if row else datetime.now(UTC)).timestamp()

    async def _running(self, key: str) -> dict[str, Any] | None:
        row: dict[str, Any] | None = await self._rows.find_one({"_id": key, "until": {"$gt": datetime.now(UTC)}})
        return row

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        return int((await self._rows.delete_many({})).deleted_count)

    async def clear(self, key: str) -> None:
        await self._rows.delete_one({"_id": key})
