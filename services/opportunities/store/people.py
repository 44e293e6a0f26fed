"""The reps, as leads tell of them, and what must be forgotten of a person."""

from collections.abc import Collection, Iterable
from typing import Any

from pymongo import ReplaceOne, UpdateMany, UpdateOne

from services.opportunities.models import Rep
from shared.database import Database
from shared.transaction import Transaction

REPS, ERASED_LEADS, WITHDRAWN_LEADS = "reps", "erased_leads", "withdrawn_leads"


async def find_reps(tx: Transaction, ids: Collection[str]) -> dict[str, Rep]:
    documents = await tx.collection(REPS).find({"_id": {"$in": sorted(set(ids))}}).to_list(None)
    return {document["_id"]: Rep(id=document["_id"], **document) for document in documents}


async def save_reps(tx: Transaction, reps: Iterable[Rep]) -> None:
    writes = [ReplaceOne({"_id": rep.id}, rep.model_dump(exclude={"id"}), upsert=True) for rep in reps]
    if writes:
        await tx.collection(REPS).bulk_write(writes, ordered=False)


async def name_reps(db: Database, ids: Collection[str]) -> dict[str, str]:
    documents = await db.collection(REPS).find({"_id": {"$in": sorted(ids)}}, {"name": 1}).to_list(None)
    return {document["_id"]: document["name"] for document in documents}


async def add_erased_leads(tx: Transaction, lead_ids: Collection[str]) -> None:
    """Remembers whom nothing may be kept of, should the lead only now become an opportunity."""
    writes = [UpdateOne({"_id": lead_id}, {"$setOnInsert": {"at": tx.now}}, upsert=True) for lead_id in sorted(set(lead_ids))]
    if writes:
        await tx.collection(ERASED_LEADS).bulk_write(writes, ordered=False)


async def find_erased_leads(tx: Transaction, lead_ids: Collection[str]) -> set[str]:
    rows = await tx.collection(ERASED_LEADS).find({"_id": {"$in": sorted(set(lead_ids))}}).to_list(None)
    return {row["_id"] for row in rows}


async def add_withdrawn_leads(tx: Transaction, lead_ids: Collection[str]) -> None:
    """Remembers which leads are none, should one of them only now be heard to be qualified."""
    writes = [UpdateOne({"_id": lead_id}, {"$setOnInsert": {"at": tx.now}}, upsert=True) for lead_id in sorted(set(lead_ids))]
    await tx.collection(WITHDRAWN_LEADS).bulk_write(writes, ordered=False)


async def find_withdrawn_leads(tx: Transaction, lead_ids: Collection[str]) -> set[str]:
    rows = await tx.collection(WITHDRAWN_LEADS).find({"_id": {"$in": sorted(set(lead_ids))}}).to_list(None)
    return {row["_id"] for row in rows}


async def blank_history(tx: Transaction, opportunity_ids: Collection[str], fields: dict[str, Any]) -> None:
    """Puts these values over what the history of these opportunities tells of such fields, before and after."""
    if opportunity_ids:
        theirs = {"of": "opportunity", "record_id": {"$in": sorted(opportunity_ids)}}
        places = [(f"{side}.{field}", blank) for side in ("before", "after") for field, blank in fields.items()]
        writes = [UpdateMany({**theirs, place: {"$exists": True}}, {"$set": {place: blank}}) for place, blank in places]
        await tx.collection("history").bulk_write(writes, ordered=False)
