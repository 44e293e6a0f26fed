"""What has been kept long enough goes, from the oldest on."""

import time
from datetime import timedelta
from weakref import WeakKeyDictionary

from services.leads import store
from shared.database import Database
from shared.transaction import Transaction

ROWS_PER_STEP = 500
LOOK_AGAIN_SECONDS = 3600.0
_not_before: "WeakKeyDictionary[Database, float]" = WeakKeyDictionary()


async def drop_old_rows(db: Database) -> int:
    """One step. When nothing was old enough it is not looked for again for an hour."""
    if time.monotonic() < _not_before.get(db, 0.0):
        return 0
    dropped = await db.transact(_drop, by="retention")
    if not dropped:
        _not_before[db] = time.monotonic() + LOOK_AGAIN_SECONDS
    return dropped


async def _drop(tx: Transaction) -> int:
    dropped = 0
    for holding in store.HOLDINGS:
        if holding.by == "timer" and holding.days is not None:
            days = tx.database.retention_days.get(holding.collection, holding.days)
            dropped += await store.drop_older(tx, holding.collection, holding.age, tx.now - timedelta(days=days), ROWS_PER_STEP)
    return dropped
