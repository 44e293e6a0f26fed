"""How many there are of what, counted on indexes alone."""

from typing import Any

from services.leads.store.leads import LEADS, SUBMISSIONS
from shared.database import Database
from shared.transaction import Transaction

Counts = dict[str, int]


async def count_leads_by(db: Database, field: str) -> Counts:
    """By the values of `status`, `source`, `owner_id` or `team_id`; leads without one are under the empty word."""
    found = db.collection(LEADS).aggregate(_grouped(field), hint={field: 1, "_id": -1})
    return {row["_id"] or "": row["count"] for row in await found.to_list(None)}


async def count_unknown_sources(db: Database) -> Counts:
    """How many submissions came from sources that nobody registered, by what these call themselves."""
    stages = [{"$match": {"unknown_source": {"$exists": True}}}, *_grouped("unknown_source")]
    return {row["_id"]: row["count"] for row in await db.collection(SUBMISSIONS).aggregate(stages).to_list(None)}


async def count_fates_of_import(db: Database, import_id: str) -> Counts:
    """What became of the rows of a file so far."""
    stages = [{"$match": {"import_id": import_id}}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}]
    return {row["_id"]: row["count"] for row in await db.collection(SUBMISSIONS).aggregate(stages).to_list(None)}


async def count_settled(tx: Transaction, import_id: str) -> int:
    """How many rows of a file have had their fate."""
    return int(await tx.collection(SUBMISSIONS).count_documents({"import_id": import_id}))


def _grouped(field: str) -> list[dict[str, Any]]:
    return [{"$sort": {field: 1, "_id": -1}}, {"$group": {"_id": f"${field}", "count": {"$sum": 1}}}, {"$sort": {"count": -1, "_id": 1}}]
