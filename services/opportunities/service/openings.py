"""Leads become opportunities, each once, with all that was heard of them before."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from services.opportunities import store
from services.opportunities.models import DEFAULT_PIPELINE, Opportunity, opportunity_id_of, said
from services.opportunities.rules import leads as rules
from services.opportunities.rules import stages
from services.opportunities.service.desk import watch_for_rot
from services.opportunities.service.leads import give_back, lead_name, opportunity_name, told
from services.opportunities.service.mergers import end_duplicate, follow_mergers, follow_separations
from services.opportunities.service.pipelines import known_pipelines
from services.opportunities.store import Ledger
from shared.events import AccountOpened, Event, LeadAssigned, LeadMerged, LeadQualified, LeadReturned, LeadUnmerged
from shared.transaction import Transaction


async def open_from_leads(tx: Transaction, qualified: list[LeadQualified]) -> None:
    """One opportunity per lead, once; a lead that is qualified again only tells what is new of it."""
    gone = await store.find_withdrawn_leads(tx, [lead.lead_id for lead in qualified])
    qualified = [lead for lead in qualified if lead.lead_id not in gone]
    ledger = await Ledger.of_leads(tx, [lead.lead_id for lead in qualified])
    first: dict[str, LeadQualified] = {}
    for lead in qualified:
        known = ledger.of_lead(lead.lead_id)
        if known and rules.comes_again(known, lead):
            await _take_again(tx, ledger, known, lead)
        elif known:
            if rules.was_good_before(known, lead):
                tx.hold(rules.without_person(lead), until=_apart(lead.lead_id))
            ledger.follow(rules.described(known, lead), what="described")
        elif ledger.has_opened(lead.lead_id):
            continue
        elif lead.lead_id in first:
            first[lead.lead_id] = max(first[lead.lead_id], lead, key=lambda one: one.version)
        else:
            first[lead.lead_id] = lead
    mergers = await _open(tx, ledger, first) if first else []
    await ledger.save()
    await follow_mergers(tx, mergers)


async def take_apart(tx: Transaction, separations: list[LeadUnmerged]) -> None:
    """A lead that was good before it took in another, and followed by that one's opportunity, gets one of its own."""
    left = {separation.lead_id: separation for separation in await follow_separations(tx, separations)}
    if left:
        good = [lead for lead in await tx.release(*map(_apart, left)) if isinstance(lead, LeadQualified)]
        await open_from_leads(tx, [rules.as_told_since(lead, left[lead.lead_id]) for lead in good])


def _apart(lead_id: str) -> str:
    return f"apart:{lead_id}"


async def _take_again(tx: Transaction, ledger: Ledger, known: Opportunity, lead: LeadQualified) -> None:
    pipeline = (await known_pipelines(tx))[known.pipeline]
    reason = lead.reasons[0].detail if lead.reasons else ""
    reopened = ledger.change(stages.reopened(rules.described(known, lead), pipeline, tx.now), what="reopened", why=reason)
    watch_for_rot(tx, reopened, pipeline)
    tx.emit(said.deal_reopened(reopened, reason or "its lead is good again", tx.now), cause=lead)


async def _open(tx: Transaction, ledger: Ledger, qualified: dict[str, LeadQualified]) -> list[LeadMerged]:
    """With all that was heard of them before they were there; returns the mergers, which are about other opportunities as well."""
    pipeline = (await known_pipelines(tx))[DEFAULT_PIPELINE.id]
    erased, absorbed = await store.find_erased_leads(tx, qualified), await store.find_absorbed(tx, qualified)
    held = await _release(tx, qualified)
    owners = [event.owner_id for event in chain.from_iterable(held.values()) if isinstance(event, LeadAssigned)]
    reps = await store.find_reps(tx, owners)
    for lead_id, lead in qualified.items():
        opportunity = rules.opened_from(lead, pipeline, tx.now)
        for event in held[opportunity.id]:
            opportunity = told(opportunity, event, reps)
        if lead_id in erased:
            opportunity = rules.erased(opportunity, (), lead=True)
        ledger.open(opportunity, why=f"{lead.grade}, {lead.score} points")
        watch_for_rot(tx, opportunity, pipeline)
        tx.emit(said.opportunity_opened(opportunity), cause=lead)
        for event in held[opportunity.id]:
            if isinstance(event, LeadReturned):
                give_back(tx, ledger, ledger.find(opportunity.id) or opportunity, event)
        if lead_id in absorbed:
            end_duplicate(tx, ledger, ledger.find(opportunity.id) or opportunity)
    return [merger for events in held.values() for merger in rules.standing_mergers(events)]


async def _release(tx: Transaction, lead_ids: Iterable[str]) -> dict[str, list[Event]]:
    """What was held about these leads, by the opportunity it is about, as it came to pass: topics have no order between each other."""
    ids = list(lead_ids)
    held: defaultdict[str, list[Event]] = defaultdict(list)
    for event in await tx.release(*map(lead_name, ids), *(opportunity_name(opportunity_id_of(lead_id)) for lead_id in ids)):
        if isinstance(event, AccountOpened):
            held[event.opportunity_id].append(event)
        elif isinstance(event, LeadAssigned | LeadMerged | LeadReturned | LeadUnmerged):
            held[opportunity_id_of(event.lead_id)].append(event)
    return defaultdict(list, {opportunity_id: sorted(events, key=rules.place_of) for opportunity_id, events in held.items()})
