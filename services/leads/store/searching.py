"""Leads found by the keys that they are known by."""

from collections.abc import AsyncIterator, Collection, Iterable
from typing import Any

from services.leads.store.leads import LEADS
from shared.database import Database

_IN_ORDER = [("keys", 1)]


async def find_lead_ids_by_range(
    db: Database, ranges: Iterable[tuple[str, str]], most: int, *, among: Collection[str] | None = None
) -> list[str]:
    """The leads that have a key within one of these ranges; of these alone, if some are named."""
    within = [{"keys": {"$elemMatch": {"$gte": first, "$lt": last}}} for first, last in ranges]
    asked: dict[str, Any] = {"$or": within} if among is None else {"$or": within, "_id": {"$in": list(among)}}
    rows = await db.collection(LEADS).find(asked, {"_id": 1}).limit(most).to_list(None) if within else []
    return [row["_id"] for row in rows]


async def find_lead_ids_by_external_id(db: Database, external_id: str) -> list[str]:
    """At most one of each source, and that it has become part of, if it has."""
    keys = [f"{source}|{external_id}" async for source in _sources_of_keys(db)]
    rows = await db.collection(LEADS).find({"keys": {"$in": keys}}, {"_id": 1}).to_list(None)
    return [row["_id"] for row in rows]


async def _sources_of_keys(db: Database) -> AsyncIterator[str]:
    """`x:web` and its like, from one on to the next that there is: those that nobody registered are nowhere else."""
    beyond = "x:"
    while lead := await db.collection(LEADS).find_one({"keys": {"$elemMatch": {"$gte": beyond, "$lt": "x;"}}}, {"keys": 1}, hint=_IN_ORDER):
        source = min(key for key in lead["keys"] if beyond <= key < "x;").partition("|")[0]
        yield source
        # What comes after the bar, which no source has in its name.
        beyond = f"{source}}}"
