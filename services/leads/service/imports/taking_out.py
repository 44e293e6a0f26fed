"""What submissions brought to leads is taken out of them again, as if they had never come."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from services.leads import store
from services.leads.models import LeadDocument, MergeDocument
from services.leads.rules.distribution.loads import load_of
from services.leads.rules.duplicates.likeness import likeness_of
from services.leads.rules.duplicates.unmerging import differences, without
from services.leads.service.capture.contributions import beginnings_of, contributions_to
from services.leads.service.capture.described import describe
from services.leads.service.distribution.pools import Loads
from services.leads.service.duplicates.merging import absorb, set_fields
from services.leads.service.duplicates.unmerging import renew
from services.leads.service.judging.verdicts import said_of, whose
from services.leads.service.policies import current_matching
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from shared.events import LeadUnmerged, Match
from shared.history import Change
from shared.transaction import Transaction

Fields = dict[str, Any]
Gone = Mapping[str, Collection[str]]


async def take_out(tx: Transaction, leads: Sequence[LeadDocument], gone: Gone, import_id: str) -> dict[str, list[str]]:
    """`gone` are submissions by lead. Returns, by lead, the fields that stay because somebody has changed them since."""
    if not leads:
        return {}
    begun, merges = await beginnings_of(tx, leads), await store.find_merges_into(tx, *gone)
    later = await contributions_to(tx, dict.fromkeys(gone, 0), merges)
    survivorship = (await current_matching(tx.database)).policy.survivorship
    desk, loads = await HandDesk.opened(tx, *leads), Loads(tx)
    kept: dict[str, list[str]] = {}
    for lead in leads:
        lead_id, load, before = lead["_id"], load_of(lead), cast(LeadDocument, dict(lead))
        parts, kept[lead_id] = without(begun[lead_id], later.get(lead_id, []), gone[lead_id], lead, survivorship)
        set_fields(lead, {"keys": None, "origins": None, **parts})
        renew(desk, lead, unlike=before)
        loads.note(load, load_of(lead))
        _say(tx, lead, before, {"submission_ids": list(gone[lead_id]), "import_id": import_id})
    await store.save_leads(tx, leads)
    await loads.write()
    await desk.close()
    describe(tx, list(gone))
    return kept


async def merge_again(tx: Transaction, merges: Sequence[MergeDocument]) -> int:
    """Of these, which were taken apart: those that people made, and those who are still alike; returns how many, the earliest first."""
    matcher, again = await current_matching(tx.database), 0
    for merge in sorted(merges, key=lambda one: one["_id"]):
        lead, other = await _what_became_of(tx, merge["lead_id"]), await _what_became_of(tx, merge["merged_lead_id"])
        alike = matcher.compare(likeness_of(lead), likeness_of(other)).verdict == "merge"
        if lead["_id"] != other["_id"] and (alike or merge["by"].startswith("user:")):
            desk = await HandDesk.opened(tx, lead, other)
            await absorb(desk, lead, other, Match.model_validate(merge["match"]))
            await desk.close()
            again += 1
    return again


async def _what_became_of(tx: Transaction, lead_id: str) -> LeadDocument:
    lead = (await store.find_leads(tx, [lead_id]))[lead_id]
    return await _what_became_of(tx, lead["merged_into"]) if lead["status"] == "merged" else lead


def _say(tx: Transaction, lead: LeadDocument, before: LeadDocument, about: Fields) -> None:
    unmerged = LeadUnmerged(lead_id=lead["_id"], version=lead["version"], **about, **said_of(lead), **whose(lead))
    tx.emit(unmerged, cause=begun_by(lead))
    differing = differences(before, lead)
    was, now = ({path: both[side] for path, both in differing.items()} for side in (0, 1))
    tx.record(Change("lead", lead["_id"], lead["version"], "unmerged", was, {**now, **about}))
