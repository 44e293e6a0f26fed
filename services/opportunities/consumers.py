"""What the opportunities service hears, one function per event, and what it does when a timer comes due."""

from services.opportunities import service
from services.opportunities.service.commitments import DUE
from services.opportunities.service.desk import ROTTING
from shared.events import (
    AccountOpened,
    LeadAssigned,
    LeadMerged,
    LeadQualified,
    LeadReturned,
    LeadUnmerged,
    LeadWithdrawn,
    PersonErased,
    RepChanged,
)
from shared.subscriptions import Subscriptions
from shared.timers import Timer, Timers
from shared.transaction import Transaction

subscriptions = Subscriptions()
timers = Timers()


@subscriptions.on(LeadQualified)
async def on_lead_qualified(tx: Transaction, qualified: list[LeadQualified]) -> None:
    await service.open_from_leads(tx, qualified)


@subscriptions.on(LeadAssigned)
async def on_lead_assigned(tx: Transaction, assignments: list[LeadAssigned]) -> None:
    await service.follow_owners(tx, assignments)


@subscriptions.on(LeadMerged)
async def on_lead_merged(tx: Transaction, mergers: list[LeadMerged]) -> None:
    await service.follow_mergers(tx, mergers)


@subscriptions.on(LeadUnmerged)
async def on_lead_unmerged(tx: Transaction, separations: list[LeadUnmerged]) -> None:
    await service.take_apart(tx, separations)


@subscriptions.on(LeadReturned)
async def on_lead_returned(tx: Transaction, returns: list[LeadReturned]) -> None:
    await service.take_back(tx, returns)


@subscriptions.on(LeadWithdrawn)
async def on_lead_withdrawn(tx: Transaction, withdrawn: list[LeadWithdrawn]) -> None:
    await service.withdraw_leads(tx, withdrawn)


@subscriptions.on(AccountOpened)
async def on_account_opened(tx: Transaction, accounts: list[AccountOpened]) -> None:
    await service.attach_accounts(tx, accounts)


@subscriptions.on(RepChanged)
async def on_rep_changed(tx: Transaction, changes: list[RepChanged]) -> None:
    await service.learn_reps(tx, changes)


@subscriptions.on(PersonErased)
async def on_person_erased(tx: Transaction, erasures: list[PersonErased]) -> None:
    await service.erase_people(tx, erasures)


@timers.on(ROTTING)
async def on_opportunity_rotting(tx: Transaction, due: list[Timer]) -> None:
    await service.report_stalled(tx, due)


@timers.on(DUE)
async def on_commitment_due(tx: Transaction, due: list[Timer]) -> None:
    await service.miss_commitments(tx, due)
