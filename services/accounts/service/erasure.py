"""A person wants to be forgotten."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from services.accounts import store
from services.accounts.models import Account, AccountContact, Aggregate, Erasure
from services.accounts.rules import erasure as rules
from services.accounts.service.changes import note_change
from shared.events import PersonErased
from shared.forgetting import wipe_parked
from shared.transaction import Transaction

WHY = "the person was erased"
A = TypeVar("A", bound=Aggregate)


async def erase_people(tx: Transaction, erased: list[PersonErased]) -> None:
    """Blanks the contacts, what they sent, said and what was parked of it; and remembers, lest a late deal bring them back."""
    asked = rules.names_asked(erased)
    asked = rules.with_other_names(asked, await _contacts_called(tx, asked))
    contacts = await _contacts_called(tx, asked)
    cases = await store.find_cases_from(tx, rules.hashes_in(asked))
    answers = await store.find_answers_by(tx, (contact.id for contact in contacts))
    await store.remove_identities(tx, asked)
    await wipe_parked(tx, email_hashes=rules.hashes_in(asked), ids=rules.leads_in(asked))
    await store.save(
        tx,
        *(_noted(tx, rules.blanked_contact(contact, tx.now), contact) for contact in contacts),
        *(_noted(tx, rules.blanked_case(case, tx.now), case) for case in cases),
        *(_noted(tx, answer.after(tx.now, comment=None), answer) for answer in answers),
        *(Erasure(id=name, erased_at=one.erased_at, created_at=tx.now, updated_at=tx.now) for name, one in asked.items()),
    )
    await _tell_of_accounts(tx, contacts, asked)


async def _contacts_called(tx: Transaction, asked: Mapping[str, PersonErased]) -> list[AccountContact]:
    return await store.find_contacts_with(tx, rules.hashes_in(asked), rules.leads_in(asked))


async def _tell_of_accounts(tx: Transaction, contacts: Sequence[AccountContact], asked: Mapping[str, PersonErased]) -> None:
    causes = {contact.account_id: rules.asked_by(asked, contact) for contact in contacts}
    left = await store.find_contacts_of(tx, causes)
    accounts = await store.find(tx, Account, causes)
    forgotten = [rules.account_without(account, tx.now) for account in accounts.values()]
    for account in forgotten:
        tx.emit(account.changed_event(left[account.id], ["contacts"]), cause=causes[account.id])
        note_change(tx, "contacts_erased", account, accounts[account.id], why=WHY)
    await store.save(tx, *forgotten)


def _noted(tx: Transaction, after: A, before: A) -> A:
    note_change(tx, "erased", after, before, why=WHY)
    return after
