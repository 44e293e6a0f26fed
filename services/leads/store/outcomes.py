"""How leads ended: what predictions are learned from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReplaceOne

from shared.database import Database
from shared.events.values import EARLIEST
from shared.transaction import Transaction

Place = Database | Transaction
OUTCOMES, ASKED = "outcomes", "learning_asked"


async def save_outcomes(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """One per lead: how it ended last."""
    if rows:
        await tx.collection(OUTCOMES).bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], ordered=False)


async def remove_outcome(tx: Transaction, lead_id: str) -> None:
    await tx.collection(OUTCOMES).delete_one({"_id": lead_id})


async def find_latest_outcomes(db: Database, most: int) -> list[dict[str, Any]]:
    """The oldest of them first."""
    rows = await db.collection(OUTCOMES).find().sort([("at", -1), ("_id", -1)]).limit(most).to_list(None)
    return list(reversed(rows))


async def count_outcomes_since(db: Place, since: datetime | None, most: int) -> int:
    """Up to `most`."""
    count: int = await db.collection(OUTCOMES).count_documents({"at": {"$gt": since or EARLIEST}}, limit=most)
    return count


async def ask_to_learn(tx: Transaction) -> None:
    await tx.collection(ASKED).replace_one({"_id": "now"}, {"_id": "now", "at": tx.now}, upsert=True)


async def find_asked_to_learn(db: Database) -> datetime | None:
    """When somebody asked last, unless that has been done."""
    row = await db.collection(ASKED).find_one({"_id": "now"})
    return row["at"] if row else None


async def note_learned(tx: Transaction, asked_at: datetime) -> None:
    """Whoever has asked again since waits for the next."""
    await tx.collection(ASKED).delete_one({"_id": "now", "at": asked_at})
