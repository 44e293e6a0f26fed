"""Handovers, and the leads that they go over."""

from typing import Any, cast

from services.leads.models import Handover, LeadDocument
from services.leads.store.facets import facets_by
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
HANDOVERS = "handovers"
_UNDER_WAY = {"status": {"$in": ["waiting", "running"]}}
_HANDED_OVER_BY: dict[str, Any] = dict.fromkeys(
    ("status", "version", "owner_id", "pool_id", "team_id", "rule", "respond_within", "demands", "outcome", "assigned_at"), 1
) | {"contacted_at": 1, "correlation_id": 1, "traceparent": 1}


async def find_handover_under_way(place: Place, rep_id: str | None = None) -> Handover | None:
    """The oldest; that of one rep, if one is named."""
    wanted = _UNDER_WAY | ({"rep_id": rep_id} if rep_id else {})
    document = await place.collection(HANDOVERS).find_one(wanted, sort=[("_id", 1)])
    return Handover.from_document(document) if document else None


async def count_leads_of(place: Place, owner_id: str) -> int:
    return int(await place.collection("leads").count_documents(facets_by("owner_id", owner_id)))


async def find_leads_of(tx: Transaction, owner_id: str, after: str, most: int) -> list[LeadDocument]:
    """In the order of their ids, those after this one."""
    found = (
        tx.collection("leads").find(facets_by("owner_id", owner_id) | {"_id": {"$gt": after}}, _HANDED_OVER_BY).sort("_id", 1).limit(most)
    )
    return cast(list[LeadDocument], await found.to_list(None))
