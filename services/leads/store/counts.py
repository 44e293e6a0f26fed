"""How many there are of what: leads by what was counted as they changed, the rest on indexes alone."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.leads.store.leads import LEADS, SUBMISSIONS
from services.leads.store.tallies import read_counters
from shared.database import Database
from shared.transaction import Transaction

Counts = dict[str, int]


async def count_leads(db: Database, scope: dict[str, Any], also: dict[str, Any] | None) -> dict[str, Counts]:
    """By status, source and owner, the most first, of the leads within `scope`, and of the not too many of another.

    Leads without an owner are under the empty word.
    """
    counts = {"status": Counter[str](), "source": Counter[str](), "owner_id": Counter[str]()}
    for (_, _, owner_id, team_id), counted in (await read_counters(db, ["now"], "", "")).items():
        if _is_within(scope, {"owner_id": owner_id, "team_id": team_id}):
            for measure, number in counted.items():
                field, _, value = measure.partition(":")
                counts[field][value] += number
                counts["owner_id"][owner_id] += number if field == "status" else 0
    for lead in await _find_beside(db, scope, also, tuple(counts)) if also else ():
        for field, counter in counts.items():
            counter[lead.get(field) or ""] += 1
    return {field: _most_first(counter) for field, counter in counts.items()}


def _most_first(counter: Counter[str]) -> Counts:
    return {value: number for value, number in sorted(counter.items(), key=lambda one: (-one[1], one[0])) if number}


def _is_within(scope: dict[str, Any], lead: dict[str, str]) -> bool:
    return not scope or any(all(lead[field] in among["$in"] for field, among in one.items()) for one in scope["$or"])


async def _find_beside(db: Database, scope: dict[str, Any], also: dict[str, Any], fields: Sequence[str]) -> list[dict[str, Any]]:
    found = db.collection(LEADS).find({"$and": [also, {"$nor": [scope]}]}, dict.fromkeys(fields, 1))
    rows: list[dict[str, Any]] = await found.to_list(None)
    return rows


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
