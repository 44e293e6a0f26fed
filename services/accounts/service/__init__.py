"""What this service does, by business noun; doors and consumers say `service.open_accounts(tx, deals)`."""

from services.accounts.service.accounts import change_account
from services.accounts.service.cases import mark_cases_overdue, open_cases, resolve_case, submit_case
from services.accounts.service.deals import open_accounts, reopen_deals
from services.accounts.service.erasure import erase_people
from services.accounts.service.orders import follow_orders, remind_of_follow_ups, submit_order
from services.accounts.service.reps import follow_reps
from services.accounts.service.satisfaction import record_answers, submit_answer

__all__ = [
    "change_account",
    "erase_people",
    "follow_orders",
    "follow_reps",
    "mark_cases_overdue",
    "open_accounts",
    "open_cases",
    "record_answers",
    "remind_of_follow_ups",
    "reopen_deals",
    "resolve_case",
    "submit_answer",
    "submit_case",
    "submit_order",
]
