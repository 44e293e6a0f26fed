"""Sales gives a lead back: what was handed over to them is taken back, and the lead begins anew."""

from typing import Any

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.working import Asked, change_lead, expect_own, open_lead
from shared.errors import NotAllowedNow
from shared.events import LeadReturned
from shared.transaction import Transaction

# It waits for nobody's response any more, and whoever takes it up next is asked for theirs.
_NO_MORE = (
    "outcome",
    "assigned_at",
    "respond_by",
    "contacted_at",
    "reroutes",
    "escalated",
    "dealing",
    "pool_id",
    "territory_id",
    "demands",
)


async def unconvert_lead(tx: Transaction, asked: Asked, reason: str) -> LeadDocument:
    """Only while it is being sold to: what is won or lost stays so. It is judged again by a person, not by the criteria."""
    lead = await open_lead(tx, asked, "qualified", "contacted")
    expect_own(lead, asked.principal)
    if lead.get("outcome") != "converted":
        raise NotAllowedNow(_why_not(lead), field="outcome", rule="converted")
    owner_id = lead.get("owner_id")
    await store.remove_from_queue(tx, [lead["_id"]])
    fields: dict[str, Any] = {"status": "captured", "owner_id": None, "by_hand": reason, "reason": reason, "returned_at": tx.now}
    await change_lead(tx, lead, fields | {name: None for name in _NO_MORE if name in lead}, what="returned", why=reason)
    returned = LeadReturned(
        lead_id=lead["_id"],
        version=lead["version"],
        owner_id=owner_id,
        team_id=lead.get("team_id"),
        opportunity_id=lead.get("opportunity_id"),
        reason=reason[:300],
        returned_at=tx.now,
    )
    tx.emit(returned, cause=begun_by(lead))
    return lead


def _why_not(lead: LeadDocument) -> str:
    outcome = lead.get("outcome")
    return f"Its sale is {outcome} already" if outcome else "No sale has been opened for it yet"
