"""Who is given a lead is to respond in time; if not, it goes to somebody else."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.models.counting import day_of
from services.leads.service.beginnings import begun_by
from services.leads.service.routed import Routed
from shared.database import new_id
from shared.events import LeadResponseOverdue
from shared.history import Change
from shared.timers import Timer
from shared.transaction import Transaction

RESPONSE_DUE = "lead.response_due"
MOST_REROUTES = 3
# Leads that are dealt out together share a deadline, and so a timer: few enough that 250 timers at once are still one transaction.
SHARING_A_TIMER = 20


def expect_responses(tx: Transaction, deadlines: Mapping[str, datetime]) -> None:
    """By lead. A timer asks the lead itself whether its deadline still stands, so that none ever needs to be cancelled."""
    together: defaultdict[datetime, list[str]] = defaultdict(list)
    for lead_id, respond_by in deadlines.items():
        together[respond_by].append(lead_id)
    for respond_by, lead_ids in together.items():
        for start in range(0, len(lead_ids), SHARING_A_TIMER):
            tx.schedule(respond_by, RESPONSE_DUE, {"lead_ids": lead_ids[start : start + SHARING_A_TIMER]}, key=new_id())


async def note_overdue(tx: Transaction, due: list[Timer]) -> None:
    """Goes to somebody else of the pool, but not for ever: after the third time it stays, overdue as it is."""
    deadlines = {lead_id: timer.due for timer in due for lead_id in timer.payload["lead_ids"]}
    leads = await store.find_leads_overdue(tx, list(deadlines))
    routed = Routed()
    overdue = [lead for lead_id, lead in leads.items() if _is_overdue(lead, deadlines[lead_id])]
    await store.change_leads(tx, {lead["_id"]: _note_overdue(tx, lead, routed) for lead in overdue})
    routed.say(tx)


def _is_overdue(lead: LeadDocument, deadline: datetime) -> bool:
    """Not if it was contacted, closed, or given to somebody with a later deadline."""
    still_open = lead["status"] == "qualified" and lead.get("outcome", "converted") == "converted"
    return still_open and lead.get("owner_id") is not None and "contacted_at" not in lead and lead["respond_by"] <= deadline


def _note_overdue(tx: Transaction, lead: LeadDocument, routed: Routed) -> dict[str, Any]:
    owner_id, reroutes, version = str(lead["owner_id"]), lead.get("reroutes", 0), lead["version"] + 1
    overdue = LeadResponseOverdue(
        lead_id=lead["_id"], version=version, owner_id=owner_id, team_id=lead.get("team_id"), respond_by=lead["respond_by"]
    )
    tx.emit(overdue, cause=begun_by(lead))
    store.Tally.of(tx).count(("rep", day_of(lead["assigned_at"]), owner_id, ""), "overdue")
    goes_on = reroutes < MOST_REROUTES and "pool_id" in lead
    change: dict[str, Any] = {"owner_id": None, "previous_owner_id": owner_id, "reroutes": reroutes + 1} if goes_on else {}
    tx.record(Change(of="lead", id=lead["_id"], version=version, what="overdue", before={"owner_id": owner_id}, after=change))
    if goes_on:
        lead["version"], lead["previous_owner_id"] = version, owner_id
        routed.add_again(lead, reason=f"{owner_id} did not respond in time")
    return {"version": version, "updated_at": tx.now, **change}
