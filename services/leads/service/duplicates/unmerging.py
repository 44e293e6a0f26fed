"""A merge is taken back: both leads are again what each would be, and what came since goes to whom it is of."""

from collections.abc import Collection
from typing import Any, cast

from services.leads import store
from services.leads.models import LeadDocument, MergeDocument
from services.leads.rules.distribution.loads import load_of
from services.leads.rules.duplicates.absorbing import given_back, is_good
from services.leads.rules.duplicates.blocks import likeness_row
from services.leads.rules.duplicates.unmerging import Division, divided
from services.leads.service.capture.contributions import contributions_to
from services.leads.service.capture.described import describe
from services.leads.service.distribution.deadlines import owned_anew
from services.leads.service.distribution.pools import Loads
from services.leads.service.duplicates.merging import ALIVE, absorb, set_fields
from services.leads.service.duplicates.moving import return_engagements_later
from services.leads.service.enrichment.enriching import judge_at_last, judge_unless_waiting
from services.leads.service.judging.outcomes import outcome_of
from services.leads.service.judging.verdicts import said_of, whose
from services.leads.service.policies import current_matching
from services.leads.service.privacy.sight import scope_of
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from services.leads.service.sales.working import Asked, open_lead, said_because
from services.leads.store import pair_of
from shared.errors import Invalid, NotAllowedNow
from shared.events import Event, LeadDisqualified, LeadUnmerged, Match, Reason, RestoredLead
from shared.history import Change
from shared.transaction import Transaction

Fields = dict[str, Any]


async def unmerge_leads(tx: Transaction, asked: Asked, other_id: str | None) -> LeadDocument:
    """Takes back that `other_id` became part of the lead that was asked for; without it, the last merge. Either may be asked for."""
    asked, other_id = await _the_one_that_stayed(tx, asked, other_id)
    lead = await open_lead(tx, asked, *ALIVE)
    merges = await store.find_merges_into(tx, lead["_id"])
    return await _undo(tx, lead, merges, _chosen(merges, other_id))


async def take_apart(tx: Transaction, lead_ids: Collection[str]) -> int:
    """Takes back every merge that one of these leads took part in, the latest first; returns how many. A few dozen leads at once."""
    merges = await store.find_merges_with(tx, lead_ids)
    for merge in merges:
        await _out_of_whatever_it_became(tx, merge)
    return len(merges)


async def _out_of_whatever_it_became(tx: Transaction, merge: MergeDocument) -> None:
    """A lead that took the other in and then became part of a third comes out of that for a moment."""
    lead = (await store.find_leads(tx, [merge["lead_id"]]))[merge["lead_id"]]
    if lead["status"] != "merged":
        await _undo(tx, lead, await store.find_merges_into(tx, lead["_id"]), merge)
        return
    above = await store.get_merge(tx, lead["merge_id"])
    await _out_of_whatever_it_became(tx, above)
    await _out_of_whatever_it_became(tx, merge)
    both = await store.find_leads(tx, [above["lead_id"], lead["_id"]])
    desk = await HandDesk.opened(tx, *both.values())
    await absorb(desk, both[above["lead_id"]], both[lead["_id"]], Match.model_validate(above["match"]))
    await desk.close()
    (other,) = (await store.find_leads(tx, [merge["merged_lead_id"]])).values()
    await _return_engagements(tx, above["lead_id"], other)


async def _undo(tx: Transaction, lead: LeadDocument, merges: list[MergeDocument], merge: MergeDocument) -> LeadDocument:
    (other,) = (await store.find_leads(tx, [merge["merged_lead_id"]])).values()
    later = await contributions_to(tx, {lead["_id"]: merge["merged_version"]}, [one for one in merges if one["_id"] > merge["_id"]])
    division = divided(merge, lead, later.get(lead["_id"], []), (await current_matching(tx.database)).policy.survivorship)
    desk = await HandDesk.opened(tx, lead, other)
    loads, load, was_good, owner_id = Loads(tx), load_of(lead), is_good(lead), lead.get("owner_id")
    _restore_kept(desk, lead, merge, division)
    if was_good and lead["status"] == "disqualified":
        await _give_up(desk, lead, other["_id"])
    if lead.get("owner_id") != owner_id:
        await _begin_anew(desk, lead)
    _restore_other(desk, other, merge, division)
    await _begin_anew(desk, other)
    loads.note(load, load_of(lead))
    loads.note(None, load_of(other))
    # First the one that gives keys away.
    await store.save_leads(tx, [lead])
    await store.save_leads(tx, [other])
    await store.save_likenesses(tx, [likeness_row(lead), likeness_row(other)])
    await store.change_submissions(tx, {submission_id: {"lead_id": other["_id"]} for submission_id in division.moved})
    await loads.write()
    await desk.close()
    await _note(tx, lead, other, merge, merges, division)
    return lead


