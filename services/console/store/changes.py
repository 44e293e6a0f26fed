"""What has changed, for those who look at it."""

from collections.abc import AsyncIterator
from datetime import datetime

from services.console.store.generations import find_state
from shared.database import Database

# Names of what pages may see change: all there is, or more records than are worth naming.
EVERYTHING, MANY = "*", "many"


async def follow_changes(db: Database) -> AsyncIterator[list[str]]:
    """Names of what changed, as it is committed, in the generation that is shown; ends when that becomes another one.

    The first are none: from then on nothing is missed.
    """
    generation = (await find_state(db))["reading"]
    added = [{"$match": {"operationType": "insert"}}, {"$project": {"fullDocument": 1}}]
    async with db.collection("changes").watch(added, max_await_time_ms=5000) as stream:
        yield []
        async for change in stream:
            row = change["fullDocument"]
            if row["names"] == [EVERYTHING]:
                return
            if row["generation"] == generation:
                yield row["names"]


async def has_changed(db: Database, since: datetime) -> bool:
    return await db.collection("changes").find_one({"at": {"$gte": since}}, {"_id": 1}) is not None
