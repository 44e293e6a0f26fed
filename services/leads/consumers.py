"""What this service hears, and what it does when a time has come."""

from services.leads import service
from shared.events import (
    AccountChanged,
    AccountOpened,
    DealClosed,
    EngagementRecorded,
    LeadDescribed,
    LeadPlaced,
    LeadRouted,
    LeadSubmitted,
    OpportunityOpened,
)
from shared.subscriptions import Subscriptions
from shared.timers import Timer, Timers
from shared.transaction import Transaction

# Two who are one are to be found within seconds; a batch of a few costs nearly as much as one of many.
MATCHED_APART = 0.2
subscriptions = Subscriptions()
timers = Timers()


@subscriptions.on(LeadSubmitted, role="ingest")
async def on_lead_submitted(tx: Transaction, submissions: list[LeadSubmitted]) -> None:
    await service.capture_leads(tx, submissions)


@subscriptions.on(LeadDescribed, role="match", seconds_apart=MATCHED_APART)
async def on_lead_described(tx: Transaction, described: list[LeadDescribed]) -> None:
    await service.place_leads(tx, described)


@subscriptions.on(LeadPlaced, role="match", seconds_apart=MATCHED_APART)
async def on_lead_placed(tx: Transaction, placed: list[LeadPlaced]) -> None:
    await service.compare_leads(tx, placed)


@subscriptions.on(LeadRouted)
async def on_lead_routed(tx: Transaction, routed: list[LeadRouted]) -> None:
    await service.deal_out(tx, routed)


@subscriptions.on(EngagementRecorded)
async def on_engagement_recorded(tx: Transaction, engagements: list[EngagementRecorded]) -> None:
    await service.record_engagements(tx, engagements)


@subscriptions.on(OpportunityOpened)
async def on_opportunity_opened(tx: Transaction, opened: list[OpportunityOpened]) -> None:
    await service.convert_leads(tx, opened)


@subscriptions.on(DealClosed)
async def on_deal_closed(tx: Transaction, closed: list[DealClosed]) -> None:
    await service.close_leads(tx, closed)


@subscriptions.on(AccountOpened)
async def on_account_opened(tx: Transaction, opened: list[AccountOpened]) -> None:
    await service.keep_customers(tx, opened)


@subscriptions.on(AccountChanged)
async def on_account_changed(tx: Transaction, changed: list[AccountChanged]) -> None:
    await service.keep_customers(tx, changed)


@timers.on(service.REMINDER_DUE)
async def on_reminder_due(tx: Transaction, due: list[Timer]) -> None:
    await service.remind_owners(tx, due)


@timers.on(service.OPT_IN_OVER)
async def on_opt_in_over(tx: Transaction, due: list[Timer]) -> None:
    await service.close_opt_ins(tx, due)


@timers.on(service.RESPONSE_DUE)
async def on_response_due(tx: Transaction, due: list[Timer]) -> None:
    await service.note_overdue(tx, due)


@timers.on(service.ENGAGEMENTS_MOVING)
async def on_engagements_moving(tx: Transaction, due: list[Timer]) -> None:
    await service.move_engagements(tx, due)


@timers.on(service.POOL_WAITING)
async def on_pool_waiting(tx: Transaction, due: list[Timer]) -> None:
    await service.deal_waiting(tx, due)


@timers.on(service.TURN_DUE)
async def on_turn_due(tx: Transaction, due: list[Timer]) -> None:
    await service.judge_in_time(tx, due)


@timers.on(service.STRANGERS_DUE)
async def on_strangers_due(tx: Transaction, due: list[Timer]) -> None:
    await service.welcome_strangers(tx, due)


@timers.on(service.POOL_RECOUNT)
async def on_pool_recount(tx: Transaction, due: list[Timer]) -> None:
    await service.recount(tx, due)


@timers.on(service.ENRICHMENT_DUE)
async def on_enrichment_due(tx: Transaction, due: list[Timer]) -> None:
    await service.judge_waiting(tx, due)
