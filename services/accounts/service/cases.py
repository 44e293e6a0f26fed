"""A customer asks for help, and is answered in time or not."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.accounts import store
from services.accounts.models import Account, Case, Erasure
from services.accounts.rules import cases as rules
from services.accounts.rules import health
from services.accounts.rules.erasure import unless_erased
from services.accounts.rules.identity import email_identity
from services.accounts.service.changes import expect_version, note_change
from shared.database import Record
from shared.errors import NotAllowedNow, Refused
from shared.events import CaseSubmitted
from shared.events.people import email_hash
from shared.timers import Timer
from shared.transaction import Transaction

CASE_OVERDUE = "case.overdue"


async def submit_case(tx: Transaction, submitted: CaseSubmitted) -> CaseSubmitted:
    """The HTTP door: refuses what can be seen to be wrong at once, and says the rest to all, like any other system."""
    rules.refuse_unanswerable(submitted)
    tx.emit(submitted)
    return submitted


async def open_cases(tx: Transaction, submitted: list[CaseSubmitted]) -> None:
    """One case per external id, however often it is submitted. A case of no known customer opens all the same: somebody asks for help."""
    fresh = await _not_opened_yet(tx, submitted)
    known_at = await _where_senders_are_known(tx, fresh)
    accounts = await store.find(tx, Account, [*known_at.values(), *(one.account_id for one in fresh)])
    erased = await store.find(tx, Erasure, (email_identity(one.contact.email) for one in fresh))
    changed: list[Record] = []
    for one in fresh:
        account = rules.account_of(one, accounts, known_at)
        case = _open_case(tx, one, unless_erased(rules.opened_case(one, account, tx.now), erased))
        changed.append(case)
        if account:
            accounts[account.id] = health.with_new_case(account, tx.now)
            changed.append(accounts[account.id])
            note_change(tx, "case_opened", accounts[account.id], account, why=f"case {case.id}")
    await store.save(tx, *changed)


async def resolve_case(tx: Transaction, case_id: str, resolution: str, *, scope: Mapping[str, Any], expected_version: int | None) -> Case:
    case = await store.get(tx, Case, case_id, scope)
    expect_version(case, expected_version)
    if case.status == "resolved":
        raise NotAllowedNow("this case is resolved already", field="status", rule="open")
    after = case.after(tx.now, status="resolved", resolution=resolution, resolved_at=tx.now)
    tx.cancel(CASE_OVERDUE, key=case.id)
    tx.emit(after.resolved_event(tx.now))
    note_change(tx, "resolved", after, case)
    accounts = await store.find(tx, Account, [case.account_id])
    relieved = [_relieve_account(tx, account, case) for account in accounts.values()]
    await store.save(tx, after, *relieved)
    await _tell_of_recovery(tx, [account for account in relieved if account.risks != accounts[account.id].risks])
    return after


async def mark_cases_overdue(tx: Transaction, due: list[Timer]) -> None:
    cases = await store.find(tx, Case, (timer.key for timer in due))
    accounts = await store.find(tx, Account, (case.account_id for case in cases.values()))
    changed: list[Record] = []
    for case in cases.values():
        if case.status == "resolved" or case.overdue_at:
            continue
        after = case.after(tx.now, overdue_at=tx.now)
        changed.append(after)
        tx.emit(after.overdue_event())
        note_change(tx, "overdue", after, case, why=f"not resolved by {case.respond_by.isoformat()}")
        if case.severity == "critical" and case.account_id:
            accounts[case.account_id] = _burden_account(tx, accounts[case.account_id], case)
            changed.append(accounts[case.account_id])
    await store.save(tx, *changed)


async def _not_opened_yet(tx: Transaction, submitted: list[CaseSubmitted]) -> list[CaseSubmitted]:
    """Each case once, without those already open and those that are refused."""
    known = await store.find(tx, Case, map(rules.case_id_of, submitted))
    fresh: dict[str, CaseSubmitted] = {}
    for one in submitted:
        try:
            rules.refuse_unanswerable(one)
            fresh.setdefault(rules.case_id_of(one), one)
        except Refused as refusal:
            tx.refuse(one, refusal)
    return [one for case_id, one in fresh.items() if case_id not in known]


async def _where_senders_are_known(tx: Transaction, submitted: list[CaseSubmitted]) -> dict[str, str]:
    """Account id by hash of the address; of several accounts the one that knew the person first."""
    contacts = await store.find_contacts_with(tx, {email_hash(one.contact.email) for one in submitted})
    return {contact.email_hash: contact.account_id for contact in reversed(contacts) if contact.email_hash}


def _open_case(tx: Transaction, submitted: CaseSubmitted, case: Case) -> Case:
    tx.emit(case.opened_event(), cause=submitted)
    tx.schedule(case.respond_by, CASE_OVERDUE, {}, key=case.id)
    note_change(tx, "opened", case)
    return case


def _relieve_account(tx: Transaction, account: Account, case: Case) -> Account:
    after = health.without_case(account, case.id, tx.now)
    note_change(tx, "case_resolved", after, account, why=f"case {case.id}")
    return after


async def _tell_of_recovery(tx: Transaction, accounts: Sequence[Account]) -> None:
    """Whoever heard that they were at risk hears that they are so no longer, or less."""
    contacts = await store.find_contacts_of(tx, (account.id for account in accounts))
    for account in accounts:
        tx.emit(account.changed_event(contacts[account.id], ["health"]))


def _burden_account(tx: Transaction, account: Account, case: Case) -> Account:
    after = health.with_overdue_case(account, case.id, tx.now)
    note_change(tx, "case_overdue", after, account, why=f"critical case {case.id} was not resolved in time")
    if health.is_worse(account, after):
        tx.emit(after.at_risk_event())
    return after
