"""Won deals, and what is counted of each: what its sources have earned."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo import DeleteMany, ReplaceOne, UpdateOne

from services.leads.store.tallies import Cells, Tally
from shared.transaction import Transaction

Row = dict[str, Any]
WON = "won_deals"


async def keep_won_deals(tx: Transaction, won: Mapping[str, Row], others: Collection[str]) -> None:
    """By opportunity: those that were won, to be counted when they are due, and those that are not, or no longer."""
    writes: list[Any] = [ReplaceOne({"_id": one_id}, {"_id": one_id, **row}, upsert=True) for one_id, row in won.items()]
    writes += [DeleteMany({"_id": {"$in": list(others)}})] if others else []
    if writes:
        for row in await tx.collection(WON).find({"_id": {"$in": [*won, *others]}}, {"counted": 1}).to_list(None):
            Tally.of(tx).count_cells(row.get("counted", ()), -1)
        await tx.collection(WON).bulk_write(writes, ordered=False)


async def find_uncounted_deals(tx: Transaction, *, due_by: datetime | None = None, most: int = 0) -> list[Row]:
    """Those due by then, or all; the first to be due first, no more than `most` unless it is 0."""
    due = {"due_at": {"$exists": True} if due_by is None else {"$lte": due_by}}
    rows: list[Row] = await tx.collection(WON).find(due).sort("due_at", 1).limit(most).to_list(None)
    return rows


async def count_deals(tx: Transaction, counted: Mapping[str, Cells]) -> None:
    """By opportunity. They are remembered with it: should the deal be lost after all, they are taken back."""
    writes = [UpdateOne({"_id": one_id}, {"$set": {"counted": cells}, "$unset": {"due_at": ""}}) for one_id, cells in counted.items()]
    if writes:
        await tx.collection(WON).bulk_write(writes, ordered=False)
    for cells in counted.values():
        Tally.of(tx).count_cells(cells)
