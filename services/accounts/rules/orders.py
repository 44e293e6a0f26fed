"""How far an order is, and what follows from its delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from services.accounts.models import Account, AccountContact, Deal, FollowUp, Order, OrderStatus, Survey
from services.accounts.rules.moments import EARLIEST, believable_moment
from shared.errors import Invalid
from shared.events import Line, OrderUpdated

FOLLOW_UP_AFTER = timedelta(days=7)
PROGRESS: tuple[OrderStatus, ...] = ("placed", "shipped", "delivered")
MAX_AMOUNT = Decimal(10) ** 12
MICRO = Decimal("0.000001")
MAX_TEXT = 300
_FOLLOW_UPS = UUID("b7a0e1f2-41f5-5c38-9f9c-9d8a3a6f0f1d")


def status_from(times: Mapping[OrderStatus, datetime]) -> OrderStatus:
    """The furthest step that was ever reported, or cancelled when that is the newest report of all.

    It looks at the set of reports, not at the order in which they came: an old one that comes late moves nothing back.
    """
    reached = [status for status in PROGRESS if status in times]
    newest_step = max((times[status] for status in reached), default=None)
    if "cancelled" in times and (newest_step is None or times["cancelled"] >= newest_step):
        return "cancelled"
    return reached[-1]


def updated_order(known: Order | None, update: OrderUpdated, account_id: str, now: datetime) -> Order:
    """The order with one more report. Lines follow the newest report that has any; the same object when nothing is new."""
    occurred_at = believable_moment(update.occurred_at, now, field="occurred_at")
    if known is None:
        return _with_lines(_begun(update, account_id, occurred_at, now), update, occurred_at)
    if occurred_at <= known.times.get(update.status, EARLIEST):
        return known
    times: dict[OrderStatus, datetime] = known.times | {update.status: occurred_at}
    opportunity_id = known.opportunity_id or update.opportunity_id
    reported = known.after(now, times=times, status=status_from(times), opportunity_id=opportunity_id)
    return _with_lines(reported, update, occurred_at)


def total_of(lines: Sequence[Line]) -> tuple[Decimal | None, str | None]:
    """The sum, when every line is priced in one and the same currency."""
    currencies = {line.currency for line in lines}
    prices = [line.unit_price * line.quantity for line in lines if line.unit_price is not None]
    total = sum(prices, Decimal(0))
    if len(currencies) != 1 or None in currencies or len(prices) < len(lines) or total >= MAX_AMOUNT:
        return None, None
    return total.quantize(MICRO).normalize() + Decimal(0), currencies.pop()


def account_of(update: OrderUpdated, orders: Mapping[str, Order], deals: Mapping[str, Deal], accounts: Mapping[str, Account]) -> str | None:
    """Whose order it is; None when its opportunity isn't known to be won yet. Raises Invalid when that can never be told."""
    known = orders.get(update.order_id)
    if known and update.account_id in accounts and update.account_id != known.account_id:
        raise Invalid(f"order {known.id} is another account's", field="account_id", rule="same_account")
    if known:
        return known.account_id
    if update.account_id in accounts:
        return update.account_id
    if update.opportunity_id:
        deal = deals.get(update.opportunity_id)
        return deal.account_id if deal else None
    if update.account_id:
        raise Invalid(f"there is no account {update.account_id}", field="account_id", rule="known")
    raise Invalid("an order names its account or its opportunity", field="account_id", rule="account_or_opportunity")


def follow_up_id(order_id: str) -> str:
    return str(uuid5(_FOLLOW_UPS, order_id))


def planned_follow_up(order: Order, now: datetime) -> FollowUp:
    return FollowUp(
        id=follow_up_id(order.id),
        account_id=order.account_id,
        order_id=order.id,
        subject=f"Ask how order {order.id} turned out"[:MAX_TEXT],
        due=order.times["delivered"] + FOLLOW_UP_AFTER,
        created_at=now,
        updated_at=now,
    )


def delivery_survey(order: Order, contact: AccountContact | None, survey_id: str, now: datetime) -> Survey:
    return Survey(
        id=survey_id,
        account_id=order.account_id,
        kind="csat",
        about=f"order {order.id}",
        order_id=order.id,
        opportunity_id=order.opportunity_id,
        contact_id=contact.id if contact else None,
        created_at=now,
        updated_at=now,
    )


def _begun(update: OrderUpdated, account_id: str, occurred_at: datetime, now: datetime) -> Order:
    return Order(
        id=update.order_id,
        account_id=account_id,
        opportunity_id=update.opportunity_id,
        status=update.status,
        times={update.status: occurred_at},
        created_at=now,
        updated_at=now,
    )


def _with_lines(order: Order, update: OrderUpdated, occurred_at: datetime) -> Order:
    if not update.lines or (order.lines_at and occurred_at < order.lines_at):
        return order
    amount, currency = total_of(update.lines)
    return order.model_copy(update={"lines": update.lines, "lines_at": occurred_at, "amount": amount, "currency": currency})
