"""What leads and accounts tell of an opportunity: its birth, its owner, its details, its account."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from services.opportunities import store
from services.opportunities.models import DEFAULT_PIPELINE, Opportunity, Pipeline, Rep, opportunity_id_of, said
from services.opportunities.rules import leads as rules
from services.opportunities.rules import stages
from services.opportunities.service.desk import ROTTING, watch_for_rot
from services.opportunities.service.pipelines import known_pipelines
from services.opportunities.store import Ledger
from shared.events import AccountOpened, Event, LeadAssigned, LeadMerged, LeadQualified, LeadReturned, LeadUnmerged, LeadWithdrawn
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
            ledger.follow(rules.described(known, lead), what="described")
        elif ledger.has_opened(lead.lead_id):
            continue
        elif lead.lead_id in first:
            first[lead.lead_id] = max(first[lead.lead_id], lead, key=lambda one: one.version)
        else:
            first[lead.lead_id] = lead
    if first:
        await _open(tx, ledger, first)
    await ledger.save()


async def follow_owners(tx: Transaction, assignments: list[LeadAssigned]) -> None:
    ledger = await Ledger.of_leads(tx, [assignment.lead_id for assignment in assignments])
    reps = await store.find_reps(tx, [assignment.owner_id for assignment in assignments])
    for assignment in assignments:
        opportunity = ledger.of_lead(assignment.lead_id)
        if opportunity is None:
            tx.hold(assignment, until=_lead(assignment.lead_id))
        else:
            ledger.follow(_told(opportunity, assignment, reps), what="assigned", why=assignment.reason)
    await ledger.save()


async def _take_again(tx: Transaction, ledger: Ledger, known: Opportunity, lead: LeadQualified) -> None:
    pipeline = (await known_pipelines(tx))[known.pipeline]
    reason = lead.reasons[0].detail if lead.reasons else ""
    reopened = ledger.change(stages.reopened(rules.described(known, lead), pipeline, tx.now), what="reopened", why=reason)
    watch_for_rot(tx, reopened, pipeline)
    tx.emit(said.deal_reopened(reopened, reason or "its lead is good again", tx.now), cause=lead)


async def take_back(tx: Transaction, returns: list[LeadReturned]) -> None:
    """Sales gave these leads back."""
    ledger = await Ledger.of_leads(tx, [one.lead_id for one in returns])
    for one in returns:
        opportunity = ledger.of_lead(one.lead_id)
        if opportunity is None:
            tx.hold(one, until=_lead(one.lead_id))
        else:
            _take_back(tx, ledger, opportunity, one)
    await ledger.save()


def _take_back(tx: Transaction, ledger: Ledger, opportunity: Opportunity, one: LeadReturned) -> None:
    after = rules.returned(opportunity, one, tx.now)
    if after is not opportunity:
        returned = ledger.change(after, what="returned", why=one.reason)
        tx.cancel(ROTTING, key=returned.id)
        tx.emit(said.opportunity_returned(returned, tx.now), cause=one)


async def follow_mergers(tx: Transaction, mergers: list[LeadMerged]) -> None:
    """The opportunity of a lead that became part of another ends if nobody has worked on it, or else is linked.

    If it is the only one it follows the lead that stayed.
    """
    ledger = await Ledger.of_leads(tx, [lead_id for merger in mergers for lead_id in (merger.lead_id, merger.merged_lead_id) if lead_id])
    for merger in mergers:
        opportunity, others = ledger.of_lead(merger.lead_id), ledger.of_lead(merger.merged_lead_id or "")
        if opportunity is not None:
            ledger.follow(_told(opportunity, merger, {}), what="merged", why=merger.match.rule)
            if others is not None:
                _end_duplicate(tx, ledger, others)
        elif others is not None:
            ledger.follow(rules.relinked(others, merger), what="relinked", why=merger.match.rule)
        else:
            tx.hold(merger, until=_lead(merger.lead_id))
    await ledger.save()


async def withdraw_leads(tx: Transaction, withdrawn: list[LeadWithdrawn]) -> None:
    """What nobody has worked on goes with its lead; the rest stays, and its history tells that the lead has gone."""
    lead_ids = [lead.lead_id for lead in withdrawn]
    await store.add_withdrawn_leads(tx, lead_ids)
    await tx.release(*map(_lead, lead_ids))
    ledger = await Ledger.of(tx, [opportunity_id_of(lead_id) for lead_id in lead_ids])
    for lead in withdrawn:
        opportunity = ledger.find(opportunity_id_of(lead.lead_id))
        if opportunity is None:
            continue
        if rules.is_untouched(opportunity) or rules.is_duplicate(opportunity):
            ledger.remove(opportunity, why=lead.reason)
            tx.cancel(ROTTING, key=opportunity.id)
            tx.emit(said.opportunity_withdrawn(opportunity, lead.reason, tx.now), cause=lead)
        else:
            ledger.change(opportunity, what="lead_withdrawn", why=lead.reason)
    await ledger.save()


async def follow_separations(tx: Transaction, separations: list[LeadUnmerged]) -> None:
    """What ended as a duplicate is open again, what followed the other lead comes back, and what was linked is linked no more."""
    ledger = await Ledger.of_leads(tx, [lead_id for one in separations for lead_id in (one.lead_id, one.restored_lead_id) if lead_id])
    pipelines = await known_pipelines(tx)
    for separation in separations:
        opportunity = ledger.of_lead(separation.lead_id)
        own = ledger.find(opportunity_id_of(separation.restored_lead_id)) if separation.restored_lead_id else None
        if opportunity is None:
            tx.hold(separation, until=_lead(separation.lead_id))
        elif opportunity is not own:
            ledger.follow(_told(opportunity, separation, {}), what="unmerged")
        if own is not None:
            _restore(tx, ledger, own, separation, pipelines[own.pipeline])
    await ledger.save()


def _end_duplicate(tx: Transaction, ledger: Ledger, opportunity: Opportunity) -> None:
    if rules.is_untouched(opportunity):
        ended = ledger.change(rules.ended_as_duplicate(opportunity, tx.now), what="closed", why=rules.DUPLICATE)
        tx.cancel(ROTTING, key=ended.id)
        tx.emit(said.deal_closed(ended, stages.cycle_seconds(ended)))


def _restore(tx: Transaction, ledger: Ledger, own: Opportunity, separation: LeadUnmerged, pipeline: Pipeline) -> None:
    was_ended = rules.is_duplicate(own)
    restored = rules.restored(stages.reopened(own, pipeline, tx.now) if was_ended else own, separation)
    ledger.follow(restored, what="reopened" if was_ended else "unmerged")
    watch_for_rot(tx, restored, pipeline)
    if was_ended:
        tx.emit(said.deal_reopened(ledger.find(own.id) or restored, "a lead of its own again", tx.now))


async def attach_accounts(tx: Transaction, accounts: list[AccountOpened]) -> None:
    ledger = await Ledger.of(tx, [account.opportunity_id for account in accounts])
    for account in accounts:
        opportunity = ledger.find(account.opportunity_id)
        if opportunity is None:
            tx.hold(account, until=_opportunity(account.opportunity_id))
        else:
            ledger.follow(_told(opportunity, account, {}), what="account_opened")
    await ledger.save()


async def _open(tx: Transaction, ledger: Ledger, qualified: dict[str, LeadQualified]) -> None:
    """With all that was heard of them before they were there."""
    pipeline = (await known_pipelines(tx))[DEFAULT_PIPELINE.id]
    erased, absorbed = await store.find_erased_leads(tx, qualified), await store.find_absorbed(tx, qualified)
    held = await _release(tx, qualified)
    owners = [event.owner_id for event in chain.from_iterable(held.values()) if isinstance(event, LeadAssigned)]
    reps = await store.find_reps(tx, owners)
    for lead_id, lead in qualified.items():
        opportunity = rules.opened_from(lead, pipeline, tx.now)
        for event in held[opportunity.id]:
            opportunity = _told(opportunity, event, reps)
        if lead_id in erased:
            opportunity = rules.erased(opportunity, (), lead=True)
        ledger.open(opportunity, why=f"{lead.grade}, {lead.score} points")
        watch_for_rot(tx, opportunity, pipeline)
        tx.emit(said.opportunity_opened(opportunity), cause=lead)
        for event in held[opportunity.id]:
            if isinstance(event, LeadReturned):
                _take_back(tx, ledger, ledger.find(opportunity.id) or opportunity, event)
        if lead_id in absorbed:
            _end_duplicate(tx, ledger, ledger.find(opportunity.id) or opportunity)


async def _release(tx: Transaction, lead_ids: Iterable[str]) -> dict[str, list[Event]]:
    """What was held about these leads, by the opportunity it is about."""
    ids = list(lead_ids)
    held: defaultdict[str, list[Event]] = defaultdict(list)
    for event in await tx.release(*map(_lead, ids), *(_opportunity(opportunity_id_of(lead_id)) for lead_id in ids)):
        if isinstance(event, AccountOpened):
            held[event.opportunity_id].append(event)
        elif isinstance(event, LeadAssigned | LeadMerged | LeadReturned | LeadUnmerged):
            held[opportunity_id_of(event.lead_id)].append(event)
    return held


def _told(opportunity: Opportunity, event: Event, reps: dict[str, Rep]) -> Opportunity:
    match event:
        case LeadAssigned():
            rep = reps.get(event.owner_id)
            return rules.assigned(opportunity, event, rep.team_id if rep else None)
        case LeadMerged():
            return rules.merged(opportunity, event)
        case LeadUnmerged():
            return rules.unlinked(opportunity, event)
        case AccountOpened():
            return opportunity.model_copy(update={"account_id": event.account_id})
    return opportunity


def _lead(lead_id: str) -> str:
    return f"lead:{lead_id}"


def _opportunity(opportunity_id: str) -> str:
    return f"opportunity:{opportunity_id}"
