"""Two leads that turned out to be one person: what stays, what goes over, and what is kept so that it can be undone."""

from typing import Any, cast

from services.leads import store
from services.leads.models import LeadDocument, MergeDocument
from services.leads.rules.capture.merging import changed_fields, merged_parts
from services.leads.rules.distribution.loads import load_of
from services.leads.rules.duplicates.absorbing import is_good, state_of, taken_over
from services.leads.rules.duplicates.blocks import likeness_row
from services.leads.rules.judging.standing import is_untouched
from services.leads.service.capture.described import describe
from services.leads.service.distribution.deadlines import expect_responses
from services.leads.service.distribution.pools import Loads
from services.leads.service.duplicates.moving import move_engagements_later
from services.leads.service.judging.verdicts import judge_lead, said_of, send_to_pool
from services.leads.service.policies import current_matching
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from services.leads.service.sales.working import BY_HAND, Asked, change_lead, open_lead, said_because
from shared.database import new_id
from shared.errors import Invalid
from shared.events import LeadAssigned, LeadMerged, LeadQualified, Match, Reason
from shared.history import Change
from shared.transaction import Transaction

ALIVE = ("captured", "qualified", "disqualified", "contacted")
Fields = dict[str, Any]


async def merge_leads(tx: Transaction, asked: Asked, other_id: str) -> LeadDocument:
    """`other_id` becomes part of the lead that was asked for; whoever is looked up by what it was known by finds that one."""
    if other_id == asked.lead_id:
        raise Invalid("A lead can't be merged with itself", field="lead_id", rule="other")
    lead = await open_lead(tx, asked, *ALIVE)
    other = await open_lead(tx, Asked(other_id, asked.principal), *ALIVE)
    desk = await HandDesk.opened(tx, lead, other)
    await absorb(desk, lead, other, Match(rule=BY_HAND, score=1.0))
    await desk.close()
    describe(tx, [lead["_id"]])
    return lead


async def absorb(desk: HandDesk, lead: LeadDocument, other: LeadDocument, match: Match) -> None:
    """`other` becomes part of `lead`, and both are written. What came of it is to be compared anew."""
    tx, merge_id = desk.tx, new_id()
    merge: MergeDocument = {"_id": merge_id, "lead_id": lead["_id"], "merged_lead_id": other["_id"], "status": "merged"}
    merge |= {"match": match.model_dump(), "kept": dict(lead), "other": dict(other), "by": tx.by, "at": tx.now}
    await _let_go(tx, other, lead["_id"], merge_id)
    await _take_over(desk, lead, cast(LeadDocument, merge["other"]), match)
    merge["merged"], merge["merged_version"] = state_of(lead), lead["version"]
    await store.add_merge(tx, merge)
    await store.settle_duplicates_of(tx, other["_id"], lead["_id"])
    move_engagements_later(tx, other["_id"], to=lead["_id"])


async def _let_go(tx: Transaction, other: LeadDocument, kept_id: str, merge_id: str) -> None:
    """Without keys nobody finds it any more, and they are free for the other; nobody is waited for any longer."""
    for name in ("keys", "waits_for", "waits_until"):
        cast(Fields, other).pop(name, None)
    await store.remove_likenesses(tx, [other["_id"]])
    await store.remove_from_queue(tx, [other["_id"]])
    fields = {"status": "merged", "merged_into": kept_id, "merge_id": merge_id}
    await change_lead(tx, other, fields, what="merged", why=f"it is {kept_id}")


async def _take_over(desk: HandDesk, lead: LeadDocument, other: LeadDocument, match: Match) -> None:
    tx, former_owner = desk.tx, lead.get("owner_id")
    loads, load = Loads(tx), load_of(lead)
    changed = merged_parts(lead, other, (await current_matching(tx.database)).policy.survivorship)
    before, after = changed_fields(lead, changed)
    was_good, taken = is_good(lead), taken_over(lead, other)
    set_fields(lead, {**changed, **taken})
    lead["version"], lead["updated_at"] = lead["version"] + 1, tx.now
    said, cause = said_of(lead), begun_by(lead)
    tx.emit(LeadMerged(lead_id=lead["_id"], version=lead["version"], merged_lead_id=other["_id"], match=match, **said), cause=cause)
    steps = ["merged", *(["waiting"] if "waits_until" in lead else judge_lead(desk, lead, said, cause=cause))]
    if is_good(lead) and not was_good and "qualified" not in steps:
        steps += ["qualified", *await _say_qualified(desk, lead, other["_id"])]
    if lead.get("owner_id") != former_owner:
        steps.append("assigned")
        await _say_owner(tx, lead, former_owner, reason="it came with the lead that became part of this one")
    await store.save_leads(tx, [lead])
    await store.save_likenesses(tx, [likeness_row(lead)])
    loads.note(load, load_of(lead))
    await loads.write()
    shown = {**after, "merged_lead_id": other["_id"], "steps": steps}
    tx.record(Change(of="lead", id=lead["_id"], version=lead["version"], what="merged", before=before, after=shown, why=match.rule))


def set_fields(lead: LeadDocument, fields: Fields) -> None:
    """What is None, or an empty list of keys, is taken away; but for the owner, who may be nobody."""
    for name, value in fields.items():
        if value is None and name != "owner_id" or name in ("keys", "origins") and not value:
            cast(Fields, lead).pop(name, None)
        else:
            cast(Fields, lead)[name] = value


async def _say_qualified(desk: HandDesk, lead: LeadDocument, other_id: str) -> list[str]:
    """It is as good as the one that became part of it; if nobody has it and no sale was begun, it is on its way to somebody."""
    lead["version"] += 1
    await store.remove_outcome(desk.tx, lead["_id"])
    steps = send_to_pool(desk, lead, desk.policy.route(lead, desk.customers)) if is_untouched(lead) else []
    why = Reason(criterion="merge", passed=True, detail=f"{other_id} was qualified, and became part of it")
    desk.tx.emit(LeadQualified(**said_because(desk, lead, why)), cause=begun_by(lead))
    return steps


async def _say_owner(tx: Transaction, lead: LeadDocument, former_owner: str | None, *, reason: str) -> None:
    """Says whose the lead is now; who has not answered yet has until then."""
    lead["version"] += 1
    await store.remove_from_queue(tx, [lead["_id"]])
    assigned = LeadAssigned(
        lead_id=lead["_id"],
        version=lead["version"],
        owner_id=lead["owner_id"] or "",
        team_id=lead.get("team_id"),
        rule="merge",
        reason=reason,
        respond_by=lead["respond_by"],
        previous_owner_id=former_owner,
    )
    tx.emit(assigned, cause=begun_by(lead))
    if "contacted_at" not in lead:
        expect_responses(tx, {lead["_id"]: lead["respond_by"]})
