"""Where a person is found in each collection: by an index where there is one, else by reading it through."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from services.leads.models import ErasureRecord, Forgotten
from services.leads.models.imports import SEPARATORS, end_of_rows
from services.leads.store import imports
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
    """Those that no lead tells of: refused, on their way, set aside, or of a file that was taken back. Each of three indexes has some."""
    files = [row["_id"] async for row in db.collection("imports").find({}, {"_id": 1}).hint([("_id", 1)])]
    taken_back = {"status": "withdrawn", "import_id": {"$in": files}}
    places: list[Fields] = [{"status": {"$in": ["pending", "refused"]}}, {"status": {"$in": list(ASIDE)}}, taken_back]
    found = [by_reading("submissions", "raw", "held", "proof", within=place) for place in places]
    return [row_id for find in found for row_id in await find(db, person)]


async def find_history_elsewhere(db: Database, person: Forgotten) -> list[Any]:
    """What was noted of a lead while one of theirs was part of it, until the two were taken apart: by then it told of both."""
    theirs = list(person.lead_ids)
    apart = {"merged_lead_id": {"$in": theirs}, "lead_id": {"$nin": theirs}, "status": "unmerged"}
    merges = await db.collection("merges").find(apart, {"lead_id": 1, "at": 1, "unmerged_at": 1}).to_list(None)
    found: list[Any] = []
    for merge in merges:
        meanwhile = {"of": "lead", "record_id": merge["lead_id"], "at": {"$gte": merge["at"], "$lte": merge["unmerged_at"]}}
        found += [row["_id"] async for row in db.collection("history").find(meanwhile, {"_id": 1})]
    return found


async def find_nothing(db: Database, person: Forgotten) -> list[Any]:
    """For what an index finds."""
    return []


async def find_chunks(db: Database, person: Forgotten) -> list[Any]:
    """The rows of files that are theirs: in which chunk each stands, where it begins there, and where it ends."""
    names = [row["_id"] async for row in db.collection("import_chunks").find({}, {"_id": 1}).hint([("_id", 1)])]
    found: list[Any] = []
    for file, those in groupby(sorted(names, key=_place), key=lambda name: _place(name)[0]):
        chunks = list(those)
        if await _may_stand_in(db, chunks, person):
            separators = await _separators_of(db, file)
            found += [part async for row in _rows_in(db, chunks, person, separators) for part in _parts(file, *row)]
    return found


async def _separators_of(db: Database, file: str) -> str:
    """Any, of a file that is known by its chunks alone."""
    row = await db.collection("imports").find_one({"_id": file}, {"separator": 1})
    return row["separator"] if row is not None else SEPARATORS


def _place(chunk: str) -> tuple[str, int]:
    file, _, number = chunk.partition("/")
    return file, int(number)


async def _may_stand_in(db: Database, chunks: Sequence[str], person: Forgotten) -> bool:
    async for _, lines in _wholes(db, chunks, lambda data: data.rfind(b"\n") + 1):
        if person.may_stand_in(lines):
            return True
    return False


async def _rows_in(db: Database, chunks: Sequence[str], person: Forgotten, separators: str) -> AsyncIterator[tuple[int, int]]:
    async for at, rows in _wholes(db, chunks, lambda data: end_of_rows(data, separators)):
        for start, end in person.rows_in(rows, separators):
            yield at + start, at + end


async def _wholes(db: Database, chunks: Sequence[str], end_in: Callable[[bytes], int]) -> AsyncIterator[tuple[int, bytes]]:
    """What a file holds, cut where `end_in` says that something whole ends; and where in the file that begins."""
    at, held = _place(chunks[0])[1] * imports.CHUNK_BYTES, bytearray()
    for name in chunks:
        row = await db.collection("import_chunks").find_one({"_id": name}, {"data": 1})
        data = row["data"] if row is not None else b""
        held += data
        end = len(held) if name == chunks[-1] else end_in(bytes(held)) if b"\n" in data else 0
        yield at, bytes(held[:end])
        del held[:end]
        at += end


def _parts(file: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Of what lies across chunks each has a part."""
    while start < end:
        number, begins = divmod(start, imports.CHUNK_BYTES)
        ends = min(begins + end - start, imports.CHUNK_BYTES)
        yield f"{file}/{number}", begins, ends
        start += ends - begins
