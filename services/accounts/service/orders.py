"""An order goes its way: placed, shipped, delivered. Delivered, it is followed up, and the customer is asked."""

from dataclasses import dataclass, field
from typing import Self

from services.accounts import store
from services.accounts.models import Account, AccountContact, Deal, FollowUp, Order
from services.accounts.rules import orders as rules
from services.accounts.rules.contacts import contact_to_ask
from services.accounts.rules.moments import believable_moment
from services.accounts.service.changes import note_change
from shared.database import Record, new_id
from shared.errors import Refused
from shared.events import OrderUpdated
from shared.timers import Timer
from shared.transaction import Transaction

FOLLOW_UP_DUE = "follow_up.due"


@dataclass
class Desk:
    """The orders of a batch with all that they touch; `changed` is what has to be saved in the end."""

    orders: dict[str, Order]
    deals: dict[str, Deal]
    accounts: dict[str, Account]
    contacts: dict[str, list[AccountContact]]
    follow_ups: dict[str, FollowUp]
    changed: list[Record] = field(default_factory=list)

    @classmethod
    async def opened(cls, tx: Transaction, updates: list[OrderUpdated]) -> Self:
        orders = await store.find(tx, Order, (update.order_id for update in updates))
        deals = await store.find(tx, Deal, (update.opportunity_id for update in updates))
        named: list[Order | Deal | OrderUpdated] = [*orders.values(), *deals.values(), *updates]
        accounts = await store.find(tx, Account, (one.account_id for one in named))
        delivered = any(update.status == "delivered" for update in updates)
        cancelled = (rules.follow_up_id(update.order_id) for update in updates if update.status == "cancelled")
        return cls(
            orders=orders,
            deals=deals,
            accounts=accounts,
            contacts=await store.find_contacts_of(tx, accounts if delivered else ()),
            follow_ups=await store.find(tx, FollowUp, cancelled),
        )

    def keep(self, record: Order | Account | FollowUp) -> None:
        match record:
            case Order():
                self.orders[record.id] = record
            case Account():
                self.accounts[record.id] = record
            case FollowUp():
                self.follow_ups[record.id] = record
        self.changed.append(record)


async def submit_order(tx: Transaction, update: OrderUpdated) -> OrderUpdated:
    """The HTTP door: refuses what can be seen to be wrong at once, and says the rest to all, like any other system."""
    believable_moment(update.occurred_at, tx.now, field="occurred_at")
    desk = await Desk.opened(tx, [update])
    rules.account_of(update, desk.orders, desk.deals, desk.accounts)
    tx.emit(update)
    return update


async def follow_orders(tx: Transaction, updates: list[OrderUpdated]) -> None:
    """An order of an opportunity that isn't known to be won waits until it is."""
    desk = await Desk.opened(tx, updates)
    for update in updates:
        try:
            _follow_order(tx, desk, update)
        except Refused as refusal:
            tx.refuse(update, refusal)
    await store.save(tx, *desk.changed)


async def remind_of_follow_ups(tx: Transaction, due: list[Timer]) -> None:
    follow_ups = await store.find(tx, FollowUp, (timer.key for timer in due))
    accounts = await store.find(tx, Account, (follow_up.account_id for follow_up in follow_ups.values()))
    changed: list[Record] = []
    for follow_up in follow_ups.values():
        if follow_up.status == "scheduled":
            account = accounts[follow_up.account_id] = accounts[follow_up.account_id].after(tx.now)
            after = follow_up.after(tx.now, status="due")
            changed += [after, account]
            tx.emit(after.due_event(account))
            note_change(tx, "due", after, follow_up)
            note_change(tx, "follow_up_due", account, account, why=f"follow-up {after.id}")
    await store.save(tx, *changed)


def _follow_order(tx: Transaction, desk: Desk, update: OrderUpdated) -> None:
    believable_moment(update.occurred_at, tx.now, field="occurred_at")
    account_id = rules.account_of(update, desk.orders, desk.deals, desk.accounts)
    if account_id is None:
        tx.hold(update, until=f"opportunity:{update.opportunity_id}")
        return
    known = desk.orders.get(update.order_id)
    order = rules.updated_order(known, update, account_id, tx.now)
    if order is known:
        return
    if order.status == "delivered" and not order.fulfilled_at:
        order = _fulfil(tx, desk, order, update)
    elif order.status == "cancelled":
        _call_off_follow_up(tx, desk, order)
    desk.keep(order)
    note_change(tx, order.status, order, known)


def _fulfil(tx: Transaction, desk: Desk, order: Order, update: OrderUpdated) -> Order:
    before = desk.accounts[order.account_id]
    account = before.after(tx.now, last_fulfilled_at=max(filter(None, (before.last_fulfilled_at, order.times["delivered"]))))
    desk.keep(account)
    tx.emit(order.fulfilled_event(account), cause=update)
    note_change(tx, "order_fulfilled", account, before, why=f"order {order.id} was delivered")
    _plan_follow_up(tx, desk, order)
    _ask_customer(tx, desk, order, update)
    return order.model_copy(update={"fulfilled_at": tx.now})


def _plan_follow_up(tx: Transaction, desk: Desk, order: Order) -> None:
    follow_up = rules.planned_follow_up(order, tx.now)
    desk.keep(follow_up)
    tx.schedule(follow_up.due, FOLLOW_UP_DUE, {}, key=follow_up.id)
    note_change(tx, "scheduled", follow_up)


def _ask_customer(tx: Transaction, desk: Desk, order: Order, update: OrderUpdated) -> None:
    contact = contact_to_ask(desk.contacts.get(order.account_id, ()))
    survey = rules.delivery_survey(order, contact, new_id(), tx.now)
    desk.changed.append(survey)
    tx.emit(survey.requested_event(desk.accounts[order.account_id], contact), cause=update)
    note_change(tx, "requested", survey, why=f"order {order.id} was delivered")


def _call_off_follow_up(tx: Transaction, desk: Desk, order: Order) -> None:
    known = desk.follow_ups.get(rules.follow_up_id(order.id))
    if known and known.status == "scheduled":
        after = known.after(tx.now, status="cancelled")
        desk.keep(after)
        tx.cancel(FOLLOW_UP_DUE, key=known.id)
        note_change(tx, "cancelled", after, known, why=f"order {order.id} was cancelled")
