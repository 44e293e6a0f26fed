"""What people do with leads: claim, contact, qualify, disqualify, assign."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from services.leads import store
from services.leads.models import LeadDocument, Rep
from services.leads.models.policies import FOUR_HOURS
from services.leads.rules.distribution.routing import claimants_of
from services.leads.rules.duplicates.absorbing import is_good
from services.leads.rules.judging.vocabulary import WORST_GRADE
from services.leads.service.distribution.deadlines import expect_responses, owned_anew
from services.leads.service.distribution.pools import Loads, respond_by
from services.leads.service.judging.outcomes import outcome_of, standing_of
from services.leads.service.judging.verdicts import said_of, send_to_pool, whose
from services.leads.service.privacy.sight import scope_of
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from shared.errors import Forbidden, Invalid, NotAllowedNow, StaleVersion
from shared.events import LeadAssigned, LeadContacted, LeadDisqualified, LeadQualified, Reason
from shared.history import Change
from shared.principal import Principal
from shared.transaction import Transaction

BY_HAND = "by-hand"
_MAY_WORK_FOR_OTHERS = frozenset({"manager", "admin", "agent"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants something done with a lead, of which they have seen this version (None: whichever)."""

    lead_id: str
    principal: Principal
    expected_version: int | None = None


async def claim_lead(tx: Transaction, asked: Asked) -> LeadDocument:
    """Of fifty who claim at once, one gets it."""
    lead = await open_lead(tx, asked, "captured", "qualified", "contacted")
    if lead.get("owner_id") is not None:
        raise NotAllowedNow(f"It belongs to {lead['owner_id']} already", field="owner_id", rule="unclaimed")
    rep = await store.find_record(tx, Rep, asked.principal.subject)
    return await _give(tx, lead, rep or asked.principal.subject, rule="claim", reason=f"claimed by {asked.principal.name}")


async def assign_lead(tx: Transaction, asked: Asked, owner_id: str, reason: str | None) -> LeadDocument:
    lead = await open_lead(tx, asked, "captured", "qualified", "contacted")
    rep = await store.find_record(tx, Rep, owner_id)
    if rep is None or not rep.active:
        raise Invalid(f"{owner_id} is no active rep", field="owner_id", rule="active_rep")
    if lead.get("owner_id") == owner_id:
        raise NotAllowedNow(f"It belongs to {owner_id} already", field="owner_id", rule="other_owner")
    return await _give(tx, lead, rep, rule=BY_HAND, reason=reason or f"assigned by {asked.principal.name}")


async def _give(tx: Transaction, lead: LeadDocument, to: Rep | str, *, rule: str, reason: str) -> LeadDocument:
    owner_id, team_id = (to.id, to.team_id) if isinstance(to, Rep) else (to, lead.get("team_id"))
    previous, within = lead.get("owner_id"), lead.get("respond_within", FOUR_HOURS)
    due = await respond_by(tx, to, within) if isinstance(to, Rep) else tx.now + timedelta(seconds=within)
    await store.remove_from_queue(tx, [lead["_id"]])
    fields: dict[str, Any] = {"owner_id": owner_id, "assigned_at": tx.now, "respond_by": due}
    if "escalated" in lead:
        fields["escalated"] = None
    await change_lead(tx, lead, fields | ({"team_id": team_id} if team_id else {}), what="assigned", why=reason)
    tx.emit(
        LeadAssigned(
            lead_id=lead["_id"],
            version=lead["version"],
            owner_id=owner_id,
            team_id=team_id,
            rule=rule,
            reason=reason[:300],
            respond_by=due,
            previous_owner_id=previous,
        ),
        cause=begun_by(lead),
    )
    remind = lead.get("demands", {}).get("remind")
    expect_responses(tx, {lead["_id"]: due}, {lead["_id"]: remind} if remind else None)
    return lead


async def contact_lead(tx: Transaction, asked: Asked, channel: str | None, contacted_at: datetime | None) -> LeadDocument:
    lead = await open_lead(tx, asked, "captured", "qualified", "contacted")
    expect_own(lead, asked.principal)
    if "contacted_at" in lead:
        raise NotAllowedNow("It has been contacted already", field="contacted_at", rule="first_contact")
    at = min(contacted_at or tx.now, tx.now)
    response = (at - lead["assigned_at"]).total_seconds() if "assigned_at" in lead else None
    await change_lead(tx, lead, {"status": "contacted", "contacted_at": at}, what="contacted", why=channel)
    contacted = LeadContacted(
        lead_id=lead["_id"],
        version=lead["version"],
        owner_id=lead.get("owner_id"),
        contacted_at=at,
        channel=channel,
        response_seconds=None if response is None else max(0.0, response),
    )
    tx.emit(contacted, cause=begun_by(lead))
    return lead


