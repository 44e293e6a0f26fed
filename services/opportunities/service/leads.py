"""What leads and accounts tell of an opportunity: its owner, its return, its account, its end."""

from services.opportunities import store
from services.opportunities.models import Opportunity, Rep, opportunity_id_of, said
from services.opportunities.rules import leads as rules
from services.opportunities.service.desk import ROTTING
from services.opportunities.store import Ledger
from shared.events import AccountOpened, Event, LeadAssigned, LeadMerged, LeadReturned, LeadUnmerged, LeadWithdrawn
from shared.transaction import Transaction


async def follow_owners(tx: Transaction, assignments: list[LeadAssigned]) -> None:
    ledger = await Ledger.of_leads(tx, [assignment.lead_id for assignment in assignments])
    reps = await store.find_reps(tx, [assignment.owner_id for assignment in assignments])
    for assignment in assignments:
        opportunity = ledger.of_lead(assignment.lead_id)
        if opportunity is None:
            tx.hold(assignment, until=lead_name(assignment.lead_id))
        else:
            ledger.follow(told(opportunity, assignment, reps), what="assigned", why=assignment.reason)
    await ledger.save()


async def take_back(tx: Transaction, returns: list[LeadReturned]) -> None:
    """Sales gave these leads back."""
    ledger = await Ledger.of_leads(tx, [one.lead_id for one in returns])
    for one in returns:
        opportunity = ledger.of_lead(one.lead_id)
        if opportunity is None:
            tx.hold(one, until=lead_name(one.lead_id))
        else:
            give_back(tx, ledger, opportunity, one)
    await ledger.save()


def give_back(tx: Transaction, ledger: Ledger, opportunity: Opportunity, one: LeadReturned) -> None:
    after = rules.returned(opportunity, one, tx.now)
    if after is not opportunity:
        returned = ledger.change(after, what="returned", why=one.reason)
        tx.cancel(ROTTING, key=returned.id)
        tx.emit(said.opportunity_returned(returned, tx.now), cause=one)


async def withdraw_leads(tx: Transaction, withdrawn: list[LeadWithdrawn]) -> None:
    """What nobody has worked on goes with its lead; the rest stays, and its history tells that the lead has gone."""
    lead_ids = [lead.lead_id for lead in withdrawn]
    await store.add_withdrawn_leads(tx, lead_ids)
    await tx.release(*map(lead_name, lead_ids))
    ledger = await Ledger.of(tx, [opportunity_id_of(lead_id) for lead_id in lead_ids])
    for lead in withdrawn:
        opportunity = ledger.find(opportunity_id_of(lead.lead_id))
        if opportunity is None:
            continue
        if rules.was_never_worked_on(opportunity):
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
            tx.hold(rules.without_people(account), until=opportunity_name(account.opportunity_id))
        else:
            ledger.follow(told(opportunity, account, {}), what="account_opened")
    await ledger.save()


def told(opportunity: Opportunity, event: Event, reps: dict[str, Rep]) -> Opportunity:
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


def lead_name(lead_id: str) -> str:
    return f"lead:{lead_id}"


def opportunity_name(opportunity_id: str) -> str:
    return f"opportunity:{opportunity_id}"
