"""Reps, teams and sources, the pools that leads are dealt out of, and the leads that wait because nobody of a pool is there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from pymongo import ReplaceOne

from services.leads.models import Pool, Rep, Source, Team
from shared.database import Database, Record
from shared.errors import NotAllowedNow, NotFound
from shared.transaction import Transaction

R = TypeVar("R", Rep, Team, Source)
Place = Database | Transaction
COLLECTIONS: dict[type[Record], str] = {Rep: "reps", Team: "teams", Source: "sources"}


async def find_record(place: Place, kind: type[R], record_id: str) -> R | None:
    document = await place.collection(COLLECTIONS[kind]).find_one({"_id": record_id})
    return kind.from_document(document) if document else None


async def get_record(place: Place, kind: type[R], record_id: str) -> R:
    record = await find_record(place, kind, record_id)
    if record is None:
        raise NotFound(f"There is no {kind.noun} {record_id}", field=f"{kind.noun}_id", rule="exists")
    return record


async def has_any(place: Place, kind: type[Record]) -> bool:
    return await place.collection(COLLECTIONS[kind]).find_one({}, {"_id": 1}) is not None


async def add_record(tx: Transaction, record: R) -> None:
    if await find_record(tx, type(record), record.id) is not None:
        raise NotAllowedNow(f"There is a {record.noun} {record.id} already", field="id", rule="unique")
    await tx.collection(COLLECTIONS[type(record)]).insert_one(record.to_document())


async def save_record(tx: Transaction, record: R) -> None:
    await tx.collection(COLLECTIONS[type(record)]).replace_one({"_id": record.id}, record.to_document())


async def find_reps_of(place: Place, team_ids: Collection[str]) -> list[Rep]:
    rows = await place.collection("reps").find({"team_id": {"$in": list(team_ids)}}).to_list(None)
    return [Rep.from_document(row) for row in rows]


async def find_pools(tx: Transaction, ids: Collection[str]) -> dict[str, Pool]:
    """One that nothing was dealt out of yet is empty."""
    rows = await tx.collection("pools").find({"_id": {"$in": list(ids)}}).to_list(None)
    known = {row["_id"]: Pool.from_document(row) for row in rows}
    return {pool_id: known.get(pool_id) or Pool(id=pool_id) for pool_id in ids}


async def save_pools(tx: Transaction, pools: Iterable[Pool]) -> None:
    """Always written, even unchanged: two who deal out of one pool at once meet here, and one of them deals again."""
    writes = [ReplaceOne({"_id": pool.id}, pool.model_copy(update={"changed_at": tx.now}).to_document(), upsert=True) for pool in pools]
    if writes:
        await tx.collection("pools").bulk_write(writes, ordered=False)


async def add_to_queue(tx: Transaction, pools: Mapping[str, str]) -> None:
    """By lead. Rows of their own, for every index on leads costs each assignment more than the assignment itself."""
    if pools:
        rows = [{"_id": lead_id, "pool_id": pool_id, "since": tx.now} for lead_id, pool_id in pools.items()]
        await tx.collection("claim_queue").bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], ordered=False)


async def find_queued(tx: Transaction, pool_id: str, most: int) -> list[str]:
    """The leads that wait for somebody of this pool, the longest waiting first."""
    found = tx.collection("claim_queue").find({"pool_id": pool_id}, {"_id": 1}).sort([("since", 1), ("_id", 1)]).limit(most)
    return [row["_id"] for row in await found.to_list(None)]


async def remove_from_queue(tx: Transaction, lead_ids: Sequence[str]) -> None:
    if lead_ids:
        await tx.collection("claim_queue").delete_many({"_id": {"$in": list(lead_ids)}})