async def qualify_lead(tx: Transaction, asked: Asked, reason: str) -> LeadDocument:
    """Against the criteria, or before them: what a person decided stays decided. What sales gave back they get again."""
    lead = await open_lead(tx, asked, "captured", "disqualified", "contacted")
    if is_good(lead) and "returned_at" not in lead:
        raise NotAllowedNow("It is qualified already", field="status", rule="status")
    desk = await HandDesk.opened(tx, lead)
    lead.pop("reason", None)
    owned = await owned_anew(tx, lead)
    if "owner_id" in owned:
        lead["owner_id"] = None
    send_to_pool(desk, lead, desk.policy.route(lead, desk.customers))
    await store.remove_outcome(tx, lead["_id"])
    again = {"outcome": "converted", "returned_at": None, "stood": standing_of(lead)} if "returned_at" in lead else {}
    status = "contacted" if lead["status"] == "contacted" else "qualified"
    decided = {"status": status, "by_hand": reason, "qualified_at": tx.now, **owned, **again}
    await change_lead(tx, lead, decided, what="qualified", why=reason)
    tx.emit(LeadQualified(**said_because(desk, lead, Reason(criterion=BY_HAND, passed=True, detail=reason))), cause=begun_by(lead))
    await desk.close()
    return lead


async def disqualify_lead(tx: Transaction, asked: Asked, reason: str) -> LeadDocument:
    lead = await open_lead(tx, asked, "captured", "qualified", "contacted")
    desk = await HandDesk.opened(tx)
    await store.remove_from_queue(tx, [lead["_id"]])
    await store.save_outcomes(tx, [outcome_of(tx, lead, won=False)])
    await change_lead(tx, lead, {"status": "disqualified", "reason": reason, "by_hand": reason}, what="disqualified", why=reason)
    said = said_because(desk, lead, Reason(criterion=BY_HAND, passed=False, detail=reason))
    tx.emit(LeadDisqualified(**said, reason=reason), cause=begun_by(lead))
    return lead


def said_because(desk: HandDesk, lead: LeadDocument, why: Reason) -> dict[str, Any]:
    """What is said of a lead whose verdict does not come of the criteria alone."""
    return {
        "lead_id": lead["_id"],
        "version": lead["version"],
        "source": lead["source"],
        **said_of(lead),
        "score": lead.get("score", 0),
        "fit": lead.get("fit"),
        "engagement": lead.get("engagement"),
        "grade": lead.get("grade", WORST_GRADE),
        "probability": lead.get("probability"),
        "criteria_version": lead.get("criteria_version", 0),
        "reasons": [why, *desk.policy.reasons_of(lead)],
        **whose(lead),
        "to_claim": claimants_of(lead),
        "qualified_at": desk.tx.now,
    }


async def open_lead(tx: Transaction, asked: Asked, *statuses: str) -> LeadDocument:
    """Within the reach of who asks, as they have seen it, and in a state in which it can be done."""
    lead = await store.get_lead(tx, asked.lead_id, await scope_of(tx, asked.principal))
    if asked.expected_version not in (None, lead["version"]):
        raise StaleVersion(f"It is at version {lead['version']} now", field="If-Match", rule="version")
    if lead["status"] not in statuses:
        raise NotAllowedNow(f"It is {lead['status']}; this takes one that is {' or '.join(statuses)}", field="status", rule="status")
    return lead


def expect_own(lead: LeadDocument, principal: Principal) -> None:
    if lead.get("owner_id") != principal.subject and not principal.roles & _MAY_WORK_FOR_OTHERS:
        raise Forbidden("This is for its owner; claim it first, if it has none")


async def change_lead(tx: Transaction, lead: LeadDocument, fields: dict[str, Any], *, what: str, why: str | None) -> None:
    """A field that is None is taken away, but for the owner: of a lead that nobody has, that is said."""
    before, loads = {name: value for name, value in lead.items() if name in fields}, Loads(tx)
    loads.note_change(lead, fields)
    cast(dict[str, Any], lead).update(fields)
    for name in [name for name, value in fields.items() if value is None and name != "owner_id"]:
        cast(dict[str, Any], lead).pop(name)
    lead["version"], lead["updated_at"] = lead["version"] + 1, tx.now
    await store.save_leads(tx, [lead])
    await loads.write()
    tx.record(Change(of="lead", id=lead["_id"], version=lead["version"], what=what, before=before, after=fields, why=why))
