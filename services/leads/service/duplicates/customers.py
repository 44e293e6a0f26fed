"""Whose customers there are already: learned from accounts, asked for when a lead comes."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.leads import store
from services.leads.rules.duplicates.contacts import contacts_of
from services.leads.rules.duplicates.customers import NOBODYS, Customers, all_keys, keys_of_account
from services.leads.rules.judging.policy import Policy
from shared.events import AccountChanged, AccountOpened
from shared.transaction import Transaction


async def keep_customers(tx: Transaction, accounts: Sequence[AccountOpened | AccountChanged]) -> None:
    """Each as it was told last, and its people; what is older changes nothing."""
    versions = await store.find_account_versions(tx, {account.account_id for account in accounts})
    news: dict[str, AccountOpened | AccountChanged] = {}
    for account in accounts:
        if account.version > versions.get(account.account_id, 0):
            versions[account.account_id] = account.version
            news[account.account_id] = account
    await store.save_customers(tx, {account_id: _row(account) for account_id, account in news.items()})
    await store.replace_contacts(tx, news, [row for account in news.values() for row in contacts_of(account)])


def _row(account: AccountOpened | AccountChanged) -> Mapping[str, Any]:
    return {"version": account.version, "owner_id": account.owner_id, "keys": keys_of_account(account)}


async def customers_among(tx: Transaction, policy: Policy, leads: Sequence[Mapping[str, Any]]) -> Customers:
    """Not asked for where no rule does, or while there are none."""
    keys = all_keys(leads) if policy.asks_for_customers else []
    return await store.find_owners_of_customers(tx, keys) if keys else NOBODYS
