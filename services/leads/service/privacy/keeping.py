"""What has been kept long enough goes, from the oldest on."""

from datetime import timedelta

from services.leads import store
from shared.database import Database
from shared.transaction import Transaction

ROWS_PER_STEP = 500


async def drop_old_rows(db: Database) -> int:
    """One step; returns how many it dropped."""
    return await db.transact(_drop, by="retention")


async def _drop(tx: Transaction) -> int:
    dropped = 0
    for holding in store.HOLDINGS:
        if holding.by == "timer" and holding.days is not None:
            days = tx.database.retention_days.get(holding.collection, holding.days)
            dropped += await store.drop_older(tx, holding.collection, holding.age, tx.now - timedelta(days=days), ROWS_PER_STEP)
    return dropped
