"""Pairs that may be one person, and merges that can be undone."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from pymongo import InsertOne, ReplaceOne

from services.leads.models import DuplicateDocument, MergeDocument
from services.leads.models.matching import DuplicateStatus
from shared.database import Database
from shared.errors import NotFound
from shared.transaction import Transaction

Source = Database | Transaction
DUPLICATES, MERGES = "duplicates", "merges"


def pair_of(one: str, other: str) -> str:
    """The same whichever comes first."""
    return "|".join(sorted((one, other)))


async def get_duplicate(source: Source, pair: str) -> DuplicateDocument:
    row: DuplicateDocument | None = await source.collection(DUPLICATES).find_one({"_id": pair})
    if row is None:
        raise NotFound(f"There is no such pair {pair}", field="pair", rule="exists")
    return row


async def find_duplicates(source: Source, pairs: Collection[str]) -> dict[str, DuplicateDocument]:
    rows = await source.collection(DUPLICATES).find({"_id": {"$in": list(pairs)}}).to_list(None) if pairs else []
    return {row["_id"]: row for row in rows}


async def add_duplicates(tx: Transaction, rows: Sequence[DuplicateDocument]) -> None:
    if rows:
        await tx.collection(DUPLICATES).bulk_write([InsertOne(row) for row in rows], ordered=False)


async def save_duplicate(tx: Transaction, row: DuplicateDocument) -> None:
    await tx.collection(DUPLICATES).replace_one({"_id": row["_id"]}, row, upsert=True)


async def settle_duplicates_of(tx: Transaction, gone_id: str, kept_id: str) -> None:
    """The pairs of a lead that became part of another: who was told apart from it is told apart from that one, too."""
    found = tx.collection(DUPLICATES).find({"$or": [{"lead_id": gone_id}, {"other_id": gone_id}]})
    for row in await found.to_list(None):
        partner = partner_in(row, gone_id)
        if partner == kept_id:
            await decide_duplicate(tx, row, "merged")
        elif row["status"] == "separate":
            await _tell_apart_too(tx, row, kept_id, partner)
        elif row["status"] == "open":
            await decide_duplicate(tx, row, "gone")


def partner_in(row: DuplicateDocument, lead_id: str) -> str:
    """The other of the two: a lead, or a customer."""
    return row["lead_id"] if row["lead_id"] != lead_id else row.get("other_id") or row["account_id"]


async def decide_duplicate(tx: Transaction, row: DuplicateDocument, status: DuplicateStatus) -> DuplicateDocument:
    decided = _decided(tx, row, status)
    await save_duplicate(tx, decided)
    return decided


def _decided(tx: Transaction, row: DuplicateDocument, status: DuplicateStatus) -> DuplicateDocument:
    decided = dict(row) | {"status": status, "version": row["version"] + 1, "decided_at": tx.now, "decided_by": tx.by}
    return cast(DuplicateDocument, decided)


async def _tell_apart_too(tx: Transaction, row: DuplicateDocument, kept_id: str, partner: str) -> None:
    other = {"account_id": partner} if "account_id" in row else {"other_id": partner}
    told = dict(row) | {"_id": pair_of(kept_id, partner), "lead_id": kept_id} | other
    await save_duplicate(tx, cast(DuplicateDocument, told))


async def add_merge(tx: Transaction, merge: MergeDocument) -> None:
    await tx.collection(MERGES).insert_one(merge)


async def save_merges(tx: Transaction, merges: Sequence[MergeDocument]) -> None:
    if merges:
        await tx.collection(MERGES).bulk_write([ReplaceOne({"_id": merge["_id"]}, merge) for merge in merges], ordered=False)


async def find_merges_into(source: Source, *lead_ids: str) -> list[MergeDocument]:
    """Those not undone, the oldest first."""
    found = source.collection(MERGES).find({"lead_id": {"$in": lead_ids}, "status": "merged"}).sort("_id", 1)
    rows: list[MergeDocument] = await found.to_list(None)
    return rows


async def get_merge(source: Source, merge_id: str) -> MergeDocument:
    row: MergeDocument | None = await source.collection(MERGES).find_one({"_id": merge_id})
    if row is None:
        raise NotFound(f"There is no such merge {merge_id}", field="merge_id", rule="exists")
    return row


async def find_merges_with(source: Source, lead_ids: Collection[str]) -> list[MergeDocument]:
    """Those not undone that one of these leads took part in, the latest first."""
    listed = {"$in": list(lead_ids)}
    either = {"status": "merged", "$or": [{"lead_id": listed}, {"merged_lead_id": listed}]}
    rows: list[MergeDocument] = await source.collection(MERGES).find(either).to_list(None)
    return sorted(rows, key=lambda row: row["_id"], reverse=True)


async def forget_merges(tx: Transaction, lead_ids: Collection[str]) -> None:
    """What leads that are gone were before they became one, and whom they are like."""
    listed = {"$in": list(lead_ids)}
    await tx.collection(MERGES).delete_many({"$or": [{"lead_id": listed}, {"merged_lead_id": listed}]})
    await tx.collection(DUPLICATES).delete_many({"$or": [{"lead_id": listed}, {"other_id": listed}]})


async def tell_apart(tx: Transaction, pair: str, merge: MergeDocument) -> None:
    """For good: what was taken apart is never put together again by itself."""
    row: DuplicateDocument = {"_id": pair, "lead_id": merge["lead_id"], "other_id": merge["merged_lead_id"], "match": merge["match"]}
    row |= {"score": round(100 * merge["match"]["score"]), "found_at": merge["at"]}
    row["version"] = 0
    known = (await find_duplicates(tx, [pair])).get(pair, row)
    await decide_duplicate(tx, known, "separate")


async def find_parts_of(source: Source, lead_id: str) -> list[str]:
    """The lead itself, and all that became part of it, and of those."""
    found, asked = [lead_id], [lead_id]
    while asked:
        rows = await source.collection(MERGES).find({"lead_id": {"$in": asked}, "status": "merged"}).to_list(None)
        asked = [row["merged_lead_id"] for row in rows if row["merged_lead_id"] not in found]
        found += asked
    return found


async def find_submissions_merged(source: Source, since: Mapping[str, int]) -> list[dict[str, Any]]:
    """The submissions that became part of leads after they were at these versions, but for those taken out again: what came, and when.

    In the order in which each lead took them in.
    """
    of_leads = {"of": "lead", "record_id": {"$in": list(since)}, "version": {"$gt": min(since.values())}, "what": "merged"}
    history = await source.collection("history").find(of_leads).sort([("version", 1), ("_id", 1)]).to_list(None)
    taken = {row["after"]["submission_id"]: row for row in history if _is_submission(row) and row["version"] > since[row["record_id"]]}
    still = {"_id": {"$in": list(taken)}, "status": "merged"}
    found = await source.collection("submissions").find(still).to_list(None) if taken else []
    rows: Mapping[str, dict[str, Any]] = {row["_id"]: row for row in found}
    parts = ((rows[submission_id], change) for submission_id, change in taken.items() if submission_id in rows)
    return [{**row, "taken_at": change["at"]} for row, change in parts if _is_part(row, change)]


def _is_part(row: Mapping[str, Any], change: Mapping[str, Any]) -> bool:
    """One that has turned out to be of somebody who was taken apart from the lead is theirs alone."""
    return bool(row.get("lead_id") == change["record_id"])


def _is_submission(change: Mapping[str, Any]) -> bool:
    return "submission_id" in change["after"]
