"""Where a person is found in each collection: by an index where there is one, else by reading it through."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from typing import Any

from services.leads.models import ErasureRecord, Forgotten
from services.leads.store.indexes import ASIDE
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
Fields = Mapping[str, Any]
Find = Callable[[Database, Forgotten], Awaitable[list[Any]]]
OF_MANY = ("timer:", "lead.routed")


async def find_erasures(place: Place, names: Collection[str]) -> list[ErasureRecord]:
    """The latest first."""
    rows = await place.collection("erasures").find({"names": {"$in": list(names)}}).sort("_id", -1).to_list(None)
    return [ErasureRecord.from_document(row) for row in rows]


async def find_relatives(place: Place, lead_ids: Collection[str]) -> tuple[set[str], set[str]]:
    """The leads that are part of these, and the submissions that they were made of: without what was taken apart from them again."""
    merges = {"lead_id": {"$in": list(lead_ids)}, "status": "merged"}
    merged = await place.collection("merges").find(merges, {"merged_lead_id": 1}).to_list(None)
    told = {"after.submission_id": 1, "after.submission_ids": 1}
    rows = await place.collection("history").find({"of": "lead", "record_id": {"$in": list(lead_ids)}}, told).to_list(None)
    afters = [row.get("after", {}) for row in rows]
    submitted = {one for after in afters for one in (after.get("submission_id"), *after.get("submission_ids", ())) if one}
    leads = {*lead_ids, *(row["merged_lead_id"] for row in merged)}
    others = {"_id": {"$in": list(submitted)}, "lead_id": {"$exists": True, "$nin": list(leads)}}
    found = await place.collection("submissions").find(others, {"_id": 1}).to_list(None)
    return leads - set(lead_ids), submitted - {row["_id"] for row in found}


def by_reading(collection: str, *fields: str, within: Fields | None = None, anywhere: bool = False) -> Find:
    """Reads all of it, or what lies `within`, for a person's addresses; with `anywhere` for the ids of their leads, too."""

    async def find(db: Database, person: Forgotten) -> list[Any]:
        found = db.collection(collection).find(dict(within or {}), dict.fromkeys(fields, 1))
        rows = found if within else found.hint([("_id", 1)])
        is_theirs = person.is_in if anywhere else person.is_named_in
        return [row["_id"] async for row in rows if is_theirs(*(row.get(field) for field in fields))]

    return find


async def find_parked(db: Database, person: Forgotten) -> list[Any]:
    """But for what is about many leads at once, of which only ids are said."""
    fields = dict.fromkeys(("topic", "key", "value", "error", "violations"), 1)
    rows = db.collection("parked").find({}, fields).hint([("_id", 1)])
    return [row["_id"] async for row in rows if not row["topic"].startswith(OF_MANY) and person.is_in(*row.values())]


def of_leads(collection: str, *fields: str) -> Find:
    """Those of which one of these fields names a lead of theirs."""

    async def find(db: Database, person: Forgotten) -> list[Any]:
        theirs = {"$in": list(person.lead_ids)}
        rows = await db.collection(collection).find({"$or": [{field: theirs} for field in fields]}, {"_id": 1}).to_list(None)
        return [row["_id"] for row in rows]

    return find


async def find_submissions_with(db: Database, person: Forgotten) -> list[Any]:
    """Those that no lead tells of: refused, on their way, or set aside. Each of two indexes has some of them."""
    statuses = (["pending", "refused"], list(ASIDE))
    found = [by_reading("submissions", "raw", "held", "proof", within={"status": {"$in": some}}) for some in statuses]
    return [row_id for find in found for row_id in await find(db, person)]


async def find_nothing(db: Database, person: Forgotten) -> list[Any]:
    """For what an index finds."""
    return []


async def find_chunks(db: Database, person: Forgotten) -> list[Any]:
    """Each that has to change, with what it is to be. Read in pairs, lest an address lies across two."""
    changed: dict[str, bytes] = {}
    async for first, second in _neighbours(db):
        data = [changed.get(row["_id"], row["data"]) for row in (first, second)]
        left, middle = person.blacked_out(b"".join(data)), len(data[0])
        changed |= {row["_id"]: part for row, part in ((first, left[:middle]), (second, left[middle:])) if part != row["data"]}
    return list(changed.items())


async def _neighbours(db: Database) -> AsyncIterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each chunk with the one behind it in its file; behind the last is an empty one."""
    names = [row["_id"] async for row in db.collection("import_chunks").find({}, {"_id": 1}).hint([("_id", 1)])]
    places = sorted(names, key=lambda name: (name.partition("/")[0], int(name.partition("/")[2])))
    former: dict[str, Any] | None = None
    for name in places:
        row = await db.collection("import_chunks").find_one({"_id": name}, {"data": 1})
        if row is not None and former is not None:
            yield (former, row) if _file_of(former) == _file_of(row) else (former, {"_id": "", "data": b""})
        former = row or former
    if former is not None:
        yield former, {"_id": "", "data": b""}


def _file_of(chunk: dict[str, Any]) -> str:
    return str(chunk["_id"]).partition("/")[0]
