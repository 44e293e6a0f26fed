"""Whose customers there are already: learned from accounts, asked for when a lead comes."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.leads import store
from services.leads.rules.customers import NOBODYS, Customers, all_keys, keys_of_account
from services.leads.rules.policy import Policy
from shared.events import AccountChanged, AccountOpened
from shared.transaction import Transaction


async def keep_customers(tx: Transaction, accounts: Sequence[AccountOpened | AccountChanged]) -> None:
    """Each as it was told last; what is older changes nothing."""
    versions = await store.find_account_versions(tx, {account.account_id for account in accounts})
    rows: dict[str, Mapping[str, Any]] = {}
    for account in accounts:
        if account.version > versions.get(account.account_id, 0):
            versions[account.account_id] = account.version
            rows[account.account_id] = {"version": account.version, "owner_id": account.owner_id, "keys": keys_of_account(account)}
    await store.save_customers(tx, rows)


async def customers_among(tx: Transaction, policy: Policy, leads: Sequence[Mapping[str, Any]]) -> Customers:
    """Not asked for where no rule does, or while there are none."""
    keys = all_keys(leads) if policy.asks_for_customers else []
    return await store.find_owners_of_customers(tx, keys) if keys else NOBODYS