async def _the_one_that_stayed(tx: Transaction, asked: Asked, other_id: str | None) -> tuple[Asked, str | None]:
    lead = await store.get_lead(tx, asked.lead_id, await scope_of(tx, asked.principal))
    return (Asked(lead["merged_into"], asked.principal), lead["_id"]) if lead["status"] == "merged" else (asked, other_id)


def _chosen(merges: list[MergeDocument], other_id: str | None) -> MergeDocument:
    if not merges:
        raise NotAllowedNow("No lead has become part of it", field="lead_id", rule="merged")
    found = merges[-1] if other_id is None else next((merge for merge in merges if merge["merged_lead_id"] == other_id), None)
    if found is None:
        raise Invalid(f"{other_id} is no part of it", field="lead_id", rule="merged")
    return found


def _restore_kept(desk: HandDesk, lead: LeadDocument, merge: MergeDocument, division: Division) -> None:
    before = cast(LeadDocument, merge["kept"])
    state = given_back(lead, merge["merged"], before)
    set_fields(lead, {**division.kept, **{name: division.kept.get(name) for name in ("keys", "origins")}, **state})
    renew(desk, lead, unlike=before)


async def _give_up(desk: HandDesk, lead: LeadDocument, other_id: str) -> None:
    """What was good by the other alone is not any more; that somebody had disqualified it counts again for what is learned."""
    lead["version"] += 1
    if "by_hand" in lead:
        await store.save_outcomes(desk.tx, [outcome_of(desk.tx, lead, won=False)])
    await store.remove_from_queue(desk.tx, [lead["_id"]])
    why = Reason(criterion="unmerge", passed=False, detail=f"{other_id}, which was qualified, is a lead of its own again")
    desk.tx.emit(LeadDisqualified(**said_because(desk, lead, why), reason=lead.get("reason") or why.detail), cause=begun_by(lead))


def _restore_other(desk: HandDesk, other: LeadDocument, merge: MergeDocument, division: Division) -> None:
    before = cast(LeadDocument, merge["other"])
    version = other["version"]
    cast(Fields, other).clear()
    other.update(before)
    set_fields(other, {**division.other, "version": version, "keys": division.other.get("keys")})
    renew(desk, other, unlike=before)
    if "waits_until" in other:
        judge_at_last(desk, other, said_of(other))


async def _begin_anew(desk: HandDesk, lead: LeadDocument) -> None:
    """If nobody has it, or somebody who has left, it is dealt out, or claimed."""
    if not is_good(lead) or lead.get("outcome") in ("won", "lost"):
        return
    set_fields(lead, await owned_anew(desk.tx, lead))
    if lead.get("owner_id") is None and "pool_id" in lead:
        desk.route_again(lead, reason="it is a lead of its own again")
    elif lead.get("owner_id") is None:
        desk.leave_to_anybody(lead)


def renew(desk: HandDesk, lead: LeadDocument, *, unlike: LeadDocument) -> None:
    """The next version; what says something else than it did then is judged anew."""
    lead["version"], lead["updated_at"] = lead["version"] + 1, desk.tx.now
    if any(lead.get(part) != unlike.get(part) for part in ("person", "company", "interest", "consent", "attributes")):
        judge_unless_waiting(desk, lead, said_of(lead), cause=begun_by(lead))


async def _note(
    tx: Transaction, lead: LeadDocument, other: LeadDocument, merge: MergeDocument, merges: list[MergeDocument], division: Division
) -> None:
    undone: MergeDocument = {**merge, "status": "unmerged", "unmerged_at": tx.now, "unmerged_by": tx.by}
    changed = [
        cast(MergeDocument, {**one, "kept": {**one["kept"], **division.kept_before[one["_id"]]}})
        for one in merges
        if one["_id"] in division.kept_before
    ]
    await store.save_merges(tx, [undone, *changed])
    await store.tell_apart(tx, pair_of(lead["_id"], other["_id"]), merge)
    await _return_engagements(tx, lead["_id"], other)
    tx.emit(_said(lead, other), cause=begun_by(lead))
    of_other = {"unmerged_from": lead["_id"], "submission_ids": division.moved}
    for one, told in ((lead, {"restored_lead_id": other["_id"]}), (other, of_other)):
        tx.record(Change("lead", one["_id"], one["version"], "unmerged", after=told))
    describe(tx, [lead["_id"], other["_id"]])


async def _return_engagements(tx: Transaction, lead_id: str, to: LeadDocument) -> None:
    emails = [key.removeprefix("e:") for key in to.get("keys", ()) if key.startswith("e:")]
    return_engagements_later(tx, lead_id, to["_id"], first_of=await store.find_parts_of(tx, to["_id"]), emails=emails)


def _said(lead: LeadDocument, other: LeadDocument) -> Event:
    restored = RestoredLead(version=other["version"], status=other["status"], **said_of(other), **whose(other))
    both = {"lead_id": lead["_id"], "version": lead["version"], "restored_lead_id": other["_id"], "restored": restored}
    return LeadUnmerged(**both, **said_of(lead), **whose(lead))
