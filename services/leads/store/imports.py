"""Files of leads, in chunks, their rejected rows, and what is known of them while they are previewed or taken back."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from pymongo import UpdateMany

from services.leads.models import ImportRecord, KeptBack, RejectedRow, SubmissionDocument
from services.leads.store.leads import SUBMISSIONS
from services.leads.store.tallies import Tally
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
IMPORTS, KEPT_BACK = "imports", "import_kept"
CHUNK_BYTES = 128 * 1024
CHUNKS_AT_ONCE = 5


async def add_chunk(tx: Transaction, import_id: str, number: int, data: bytes) -> None:
    await tx.collection("import_chunks").insert_one({"_id": f"{import_id}/{number}", "data": data, "at": tx.now})


async def read_window(place: Place, import_id: str, position: int) -> bytes:
    """From this position to the end of some chunks; at least four of them, or to the end of the file."""
    first, skip = divmod(position, CHUNK_BYTES)
    names = [f"{import_id}/{number}" for number in range(first, first + CHUNKS_AT_ONCE)]
    rows = await place.collection("import_chunks").find({"_id": {"$in": names}}).to_list(None)
    chunks: dict[str, bytes] = {row["_id"]: row["data"] for row in rows}
    return b"".join(chunks[name] for name in names if name in chunks)[skip:]


async def read_beginning(place: Place, import_id: str) -> bytes:
    row = await place.collection("import_chunks").find_one({"_id": f"{import_id}/0"})
    return row["data"] if row else b""


async def find_pending_import(place: Place, now: datetime) -> ImportRecord | None:
    """The one whose next step has been due for longest."""
    document = await place.collection(IMPORTS).find_one({"due": {"$lte": now}}, sort=[("due", 1)])
    return ImportRecord.from_document(document) if document else None


async def find_undone_imports(tx: Transaction, ids: Collection[str]) -> frozenset[str]:
    """Those of these that were taken back, or are being."""
    if not ids:
        return frozenset()
    found = tx.collection(IMPORTS).find({"_id": {"$in": list(ids)}, "status": {"$in": ["undoing", "undone"]}}, {"_id": 1})
    return frozenset(row["_id"] for row in await found.to_list(None))


async def add_rejected_rows(tx: Transaction, rows: Sequence[RejectedRow]) -> None:
    if rows:
        await tx.collection("import_rejects").insert_many(rows, ordered=False)


async def rejected_rows(db: Database, rejects_id: str) -> AsyncIterator[dict[str, Any]]:
    """In the order of the file, however many they are."""
    async for row in db.collection("import_rejects").find({"import_id": rejects_id}).sort("line", 1):
        yield row


async def find_previewed(tx: Transaction, preview_id: str, keys: Iterable[str]) -> set[str]:
    """Which of these keys earlier rows of the file have. Only their digests are kept."""
    digests = {_digest(preview_id, key): key for key in keys}
    found = tx.collection("import_previews").find({"_id": {"$in": list(digests)}}, {"_id": 1})
    return {digests[row["_id"]] for row in await found.to_list(None)}


async def add_previewed(tx: Transaction, preview_id: str, keys: Iterable[str]) -> None:
    rows = [{"_id": _digest(preview_id, key), "at": tx.now} for key in keys]
    if rows:
        await tx.collection("import_previews").insert_many(rows, ordered=False)


def _digest(preview_id: str, key: str) -> bytes:
    return blake2b(f"{preview_id}\n{key}".encode(), digest_size=16).digest()


async def find_to_undo(tx: Transaction, import_id: str, status: str, most: int) -> list[SubmissionDocument]:
    """Submissions of a file that is taken back, the latest first."""
    asked = {"import_id": import_id, "status": status, "undo": None}
    found = tx.collection(SUBMISSIONS).find(asked, {"raw": 0}).sort("_id", -1).limit(most)
    rows: list[SubmissionDocument] = await found.to_list(None)
    for row in rows:
        Tally.of(tx).see_submission(row)
    return rows


async def mark_undone(tx: Transaction, withdrawn: Collection[str], kept: Collection[str]) -> None:
    """By the ids of submissions."""
    writes = [UpdateMany({"_id": {"$in": list(withdrawn)}}, {"$set": {"status": "withdrawn"}})] if withdrawn else []
    writes += [UpdateMany({"_id": {"$in": list(kept)}}, {"$set": {"undo": "kept"}})] if kept else []
    if writes:
        await tx.collection(SUBMISSIONS).bulk_write(writes, ordered=False)
    for submission_id in withdrawn:
        Tally.of(tx).note_submission({"_id": submission_id, "status": "withdrawn"})


async def add_kept_back(tx: Transaction, rows: Sequence[KeptBack]) -> None:
    if rows:
        await tx.collection(KEPT_BACK).insert_many(rows, ordered=False)
