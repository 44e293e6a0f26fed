"""How many there are of what, counted on indexes alone."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.leads.store.leads import LEADS, SUBMISSIONS
from shared.database import Database

Counts = dict[str, int]


async def count_leads_by(db: Database, field: str) -> Counts:
    """By the values of `status`, `source`, `owner_id` or `team_id`; leads without one are under the empty word."""
    found = db.collection(LEADS).aggregate(_grouped(field), hint={field: 1, "_id": -1})
    return {row["_id"] or "": row["count"] for row in await found.to_list(None)}


async def count_leads_within(db: Database, scope: dict[str, Any], fields: Sequence[str]) -> dict[str, Counts]:
    """Like `count_leads_by` for each of these fields, but only of the leads within `scope`."""
    together = {"$group": {"_id": {field: f"${field}" for field in fields}, "count": {"$sum": 1}}}
    counts: dict[str, Counter[str]] = {field: Counter() for field in fields}
    for row in await db.collection(LEADS).aggregate([{"$match": scope}, together]).to_list(None):
        for field in fields:
            counts[field][row["_id"].get(field) or ""] += row["count"]
    return {field: dict(counted.most_common()) for field, counted in counts.items()}


async def count_unknown_sources(db: Database) -> Counts:
    """How many submissions came from sources that nobody registered, by what these call themselves."""
    stages = [{"$match": {"unknown_source": {"$exists": True}}}, *_grouped("unknown_source")]
    return {row["_id"]: row["count"] for row in await db.collection(SUBMISSIONS).aggregate(stages).to_list(None)}


async def count_fates_of_import(db: Database, import_id: str) -> Counts:
    """What became of the rows of a file so far."""
    stages = [{"$match": {"import_id": import_id}}, *_grouped("status")]
    return {row["_id"]: row["count"] for row in await db.collection(SUBMISSIONS).aggregate(stages).to_list(None)}


def _grouped(field: str) -> list[dict[str, Any]]:
    return [{"$sort": {field: 1, "_id": -1}}, {"$group": {"_id": f"${field}", "count": {"$sum": 1}}}, {"$sort": {"count": -1, "_id": 1}}]
