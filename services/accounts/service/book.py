"""The accounts that a batch of deals is about, read with one query per collection, as they become while the batch is worked."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from services.accounts import store
from services.accounts.models import Account, AccountContact, Deal, Erasure, Identity, RecordedExpectation, Rep
from services.accounts.rules.contacts import erasable_names
from services.accounts.rules.deals import unclaimed_identities
from services.accounts.rules.identity import identities_of, matching_account
from shared.database import Record
from shared.events import DealClosed
from shared.transaction import Transaction


@dataclass
class Book:
    """`changed` is what has to be saved in the end."""

    deals: dict[str, Deal]
    identities: dict[str, Identity]
    accounts: dict[str, Account]
    contacts: defaultdict[str, list[AccountContact]]
    expectations: defaultdict[str, list[RecordedExpectation]]
    reps: dict[str, Rep]
    erased: dict[str, datetime]
    changed: list[Record] = field(default_factory=list)

    @classmethod
    async def opened(cls, tx: Transaction, closed: list[DealClosed]) -> Self:
        deals = await store.find(tx, Deal, (deal.opportunity_id for deal in closed))
        identities = await store.find(tx, Identity, (name for deal in closed for name in identities_of(deal.person, deal.company)))
        named: list[Deal | Identity | DealClosed] = [*deals.values(), *identities.values(), *closed]
        accounts = await store.find(tx, Account, (one.account_id for one in named))
        erasures = await store.find(tx, Erasure, (name for deal in closed for name in erasable_names(deal)))
        return cls(
            deals=deals,
            identities=identities,
            accounts=accounts,
            contacts=await store.find_contacts_of(tx, accounts),
            expectations=await store.find_expectations_of(tx, accounts),
            reps=await store.hold_reps(tx, (deal.owner_id for deal in closed if deal.outcome == "won"), tx.now),
            erased={name: erasure.erased_at for name, erasure in erasures.items()},
        )

    def is_news(self, deal: DealClosed) -> bool:
        known = self.deals.get(deal.opportunity_id)
        return known is None or deal.version > known.version

    def account_of(self, deal: DealClosed) -> Account | None:
        """The account that the deal was won for before, or that it was worked for."""
        known = self.deals.get(deal.opportunity_id)
        return self.accounts.get((known.account_id if known else None) or deal.account_id or "")

    def match(self, deal: DealClosed) -> tuple[Account, str] | None:
        """The deal's account, and how it was found."""
        account = self.account_of(deal)
        if account:
            return account, "account_id"
        names = identities_of(deal.person, deal.company)
        return matching_account(names, {name: self.accounts[self.identities[name].account_id] for name in names if name in self.identities})

    def keep(self, record: Account | Deal) -> None:
        if isinstance(record, Account):
            self.accounts[record.id] = record
        else:
            self.deals[record.id] = record
        self.changed.append(record)

    def keep_contact(self, contact: AccountContact) -> None:
        others = [other for other in self.contacts[contact.account_id] if other.id != contact.id]
        self.contacts[contact.account_id] = [*others, contact]
        self.changed.append(contact)

    def claim_identities(self, deal: DealClosed, account: Account, now: datetime) -> None:
        """Those nobody holds yet."""
        for name in unclaimed_identities(deal, self.identities):
            self.identities[name] = Identity(id=name, account_id=account.id, created_at=now, updated_at=now)
            self.changed.append(self.identities[name])
