"""What a lead is made of: the submissions that are part of it, and what was changed by whom."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from services.leads.store.leads import SUBMISSIONS
from shared.transaction import Transaction

Row = dict[str, Any]
_BY_HAND = {"$regex": "^(user|source):"}


async def find_changes_by_hand(tx: Transaction, lead_ids: Collection[str]) -> dict[str, list[Row]]:
    """By lead."""
    asked = {"of": "lead", "record_id": {"$in": list(lead_ids)}, "by": _BY_HAND}
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in await tx.collection("history").find(asked, {"record_id": 1, "by": 1, "what": 1}).to_list(None):
        found[row["record_id"]].append(row)
    return found


async def find_qualified_by(tx: Transaction, lead_ids: Collection[str], submission_ids: Collection[str]) -> set[str]:
    """Which of these leads became qualified when one of these submissions became part of them."""
    merged = {"of": "lead", "record_id": {"$in": list(lead_ids)}, "what": "merged", "after.steps": "qualified"}
    found = tx.collection("history").find({**merged, "after.submission_id": {"$in": list(submission_ids)}}, {"record_id": 1})
    return {row["record_id"] for row in await found.to_list(None)}


async def find_of_import(tx: Transaction, submission_ids: Collection[str], import_id: str) -> set[str]:
    """Those of these submissions that came in this file."""
    found = tx.collection(SUBMISSIONS).find({"_id": {"$in": list(submission_ids)}, "import_id": import_id}, {"_id": 1})
    return {row["_id"] for row in await found.to_list(None)}


async def count_merged_besides(tx: Transaction, lead_ids: Collection[str], import_id: str) -> dict[str, int]:
    """By lead, how many submissions were merged into it that did not come in this file."""
    asked = {"lead_id": {"$in": list(lead_ids)}, "status": "merged", "import_id": {"$ne": import_id}}
    stages = [{"$match": asked}, {"$group": {"_id": "$lead_id", "count": {"$sum": 1}}}]
    return {row["_id"]: row["count"] for row in await tx.collection(SUBMISSIONS).aggregate(stages).to_list(None)}
