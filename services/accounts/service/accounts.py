"""An account is looked after by hand: named, placed, handed over."""

from collections.abc import Mapping
from typing import Any

from services.accounts import store
from services.accounts.models import Account, Identity, Rep
from services.accounts.rules.identity import company_identity, domain_identity, refuse_nobodys
from services.accounts.service.changes import expect_version, note_change
from shared.errors import Invalid
from shared.transaction import Transaction

Fields = Mapping[str, Any]


async def change_account(tx: Transaction, account_id: str, fields: Fields, *, scope: Fields, expected_version: int | None) -> Account:
    before = await store.get(tx, Account, account_id, scope)
    expect_version(before, expected_version)
    refuse_nobodys(fields.get("domain"))
    news = {field: value for field, value in fields.items() if value != getattr(before, field)}
    if not news:
        return before
    after = before.after(tx.now, **news)
    if "owner_id" in news:
        after = await _handed_over(tx, after)
    await _move_identities(tx, before, after)
    await store.save(tx, after)
    contacts = await store.find_contacts_of(tx, [account_id])
    tx.emit(after.changed_event(contacts[account_id], sorted(news)))
    note_change(tx, "changed", after, before)
    return after


async def _handed_over(tx: Transaction, account: Account) -> Account:
    rep = await _active_rep(tx, account.owner_id) if account.owner_id else None
    after = account.owned_by(account.owner_id, rep)
    await store.hand_over_cases(tx, after)
    return after


async def _active_rep(tx: Transaction, rep_id: str) -> Rep:
    rep = (await store.hold_reps(tx, [rep_id], tx.now))[rep_id]
    if rep.name is None or not rep.active:
        raise Invalid(f"{rep_id} is no active rep", field="owner_id", rule="active_rep")
    return rep


async def _move_identities(tx: Transaction, before: Account, after: Account) -> None:
    """A new domain takes the old one's place. An old name goes on finding the account: old papers bear it."""
    if before.domain != after.domain:
        await store.remove_identities(tx, filter(None, [domain_identity(before.domain)]))
    domain = domain_identity(after.domain)
    name = None if after.private else company_identity(after.name, after.country)
    wanted = [identity for identity in (domain, name) if identity]
    held = await store.find(tx, Identity, wanted)
    if domain in held and held[domain].account_id != after.id:
        raise Invalid(f"{after.domain} is another account's domain", field="domain", rule="unique")
    free = [identity for identity in wanted if identity not in held]
    await store.save(tx, *(Identity(id=one, account_id=after.id, created_at=tx.now, updated_at=tx.now) for one in free))
