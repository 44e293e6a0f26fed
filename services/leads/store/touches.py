"""The touches of leads: their submissions and engagements, of those that were merged into them too."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.leads.store.duplicates import find_merges_into
from services.leads.store.engagements import ENGAGEMENTS
from services.leads.store.leads import LEADS, SUBMISSIONS
from shared.database import Database
from shared.transaction import Transaction

Row = dict[str, Any]
Place = Database | Transaction


async def find_absorbed(place: Place, lead_ids: Collection[str]) -> dict[str, str]:
    """The leads that have become part of these, and of those, and of which of these."""
    absorbed: dict[str, str] = {}
    into = {lead_id: lead_id for lead_id in lead_ids}
    while into:
        merges = await find_merges_into(place, *into)
        into = {one["merged_lead_id"]: into[one["lead_id"]] for one in merges if one["merged_lead_id"] not in absorbed}
        absorbed |= into
    return absorbed


async def find_touching_submissions(place: Place, lead_ids: Collection[str], most: int) -> list[Row]:
    """What made these leads, which they name themselves, and what was merged into them."""
    fields = {"lead_id": 1, "source": 1, "received_at": 1, "raw": 1, "status": 1, "campaign": 1, "via": 1}
    leads = await place.collection(LEADS).find({"_id": {"$in": list(lead_ids)}}, {"submission_id": 1}).to_list(None)
    first = await place.collection(SUBMISSIONS).find({"_id": {"$in": [lead["submission_id"] for lead in leads]}}, fields).to_list(None)
    merged = place.collection(SUBMISSIONS).find({"lead_id": {"$in": list(lead_ids)}, "status": "merged"}, fields).sort("_id", 1).limit(most)
    return [*(row for row in first if row.get("lead_id")), *await merged.to_list(None)]


async def find_touching_engagements(place: Place, lead_ids: Collection[str], most: int) -> list[Row]:
    found = place.collection(ENGAGEMENTS).find({"lead_id": {"$in": list(lead_ids)}}).sort("occurred_at", 1).limit(most)
    rows: list[Row] = await found.to_list(None)
    return rows


def by_lead(rows: Sequence[Row], absorbed: Mapping[str, str]) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[absorbed.get(row["lead_id"], row["lead_id"])].append(row)
    return found
