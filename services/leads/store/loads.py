"""How many leads reps have open, counted where it matters: the count is the pool's, what changes it elsewhere waits as rows.

Rows that are only added conflict with nobody: who contacts a lead does not make those deal again who are dealing out at that moment.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from services.leads.store.facets import FACETS, facet
from shared.database import Database, new_id
from shared.transaction import Transaction

CHANGES = "load_changes"
# A lead weighs on its owner until they have responded, or it is sold or given up without.
OPEN: Mapping[str, Any] = {"status": "qualified", "outcome": {"$nin": ["won", "lost"]}}


async def add_load_changes(tx: Transaction, changes: Mapping[str, int]) -> None:
    rows = [{"_id": new_id(), "rep_id": rep_id, "by": by} for rep_id, by in changes.items() if by]
    if rows:
        await tx.collection(CHANGES).insert_many(rows, ordered=False)


async def take_load_changes(tx: Transaction, rep_ids: Collection[str]) -> Counter[str]:
    """What has changed since it was taken last; from now on whoever takes it answers for it."""
    rows = await tx.collection(CHANGES).find({"rep_id": {"$in": list(rep_ids)}}).to_list(None)
    if rows:
        await tx.collection(CHANGES).delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
    changes: Counter[str] = Counter()
    for row in rows:
        changes[row["rep_id"]] += row["by"]
    return changes


async def count_open_leads(tx: Transaction, rep_ids: Collection[str]) -> dict[str, int]:
    theirs = {FACETS: {"$in": [facet(("owner_id",), (rep_id,), "qualified") for rep_id in rep_ids]}}
    stages: list[dict[str, Any]] = [{"$match": {**theirs, **OPEN}}, {"$group": {"_id": "$owner_id", "count": {"$sum": 1}}}]
    rows = await tx.collection("leads").aggregate(stages).to_list(None)
    return {row["_id"]: row["count"] for row in rows}


async def find_counted_reps(db: Database) -> frozenset[str]:
    """The reps of the pools that count."""
    pools = await db.collection("pools").find({"counting": True}, {"_id": 1}).to_list(None)
    if not pools:
        return frozenset()
    rows = await db.collection("reps").find({"team_id": {"$in": [pool["_id"] for pool in pools]}}, {"_id": 1}).to_list(None)
    return frozenset(row["_id"] for row in rows)
