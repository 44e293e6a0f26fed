"""Signs of interest. Those of somebody who is no lead yet wait under their address."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
Signs = dict[str, list[tuple[str, datetime]]]
ENGAGEMENTS = "engagements"
_SIGN = {"kind": 1, "occurred_at": 1, "lead_id": 1, "stranger": 1}


async def add_engagements(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await tx.collection(ENGAGEMENTS).insert_many(rows, ordered=False)


async def find_recorded(tx: Transaction, ids: Collection[str]) -> set[str]:
    """Those of these that are there already."""
    rows = await tx.collection(ENGAGEMENTS).find({"_id": {"$in": list(ids)}}, {"_id": 1}).to_list(None)
    return {row["_id"] for row in rows}


async def find_signs(place: Place, lead_ids: Collection[str]) -> Signs:
    """Everything that was recorded of these leads: kind and time."""
    signs: defaultdict[str, list[tuple[str, datetime]]] = defaultdict(list)
    if lead_ids:
        async for row in place.collection(ENGAGEMENTS).find({"lead_id": {"$in": list(lead_ids)}}, _SIGN):
            signs[row["lead_id"]].append((row["kind"], row["occurred_at"]))
    return signs


async def has_strangers(place: Place) -> bool:
    return await place.collection(ENGAGEMENTS).find_one({"stranger": {"$gt": ""}}, {"_id": 1}) is not None


async def find_strangers(tx: Transaction, emails: Collection[str]) -> list[dict[str, Any]]:
    """What was recorded under these addresses while nobody knew whose they are."""
    found = tx.collection(ENGAGEMENTS).find({"stranger": {"$in": list(emails)}}, _SIGN) if emails else None
    rows: list[dict[str, Any]] = await found.to_list(None) if found is not None else []
    return rows


async def find_still_strangers(tx: Transaction, row_ids: Collection[str]) -> list[dict[str, Any]]:
    """Of these rows, those of whom it is still not known whose they are."""
    found = tx.collection(ENGAGEMENTS).find({"_id": {"$in": list(row_ids)}, "stranger": {"$gt": ""}}, _SIGN)
    rows: list[dict[str, Any]] = await found.to_list(None)
    return rows


async def name_strangers(tx: Transaction, lead_ids: Mapping[str, str]) -> None:
    """By engagement, the lead that it turned out to be of."""
    writes = [
        UpdateOne({"_id": row_id}, {"$set": {"lead_id": lead_id}, "$unset": {"stranger": ""}}) for row_id, lead_id in lead_ids.items()
    ]
    if writes:
        await tx.collection(ENGAGEMENTS).bulk_write(writes, ordered=False)


async def move_engagements(tx: Transaction, which: Mapping[str, Any], to: str, most: int) -> int:
    """At most so many; each remembers the lead that it was first recorded for."""
    rows = await tx.collection(ENGAGEMENTS).find(which, {"_id": 1}).limit(most).to_list(most)
    if rows:
        original = {"$ifNull": ["$original_lead_id", "$lead_id"]}
        ids = {"_id": {"$in": [row["_id"] for row in rows]}}
        await tx.collection(ENGAGEMENTS).update_many(ids, [{"$set": {"original_lead_id": original, "lead_id": to}}])
    return len(rows)
