"""What leads and accounts tell of an opportunity: its birth, its owner, its details, its account."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from services.opportunities import store
from services.opportunities.models import DEFAULT_PIPELINE, Opportunity, Rep, opportunity_id_of, said
from services.opportunities.rules import leads as rules
from services.opportunities.rules import stages
from services.opportunities.service.desk import ROTTING, watch_for_rot
from services.opportunities.service.pipelines import known_pipelines
from services.opportunities.store import Ledger
from shared.events import AccountOpened, Event, LeadAssigned, LeadMerged, LeadQualified, LeadRestored, LeadReturned, LeadWithdrawn
from shared.transaction import Transaction


async def open_from_leads(tx: Transaction, qualified: list[LeadQualified]) -> None:
    """One opportunity per lead, once; a lead that is qualified again only tells what is new of it."""
    gone = await store.find_withdrawn_leads(tx, [lead.lead_id for lead in qualified])
    qualified = [lead for lead in qualified if lead.lead_id not in gone]
    ledger = await Ledger.of(tx, [opportunity_id_of(lead.lead_id) for lead in qualified])
    first: dict[str, LeadQualified] = {}
    for lead in qualified:
        known = ledger.find(opportunity_id_of(lead.lead_id))
        if known and rules.comes_again(known, lead):
            await _take_again(tx, ledger, known, lead)
        elif known:
            ledger.follow(rules.described(known, lead), what="described")
        elif lead.lead_id in first:
            first[lead.lead_id] = max(first[lead.lead_id], lead, key=lambda one: one.version)
        else:
            first[lead.lead_id] = lead
    if first:
        await _open(tx, ledger, first)
    await ledger.save()


async def follow_owners(tx: Transaction, assignments: list[LeadAssigned]) -> None:
    ledger = await Ledger.of(tx, [opportunity_id_of(assignment.lead_id) for assignment in assignments])
    reps = await store.find_reps(tx, [assignment.owner_id for assignment in assignments])
    for assignment in assignments:
        opportunity = ledger.find(opportunity_id_of(assignment.lead_id))
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
    ledger = await Ledger.of(tx, [opportunity_id_of(one.lead_id) for one in returns])
    for one in returns:
        opportunity = ledger.find(opportunity_id_of(one.lead_id))
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
    ledger = await Ledger.of(tx, [opportunity_id_of(merger.lead_id) for merger in mergers])
    for merger in mergers:
        opportunity = ledger.find(opportunity_id_of(merger.lead_id))
        if opportunity is None:
            tx.hold(merger, until=_lead(merger.lead_id))
        else:
            ledger.follow(_told(opportunity, merger, {}), what="merged", why=merger.match.rule)
    await ledger.save()


async def follow_restored(tx: Transaction, restored: list[LeadRestored]) -> None:
    ledger = await Ledger.of(tx, [opportunity_id_of(lead.lead_id) for lead in restored])
    for lead in restored:
        opportunity = ledger.find(opportunity_id_of(lead.lead_id))
        if opportunity is None:
            tx.hold(lead, until=_lead(lead.lead_id))
        else:
            ledger.follow(_told(opportunity, lead, {}), what="restored")
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
        if rules.is_untouched(opportunity):
            ledger.remove(opportunity, why=lead.reason)
            tx.cancel(ROTTING, key=opportunity.id)
            tx.emit(said.opportunity_withdrawn(opportunity, lead.reason, tx.now), cause=lead)
        else:
            ledger.change(opportunity, what="lead_withdrawn", why=lead.reason)
    await ledger.save()


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
    erased = await store.find_erased_leads(tx, qualified)
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


async def _release(tx: Transaction, lead_ids: Iterable[str]) -> dict[str, list[Event]]:
    """What was held about these leads, by the opportunity it is about."""
    ids = list(lead_ids)
    held: defaultdict[str, list[Event]] = defaultdict(list)
    for event in await tx.release(*map(_lead, ids), *(_opportunity(opportunity_id_of(lead_id)) for lead_id in ids)):
        if isinstance(event, AccountOpened):
            held[event.opportunity_id].append(event)
        elif isinstance(event, LeadAssigned | LeadMerged | LeadRestored | LeadReturned):
            held[opportunity_id_of(event.lead_id)].append(event)
    return held


def _told(opportunity: Opportunity, event: Event, reps: dict[str, Rep]) -> Opportunity:
    match event:
        case LeadAssigned():
            rep = reps.get(event.owner_id)
            return rules.assigned(opportunity, event, rep.team_id if rep else None)
        case LeadMerged():
            return rules.merged(opportunity, event)
        case LeadRestored():
            return rules.restored(opportunity, event)
        case AccountOpened():
            return opportunity.model_copy(update={"account_id": event.account_id})
    return opportunity


def _lead(lead_id: str) -> str:
    return f"lead:{lead_id}"


def _opportunity(opportunity_id: str) -> str:
    return f"opportunity:{opportunity_id}"
