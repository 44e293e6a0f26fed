"""Files of leads, in chunks, and their rejected rows."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from services.leads.models import ImportRecord, RejectedRow
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
IMPORTS = "imports"
CHUNK_BYTES = 128 * 1024
CHUNKS_AT_ONCE = 5


async def add_chunk(tx: Transaction, import_id: str, number: int, data: bytes) -> None:
    await tx.collection("import_chunks").insert_one({"_id": f"{import_id}/{number}", "data": data, "at": tx.now})


async def read_window(place: Place, record: ImportRecord) -> bytes:
    """From the record's position to the end of some chunks; at least four of them, or to the end of the file."""
    first, skip = divmod(record.position, CHUNK_BYTES)
    names = [f"{record.id}/{number}" for number in range(first, first + CHUNKS_AT_ONCE)]
    rows = await place.collection("import_chunks").find({"_id": {"$in": names}}).to_list(None)
    chunks: dict[str, bytes] = {row["_id"]: row["data"] for row in rows}
    return b"".join(chunks[name] for name in names if name in chunks)[skip:]


async def find_unfinished_import(place: Place) -> ImportRecord | None:
    """The oldest."""
    document = await place.collection(IMPORTS).find_one({"status": {"$in": ["waiting", "running"]}}, sort=[("_id", 1)])
    return ImportRecord.from_document(document) if document else None


async def add_rejected_rows(tx: Transaction, rows: Sequence[RejectedRow]) -> None:
    if rows:
        await tx.collection("import_rejects").insert_many(rows, ordered=False)


async def rejected_rows(db: Database, import_id: str) -> AsyncIterator[dict[str, Any]]:
    """In the order of the file, however many they are."""
    async for row in db.collection("import_rejects").find({"import_id": import_id}).sort("line", 1):
        yield row
