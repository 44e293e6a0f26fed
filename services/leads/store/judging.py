"""Criteria that could not be told, and how far all leads have been judged anew."""

from collections.abc import Mapping
from typing import Any

from pymongo import UpdateOne

from services.leads.models import Rejudging
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
FAILURES, REJUDGINGS = "criteria_failures", "rejudgings"


async def count_failures(tx: Transaction, version: int, failures: Mapping[str, Mapping[str, Any]], writer: str) -> None:
    """By criterion: `count`, and of the last one `reason` and `lead_id`. Each writer has a row of its own."""
    writes = [
        UpdateOne(
            {"_id": f"{version}|{criterion}|{writer}"},
            {"$inc": {"count": one["count"]}, "$set": {"version": version, "criterion": criterion, "at": tx.now, **_last(one)}},
            upsert=True,
        )
        for criterion, one in failures.items()
    ]
    if writes:
        await tx.collection(FAILURES).bulk_write(writes, ordered=False)


def _last(failure: Mapping[str, Any]) -> dict[str, Any]:
    return {"reason": failure["reason"], "lead_id": failure["lead_id"]}


async def find_failures(db: Database, version: int) -> list[dict[str, Any]]:
    """One per criterion that ever failed, the most frequent first."""
    last = {name: {"$last": f"${name}"} for name in ("reason", "lead_id", "at")}
    stages: list[dict[str, Any]] = [
        {"$match": {"version": version}},
        {"$sort": {"at": 1}},
        {"$group": {"_id": "$criterion", "count": {"$sum": "$count"}, **last}},
        {"$sort": {"count": -1, "_id": 1}},
    ]
    rows: list[dict[str, Any]] = await db.collection(FAILURES).aggregate(stages).to_list(None)
    return rows


async def save_rejudging(tx: Transaction, rejudging: Rejudging) -> None:
    await tx.collection(REJUDGINGS).replace_one({"_id": rejudging.id}, rejudging.to_document(), upsert=True)


async def find_rejudging(place: Place, version: int) -> Rejudging | None:
    document = await place.collection(REJUDGINGS).find_one({"_id": str(version)})
    return Rejudging.from_document(document) if document else None


async def find_unfinished_rejudging(place: Place) -> Rejudging | None:
    document = await place.collection(REJUDGINGS).find_one({"done": False}, sort=[("_id", 1)])
    return Rejudging.from_document(document) if document else None
