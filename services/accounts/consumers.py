"""What this service hears, and what it does when a time has come."""

from services.accounts import service
from shared.events import CaseSubmitted, DealClosed, DealReopened, OrderUpdated, PersonErased, RepChanged, SurveyAnswered
from shared.subscriptions import Subscriptions
from shared.timers import Timer, Timers
from shared.transaction import Transaction

subscriptions = Subscriptions()
timers = Timers()


@subscriptions.on(DealClosed)
async def on_deal_closed(tx: Transaction, closed: list[DealClosed]) -> None:
    await service.open_accounts(tx, closed)


@subscriptions.on(DealReopened)
async def on_deal_reopened(tx: Transaction, reopened: list[DealReopened]) -> None:
    await service.reopen_deals(tx, reopened)


@subscriptions.on(OrderUpdated)
async def on_order_updated(tx: Transaction, updates: list[OrderUpdated]) -> None:
    await service.follow_orders(tx, updates)


@subscriptions.on(CaseSubmitted)
async def on_case_submitted(tx: Transaction, submitted: list[CaseSubmitted]) -> None:
    await service.open_cases(tx, submitted)


@subscriptions.on(SurveyAnswered)
async def on_survey_answered(tx: Transaction, answers: list[SurveyAnswered]) -> None:
    await service.record_answers(tx, answers)


@subscriptions.on(PersonErased)
async def on_person_erased(tx: Transaction, erased: list[PersonErased]) -> None:
    await service.erase_people(tx, erased)


@subscriptions.on(RepChanged)
async def on_rep_changed(tx: Transaction, changes: list[RepChanged]) -> None:
    await service.follow_reps(tx, changes)


@timers.on("follow_up.due")
async def on_follow_up_due(tx: Transaction, due: list[Timer]) -> None:
    await service.remind_of_follow_ups(tx, due)


@timers.on("case.overdue")
async def on_case_overdue(tx: Transaction, due: list[Timer]) -> None:
    await service.mark_cases_overdue(tx, due)
