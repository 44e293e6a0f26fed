"""How well an account is, and why."""

from datetime import datetime

from services.accounts.models import Account, Satisfaction
from services.accounts.rules.satisfaction import MET_FROM

OVERDUE_CRITICAL_COSTS = 40


def health_of(satisfaction: int | None, overdue_critical_cases: list[str]) -> tuple[int, list[str]]:
    """From 0 to 100, with a reason for everything that puts the account at risk. Nobody asked yet counts as well."""
    health = 100 if satisfaction is None else satisfaction
    health -= OVERDUE_CRITICAL_COSTS * len(overdue_critical_cases)
    risks = [f"satisfaction is {satisfaction} of 100, below {MET_FROM}"] if satisfaction is not None and satisfaction < MET_FROM else []
    risks += [f"critical case {case_id} is overdue" for case_id in overdue_critical_cases]
    return max(0, health), risks


def weighed(account: Account) -> Account:
    """The account with the health that its satisfaction and its cases give it."""
    health, risks = health_of(account.satisfaction, account.overdue_critical_cases)
    return account.model_copy(update={"health": health, "risks": risks})


def is_worse(before: Account, after: Account) -> bool:
    """At risk, and more so than before: said when it gets worse, not at every answer."""
    return bool(after.risks) and after.health < before.health


def with_answer(account: Account, answer: Satisfaction, now: datetime) -> Account:
    """The latest answer counts, whenever it arrives."""
    if account.answered_at and answer.answered_at < account.answered_at:
        return account.after(now)
    return weighed(account.after(now, satisfaction=answer.score, answered_at=answer.answered_at))


def with_new_case(account: Account, now: datetime) -> Account:
    return account.after(now, open_cases=account.open_cases + 1)


def with_overdue_case(account: Account, case_id: str, now: datetime) -> Account:
    return weighed(account.after(now, overdue_critical_cases=[*account.overdue_critical_cases, case_id]))


def without_case(account: Account, case_id: str, now: datetime) -> Account:
    left = [other for other in account.overdue_critical_cases if other != case_id]
    return weighed(account.after(now, open_cases=account.open_cases - 1, overdue_critical_cases=left))
