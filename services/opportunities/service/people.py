"""The people on both sides: who sells, and who must be forgotten."""

from services.opportunities import store
from services.opportunities.models import Rep, opportunity_id_of
from services.opportunities.rules import leads as rules
from services.opportunities.service.leads import lead_name
from services.opportunities.store import Ledger
from shared.events import LeadMerged, LeadUnmerged, PersonErased, RepChanged
from shared.forgetting import wipe_parked
from shared.transaction import Transaction


async def learn_reps(tx: Transaction, changes: list[RepChanged]) -> None:
    known = await store.find_reps(tx, [change.rep_id for change in changes])
    for change in changes:
        if change.rep_id not in known or change.version > known[change.rep_id].version:
            known[change.rep_id] = Rep(id=change.rep_id, **change.model_dump(include=set(Rep.model_fields)))
    await store.save_reps(tx, known.values())


async def erase_people(tx: Transaction, erasures: list[PersonErased]) -> None:
    """From what is kept, from its history, and from what still waits or is parked; a lead that comes later opens without its person."""
    lead_ids = {lead_id for erasure in erasures for lead_id in erasure.lead_ids}
    hashes = {email_hash for erasure in erasures for email_hash in erasure.email_hashes}
    await store.add_erased_leads(tx, lead_ids)
    await _forget_held(tx, lead_ids)
    await wipe_parked(tx, email_hashes=hashes, ids=lead_ids)
    ledger = await Ledger.of_person(tx, [opportunity_id_of(lead_id) for lead_id in lead_ids], hashes)
    for opportunity in ledger.all():
        ledger.change(rules.erased(opportunity, hashes, lead=opportunity.lead_id in lead_ids), what="person_erased", telling=False)
    await ledger.save()
    await store.blank_history(tx, [opportunity.id for opportunity in ledger.all()], {"person": {}, "contacts": [], "name": None})


async def _forget_held(tx: Transaction, lead_ids: set[str]) -> None:
    for name in map(lead_name, sorted(lead_ids)):
        for event in await tx.release(name):
            tx.hold(rules.without_person(event) if isinstance(event, LeadMerged | LeadUnmerged) else event, until=name)
