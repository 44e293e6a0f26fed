"""What becomes of a lead once it is being sold to."""

from typing import Any, cast

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.service.distribution.pools import Loads
from services.leads.service.judging.outcomes import outcome_of, standing_of
from services.leads.service.sales.touches import SETTLED_AFTER
from shared.events import DealClosed, OpportunityOpened
from shared.history import Change
from shared.transaction import Transaction


async def convert_leads(tx: Transaction, opened: list[OpportunityOpened]) -> None:
    """An opportunity that was opened for nobody's lead is no concern of ours."""
    leads = await store.find_leads_of_opportunities(tx, [one.lead_id for one in opened if one.lead_id])
    changes: dict[str, dict[str, Any]] = {}
    for one in opened:
        lead = leads.get(one.lead_id or "")
        if lead is not None and "outcome" not in lead:
            fields = {"outcome": "converted", "opportunity_id": one.opportunity_id}
            changes[lead["_id"]] = _change(tx, lead, fields, what="converted") | {"stood": standing_of(lead)}
    await store.change_leads(tx, changes)


async def close_leads(tx: Transaction, closed: list[DealClosed]) -> None:
    leads = await store.find_leads_closed(tx, [one.lead_id for one in closed if one.lead_id])
    outcomes: dict[str, dict[str, Any]] = {}
    changes: dict[str, dict[str, Any]] = {}
    won: dict[str, dict[str, Any]] = {}
    others: set[str] = set()
    loads = Loads(tx)
    for one in closed:
        lead = leads.get(one.lead_id or "")
        if lead is not None and _decides(one, lead):
            fields = {"outcome": one.outcome, "opportunity_id": one.opportunity_id, "deal_version": one.version, "closed_at": one.closed_at}
            loads.note_change(lead, fields)
            changes[lead["_id"]] = changes.get(lead["_id"], {}) | _change(tx, lead, fields, what=one.outcome, why=one.reason)
            outcomes[lead["_id"]] = outcome_of(tx, lead, won=one.outcome == "won")
            others.add(one.opportunity_id)
            won.pop(one.opportunity_id, None)
            if one.outcome == "won":
                deal = one.model_dump(include={"lead_id", "amount", "currency", "closed_at"})
                won[one.opportunity_id] = deal | {"due_at": one.closed_at + SETTLED_AFTER}
    await store.change_leads(tx, changes)
    await store.save_outcomes(tx, list(outcomes.values()))
    await loads.write()
    await store.keep_won_deals(tx, won, others - won.keys())


def _decides(closed: DealClosed, lead: LeadDocument) -> bool:
    """What is newer than what is known; of the second opportunity of a lead that was two, only that it was won."""
    if lead.get("opportunity_id", closed.opportunity_id) != closed.opportunity_id:
        return closed.outcome == "won" and lead.get("outcome") != "won"
    return closed.version > lead.get("deal_version", 0)


def _change(tx: Transaction, lead: LeadDocument, fields: dict[str, Any], *, what: str, why: str | None = None) -> dict[str, Any]:
    before = {name: value for name, value in lead.items() if name in fields}
    cast(dict[str, Any], lead).update(fields)
    lead["version"] += 1
    tx.record(Change(of="lead", id=lead["_id"], version=lead["version"], what=what, before=before, after=fields, why=why))
    return {**fields, "version": lead["version"], "updated_at": tx.now}
