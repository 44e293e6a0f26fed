"""Polls of platforms, and how far each has come."""

from collections.abc import Collection
from datetime import datetime

from services.leads.models import Poll, PollState
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
POLLS, STATES = "polls", "poll_states"


async def find_polls(db: Database, source_ids: Collection[str]) -> dict[str, Poll]:
    rows = await db.collection(POLLS).find({"_id": {"$in": list(source_ids)}}).to_list(None) if source_ids else []
    return {row["_id"]: Poll.from_document(row) for row in rows}


async def find_due_polls(db: Database, by: datetime, but: Collection[str], most: int) -> list[PollState]:
    """The longest due first, without those that are being asked."""
    due = {"due_at": {"$lte": by}, "_id": {"$nin": list(but)}}
    rows: list[PollState] = await db.collection(STATES).find(due).sort("due_at", 1).limit(most).to_list(None)
    return rows


async def find_poll_state(place: Place, source_id: str) -> PollState | None:
    state: PollState | None = await place.collection(STATES).find_one({"_id": source_id})
    return state


async def save_poll_state(tx: Transaction, state: PollState) -> None:
    await tx.collection(STATES).replace_one({"_id": state["_id"]}, state, upsert=True)


async def remove_poll(tx: Transaction, source_id: str) -> None:
    """What it had taken stays known: the same poll, set up again, takes nothing twice."""
    await tx.collection(POLLS).delete_one({"_id": source_id})
    await tx.collection(STATES).delete_one({"_id": source_id})
