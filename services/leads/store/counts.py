"""How many there are of what, counted on indexes alone."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.leads.store.facets import FACETS, INDEX, STATUSES, facet_of, in_status
from services.leads.store.leads import LEADS, SUBMISSIONS
from shared.database import Database
from shared.transaction import Transaction

Counts = dict[str, int]


async def count_leads_by(db: Database, field: str) -> Counts:
    """By the values of `status`, `source`, `owner_id` or `team_id`, the most first; leads without one are under the empty word."""
    counts = await (_count_by_status(db) if field == "status" else _count_by_value(db, field))
    return dict(counts.most_common())


async def _count_by_status(db: Database) -> Counter[str]:
    counted = {status: await db.collection(LEADS).count_documents(in_status(status)) for status in STATUSES}
    return Counter({status: count for status, count in counted.items() if count})


async def _count_by_value(db: Database, field: str) -> Counter[str]:
    """From one facet on to the next that there is: two short questions for each."""
    counts: Counter[str] = Counter()
    lead = await _first_beyond(db, field, f"{field}:")
    while lead is not None:
        at = facet_of(lead, field)
        counts[lead.get(field) or ""] += await db.collection(LEADS).count_documents({FACETS: at})
        lead = await _first_beyond(db, field, at)
    return counts


async def _first_beyond(db: Database, field: str, at: str) -> dict[str, Any] | None:
    """A lead of the first facet of this field after this one, in the order of the index."""
    beyond = {FACETS: {"$elemMatch": {"$gt": at, "$lt": f"{field};"}}}
    lead: dict[str, Any] | None = await db.collection(LEADS).find_one(beyond, {field: 1, "status": 1}, hint=INDEX)
    return lead


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
