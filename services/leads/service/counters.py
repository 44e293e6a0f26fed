"""What transactions have counted is added up in the background, so that reports read little."""

from services.leads import store
from services.leads.service.sales.touches import count_credit
from shared.database import Database


async def add_up_counters(db: Database) -> int:
    return await db.transact(store.fold_tallies, by="reports") if await store.has_tallies(db) else 0


async def count_deals_due(db: Database) -> int:
    return await db.transact(count_credit, by="reports")
