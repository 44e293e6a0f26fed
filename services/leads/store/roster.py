"""Records of any kind, and of the roster: reps, pools that leads are dealt out of, and leads that wait because nobody of one is there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pymongo import ReplaceOne

from services.leads.models import ErasureRecord, Handover, ImportRecord, Poll, Pool, Provider, Rep, Source, Team, Territory
from shared.database import Database, Record
from shared.errors import NotAllowedNow, NotFound
from shared.transaction import Transaction

R = TypeVar("R", Rep, Team, Source, Territory, Handover, ImportRecord, Provider, Poll, ErasureRecord)
Place = Database | Transaction
# The queue of what no pool is asked to take.
FOR_ANYBODY = "claim:"
MOST_FOR_ANYBODY = 500
COLLECTIONS: dict[type[Record], str] = {
    Rep: "reps",
    Team: "teams",
    Source: "sources",
    Territory: "territories",
    Handover: "handovers",
    ImportRecord: "imports",
    ErasureRecord: "erasures",
    Provider: "providers",
    Poll: "polls",
}


async def find_record(place: Place, kind: type[R], record_id: str) -> R | None:
    document = await place.collection(COLLECTIONS[kind]).find_one({"_id": record_id})
    return kind.from_document(document) if document else None


async def get_record(place: Place, kind: type[R], record_id: str) -> R:
    record = await find_record(place, kind, record_id)
    if record is None:
        raise NotFound(f"There is no {kind.noun} {record_id}", field=f"{kind.noun}_id", rule="exists")
    return record


async def has_record(place: Place, kind: type[Record], record_id: str) -> bool:
    return await place.collection(COLLECTIONS[kind]).find_one({"_id": record_id}, {"_id": 1}) is not None


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


async def find_reps(place: Place, rep_ids: Collection[str]) -> dict[str, Rep]:
    rows = await place.collection("reps").find({"_id": {"$in": list(rep_ids)}}).to_list(None)
    return {row["_id"]: Rep.from_document(row) for row in rows}


async def find_teams_of_reps(place: Place) -> dict[str, str]:
    """Of all who are active."""
    rows = await place.collection("reps").find({"team_id": {"$gte": ""}, "active": True}, {"team_id": 1}).to_list(None)
    return {row["_id"]: row["team_id"] for row in rows}


async def find_territories(place: Place) -> list[Territory]:
    return [Territory.from_document(row) for row in await place.collection("territories").find().to_list(None)]


async def find_pools(place: Place, ids: Collection[str]) -> dict[str, Pool]:
    """One that nothing was dealt out of yet is empty."""
    rows = await place.collection("pools").find({"_id": {"$in": list(ids)}}).to_list(None)
    known = {row["_id"]: Pool.from_document(row) for row in rows}
    return {pool_id: known.get(pool_id) or Pool(id=pool_id) for pool_id in ids}


async def claim_pools(tx: Transaction, ids: Collection[str]) -> None:
    """Whoever has these in hand already is met here, before there is anything to be done again."""
    if ids:
        await tx.collection("pools").update_many({"_id": {"$in": sorted(ids)}}, {"$set": {"changed_at": tx.now}})


async def save_pools(tx: Transaction, pools: Iterable[Pool]) -> None:
    """Always written, even unchanged: two who deal out of one pool at once meet here, and one of them deals again."""
    writes = [ReplaceOne({"_id": pool.id}, pool.model_copy(update={"changed_at": tx.now}).to_document(), upsert=True) for pool in pools]
    if writes:
        tx.later("pools").bulk_write(writes, ordered=False)


async def add_to_queue(tx: Transaction, pools: Mapping[str, str]) -> None:
    """By lead. Rows of their own, for every index on leads costs each assignment more than the assignment itself."""
    if pools:
        rows = [{"_id": lead_id, "pool_id": pool_id, "since": tx.now} for lead_id, pool_id in pools.items()]
        tx.later("claim_queue").bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], ordered=False)


async def find_leads_for_anybody(place: Place) -> list[str]:
    """Of the good leads that no rule sends anywhere, those that wait longest."""
    queued = place.collection("claim_queue").find({"pool_id": FOR_ANYBODY}, {"_id": 1}).sort([("since", 1), ("_id", 1)])
    ids = [row["_id"] for row in await queued.limit(MOST_FOR_ANYBODY).to_list(None)]
    unowned = {"_id": {"$in": ids}, "owner_id": None}
    return [row["_id"] for row in await place.collection("leads").find(unowned, {"_id": 1}).to_list(None)] if ids else []


async def find_queued(tx: Transaction, pool_id: str, most: int, beyond: Sequence[Any] | None = None) -> list[dict[str, Any]]:
    """The leads that wait for somebody of this pool, the longest waiting first; `beyond` is the `since` and id of one before."""
    wanted: dict[str, Any] = {"pool_id": pool_id}
    if beyond:
        since, lead_id = beyond
        wanted["$or"] = [{"since": since, "_id": {"$gt": lead_id}}, {"since": {"$gt": since}}]
    found = tx.collection("claim_queue").find(wanted, {"since": 1}).sort([("since", 1), ("_id", 1)]).limit(most)
    rows: list[dict[str, Any]] = await found.to_list(None)
    return rows


async def find_pools_waited_for(place: Place, pool_ids: Collection[str]) -> list[str]:
    """The pools of these for whom somebody waits."""
    return [pool_id for pool_id in pool_ids if await place.collection("claim_queue").find_one({"pool_id": pool_id}, {"_id": 1})]


async def remove_from_queue(tx: Transaction, lead_ids: Sequence[str]) -> None:
    if lead_ids:
        await tx.collection("claim_queue").delete_many({"_id": {"$in": list(lead_ids)}})
