"""What transactions have counted is added up in the background, so that reports read little."""

from services.leads import store
from shared.database import Database


async def add_up_counters(db: Database) -> int:
    return await db.transact(store.fold_tallies, by="reports") if await store.has_tallies(db) else 0
