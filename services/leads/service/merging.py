"""Two leads that a person took for one."""

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.rules.loads import load_of
from services.leads.rules.merging import changed_fields, merged_parts
from services.leads.service.beginnings import begun_by
from services.leads.service.desk import HandDesk
from services.leads.service.pools import Loads
from services.leads.service.verdicts import judge_lead, said_of
from services.leads.service.working import BY_HAND, Asked, change_lead, open_lead
from shared.errors import Invalid
from shared.events import LeadMerged, Match
from shared.history import Change
from shared.transaction import Transaction

ALIVE = ("captured", "qualified", "disqualified", "contacted")


async def merge_leads(tx: Transaction, asked: Asked, other_id: str) -> LeadDocument:
    """`other_id` becomes part of the lead that was asked for; whoever is looked up by what it was known by finds that one."""
    if other_id == asked.lead_id:
        raise Invalid("A lead can't be merged with itself", field="lead_id", rule="other")
    lead = await open_lead(tx, asked, *ALIVE)
    other = await open_lead(tx, Asked(other_id, asked.principal), *ALIVE)
    taken = other.pop("keys")
    await store.remove_from_queue(tx, [other["_id"]])
    await change_lead(tx, other, {"status": "merged", "merged_into": lead["_id"]}, what="merged", why=f"it is {lead['_id']}")
    await _take_over(tx, lead, {**other, "keys": taken})
    return lead


async def _take_over(tx: Transaction, lead: LeadDocument, other: LeadDocument) -> None:
    desk, loads = await HandDesk.opened(tx, lead, other), Loads(tx)
    load = load_of(lead)
    older, newer = sorted((lead, other), key=lambda one: one["created_at"])
    changed = merged_parts(lead, other)
    # What they want is as they said last, whichever of the two they said it as.
    changed["interest"] = {**older["interest"], **newer["interest"]}
    changed["consent"] = {**older["consent"], **newer["consent"]}
    before, after = changed_fields(lead, changed)
    lead.update(changed)
    lead["version"], lead["updated_at"] = lead["version"] + 1, tx.now
    said = said_of(lead)
    match = Match(rule=BY_HAND, score=1.0)
    merged = LeadMerged(lead_id=lead["_id"], version=lead["version"], merged_lead_id=other["_id"], match=match, **said)
    tx.emit(merged, cause=begun_by(lead))
    steps = ["merged", *judge_lead(desk, lead, said, cause=begun_by(lead))]
    await store.save_leads(tx, [lead])
    loads.note(load, load_of(lead))
    await loads.write()
    shown = {**after, "merged_lead_id": other["_id"], "steps": steps}
    tx.record(Change(of="lead", id=lead["_id"], version=lead["version"], what="merged", before=before, after=shown, why=BY_HAND))
    desk.close()
