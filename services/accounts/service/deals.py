"""A deal is won: the customer's account opens, or is found and grows."""

from services.accounts import store
from services.accounts.models import Account, Deal
from services.accounts.rules import contacts as people
from services.accounts.rules import deals as rules
from services.accounts.service.book import Book
from services.accounts.service.changes import note_change
from services.accounts.service.orders import follow_orders
from shared.database import new_id
from shared.events import DealClosed, DealReopened, OrderUpdated
from shared.transaction import Transaction


async def open_accounts(tx: Transaction, closed: list[DealClosed]) -> None:
    """Two deals of one new customer that come at once, to two workers, meet at an identity; the loser runs again and finds the account."""
    book = await Book.opened(tx, closed)
    for deal in closed:
        if book.is_news(deal):
            _close_deal(tx, book, people.without_erased(deal, book.erased))
    await store.save(tx, *book.changed)
    await _take_up_waiting(tx, closed)


async def reopen_deals(tx: Transaction, reopened: list[DealReopened]) -> None:
    deals = await store.find(tx, Deal, (one.opportunity_id for one in reopened))
    for one in reopened:
        known = deals.get(one.opportunity_id)
        if known is None:
            tx.hold(one, until=_waits_for(one.opportunity_id))
        elif one.version > known.version:
            deals[known.id] = rules.reopened_deal(known, one, tx.now)
            note_change(tx, "reopened", deals[known.id], known, why=one.reason)
    await store.save(tx, *deals.values())


async def _take_up_waiting(tx: Transaction, closed: list[DealClosed]) -> None:
    """What came before its deal did. An order of a deal that was lost goes on waiting: it may be won yet."""
    waiting = await tx.release(*{_waits_for(deal.opportunity_id) for deal in closed})
    await reopen_deals(tx, [event for event in waiting if isinstance(event, DealReopened)])
    await follow_orders(tx, [event for event in waiting if isinstance(event, OrderUpdated)])


def _waits_for(opportunity_id: str) -> str:
    return f"opportunity:{opportunity_id}"


def _close_deal(tx: Transaction, book: Book, deal: DealClosed) -> None:
    account = _open_or_grow_account(tx, book, deal) if deal.outcome == "won" else book.account_of(deal)
    known = book.deals.get(deal.opportunity_id)
    after = rules.closed_deal(deal, account.id if account else None, known, tx.now)
    book.keep(after)
    note_change(tx, deal.outcome, after, known, why=deal.reason)


def _open_or_grow_account(tx: Transaction, book: Book, deal: DealClosed) -> Account:
    match = book.match(deal)
    if match is None:
        return _open_account(tx, book, deal)
    account, rule = match
    book.claim_identities(deal, account, tx.now)
    return _grow_account(tx, book, deal, account, found_by=rule)


def _open_account(tx: Transaction, book: Book, deal: DealClosed) -> Account:
    account = rules.new_account(deal, new_id(), tx.now).owned_by(deal.owner_id, book.reps.get(deal.owner_id or ""))
    book.keep(account)
    book.claim_identities(deal, account, tx.now)
    _meet_people(tx, book, deal, account)
    _carry_over_expectations(tx, book, deal, account)
    tx.emit(account.opened_event(book.contacts[account.id]), cause=deal)
    note_change(tx, "opened", account, why=f"deal {deal.opportunity_id} was won")
    return account


def _grow_account(tx: Transaction, book: Book, deal: DealClosed, account: Account, *, found_by: str) -> Account:
    facts = rules.missing_facts(account, deal, book.identities)
    changed = [*facts]
    if _meet_people(tx, book, deal, account):
        changed.append("contacts")
    if _carry_over_expectations(tx, book, deal, account):
        changed.append("expectations")
    if not changed:
        return account
    after = account.after(tx.now, **facts)
    if "owner_id" in facts:
        after = after.owned_by(deal.owner_id, book.reps.get(deal.owner_id or ""))
    book.keep(after)
    tx.emit(after.changed_event(book.contacts[after.id], changed, opportunity_id=deal.opportunity_id), cause=deal)
    note_change(tx, "grown", after, account, why=f"deal {deal.opportunity_id} was won; found by {found_by}; new: {', '.join(changed)}")
    return after


def _meet_people(tx: Transaction, book: Book, deal: DealClosed, account: Account) -> bool:
    met = False
    for named in people.people_of(deal):
        known = people.same_person(book.contacts[account.id], named.contact)
        contact = people.merged_contact(known, named, tx.now) if known else people.new_contact(account, named, new_id(), tx.now)
        if contact is not known:
            met = True
            book.keep_contact(contact)
            note_change(tx, "merged" if known else "added", contact, known, why=f"deal {deal.opportunity_id}")
    return met


def _carry_over_expectations(tx: Transaction, book: Book, deal: DealClosed, account: Account) -> bool:
    fresh = rules.new_expectations(deal, account, book.expectations[account.id], tx.now)
    book.expectations[account.id].extend(fresh)
    book.changed.extend(fresh)
    return bool(fresh)
