"""How many there are of what, counted on indexes alone."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.leads.store.facets import FACETS, INDEX, facet
from services.leads.store.leads import LEADS, SUBMISSIONS
from shared.database import Database
from shared.transaction import Transaction

Counts = dict[str, int]


async def count_leads_by(db: Database, field: str) -> Counts:
    """By the values of `status`, `source`, `owner_id` or `team_id`, the most first; leads without one are under the empty word.

    From one value on to the next that there is: two short questions for each.
    """
    counts: Counts = {}
    value = await _value_after(db, field, None)
    while value is not None:
        counts[value] = await db.collection(LEADS).count_documents({FACETS: facet(field, value)})
        value = await _value_after(db, field, value)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


async def _value_after(db: Database, field: str, value: str | None) -> str | None:
    """The first value in the order of the index, or the first after this one."""
    beyond = {"$gte": facet(field, None)} if value is None else {"$gt": facet(field, value)}
    range_of_field = {FACETS: {"$elemMatch": beyond | {"$lt": f"{field};"}}}
    lead = await db.collection(LEADS).find_one(range_of_field, {field: 1}, hint=INDEX)
    return None if lead is None else lead.get(field) or ""


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
    stages = [{"$match": {"import_id": import_id}}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}]
    return {row["_id"]: row["count"] for row in await db.collection(SUBMISSIONS).aggregate(stages).to_list(None)}


async def count_settled(tx: Transaction, import_id: str) -> int:
    """How many rows of a file have had their fate."""
    return int(await tx.collection(SUBMISSIONS).count_documents({"import_id": import_id}))


def _grouped(field: str) -> list[dict[str, Any]]:
    return [{"$sort": {field: 1, "_id": -1}}, {"$group": {"_id": f"${field}", "count": {"$sum": 1}}}, {"$sort": {"count": -1, "_id": 1}}]
