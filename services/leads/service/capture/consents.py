"""What people answer: they confirm, or let it pass."""

from collections.abc import Sequence

from services.leads import store
from services.leads.models import DOUBLE_OPT_IN, ConsentRecord, LeadDocument, SubmissionDocument
from services.leads.rules.distribution.loads import load_of
from services.leads.service.capture.capture import capture_leads
from services.leads.service.capture.opt_in import is_over
from services.leads.service.distribution.pools import Loads
from services.leads.service.enrichment.enriching import judge_unless_waiting
from services.leads.service.judging.verdicts import said_of
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from shared.events import ConsentGiven, Envelope, LeadSubmitted
from shared.history import Change
from shared.timers import Timer
from shared.transaction import Transaction

MOST_HOPS = 20


async def give_consent(tx: Transaction, consent_id: str, given_from: str) -> ConsentRecord:
    """Once and for all: what waited for it goes on, and the leads know. One that is over, or was given before, stays as it is."""
    consent = await store.get_consent(tx, consent_id)
    if consent.status == "given" or is_over(consent, tx.now):
        return consent
    now = {"status": "given", "given_at": tx.now, "given_from": given_from, "version": consent.version + 1, "updated_at": tx.now}
    given = consent.model_copy(update=now)
    await store.save_consents(tx, [given])
    await _let_in(tx, await store.find_submissions_of_consents(tx, [consent_id]))
    leads = await _leads_of(tx, consent_id)
    await _tell_leads(tx, given, leads)
    given = given.model_copy(update={"lead_ids": [lead["_id"] for lead in leads]})
    await store.save_consents(tx, [given])
    return given


async def _let_in(tx: Transaction, rows: Sequence[SubmissionDocument]) -> None:
    """Here and now, not over the topic once more: it would be the same event, and that has been heard."""
    waiting = [row for row in rows if row["status"] == "unconfirmed"]
    await store.change_submissions(tx, {row["_id"]: {"status": "pending", "held": None} for row in waiting})
    await capture_leads(tx, [_as_it_came(tx, row) for row in waiting])


def _as_it_came(tx: Transaction, row: SubmissionDocument) -> LeadSubmitted:
    submission = LeadSubmitted.model_validate_json(row["held"])
    submission.in_envelope(Envelope(row["_id"], f"/dealwire/{tx.database.name}", row["received_at"], row["_id"]))
    return submission


async def _leads_of(tx: Transaction, consent_id: str) -> list[LeadDocument]:
    """Those of the submissions that asked, each once; of one that was merged, the one that it became part of."""
    rows = await store.find_submissions_of_consents(tx, [consent_id])
    leads = await store.find_leads(tx, {row["lead_id"] for row in rows if "lead_id" in row})
    for _ in range(MOST_HOPS):
        merged = {lead["merged_into"] for lead in leads.values() if "merged_into" in lead}
        if not merged:
            break
        leads = {lead_id: lead for lead_id, lead in leads.items() if "merged_into" not in lead} | await store.find_leads(tx, merged)
    return list(leads.values())


async def _tell_leads(tx: Transaction, consent: ConsentRecord, leads: Sequence[LeadDocument]) -> None:
    desk, loads = await HandDesk.opened(tx, *leads), Loads(tx)
    for lead in leads:
        load = load_of(lead)
        _tell_lead(desk, consent, lead)
        loads.note(load, load_of(lead))
    await store.save_leads(tx, leads)
    await loads.write()
    await desk.close()


def _tell_lead(desk: HandDesk, consent: ConsentRecord, lead: LeadDocument) -> None:
    """It is judged anew, unless it waits to be: that somebody may be written to can make a good lead of them."""
    tx, before, cause = desk.tx, lead["consent"], begun_by(lead)
    lead["consent"] = {**before, "marketing": True, "basis": DOUBLE_OPT_IN, "given_at": tx.now}
    lead["version"], lead["updated_at"] = lead["version"] + 1, tx.now
    given = ConsentGiven(
        lead_id=lead["_id"],
        version=lead["version"],
        consent_id=consent.id,
        source=consent.source,
        purpose=consent.purpose,
        basis=consent.basis,
        given_at=tx.now,
    )
    tx.emit(given, cause=cause)
    steps = ["consented", *judge_unless_waiting(desk, lead, said_of(lead), cause=cause)]
    after = {"consent": lead["consent"], "consent_id": consent.id, "steps": steps}
    tx.record(Change("lead", lead["_id"], lead["version"], "consented", {"consent": before}, after, why=consent.basis))


async def close_opt_ins(tx: Transaction, due: list[Timer]) -> None:
    """Nobody answered: what waited has expired, and nothing of the person is kept."""
    consents = await store.find_consents_by_id(tx, [timer.key for timer in due])
    over = [one for one in consents if one.status == "requested" and one.expires_at <= tx.now]
    gone = {"status": "expired", "email": None, "updated_at": tx.now}
    await store.save_consents(tx, [one.model_copy(update={**gone, "version": one.version + 1}) for one in over])
    rows = await store.find_submissions_of_consents(tx, [one.id for one in over])
    expired = {"status": "expired", "settled_at": tx.now, "raw": None, "held": None, "proof": None, "reason": "Nobody confirmed it in time"}
    await store.change_submissions(tx, {row["_id"]: expired for row in rows if row["status"] == "unconfirmed"})
