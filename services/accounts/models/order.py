"""What was ordered, and what the customer was led to expect of it."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal

from services.accounts.models.account import Account, Aggregate
from shared.database import Record
from shared.events import Expectation, Line, OrderFulfilled

OrderStatus = Literal["placed", "shipped", "delivered", "cancelled"]


class Order(Aggregate):
    """`times` holds, per status, when the ordering system last said so; `status` follows from it alone."""

    noun: ClassVar[str] = "order"

    account_id: str
    opportunity_id: str | None = None
    status: OrderStatus
    times: dict[OrderStatus, datetime]
    lines: list[Line] = []
    lines_at: datetime | None = None
    amount: Decimal | None = None
    currency: str | None = None
    fulfilled_at: datetime | None = None

    @property
    def occurred_at(self) -> datetime:
        return max(self.times.values())

    def fulfilled_event(self, account: Account) -> OrderFulfilled:
        return OrderFulfilled(
            account_id=account.id,
            version=account.version,
            order_id=self.id,
            opportunity_id=self.opportunity_id,
            owner_id=account.owner_id,
            lines=self.lines,
            amount=self.amount,
            currency=self.currency,
            fulfilled_at=self.times["delivered"],
        )


class RecordedExpectation(Record):
    """What the customer expects, recorded during the sale, to be compared after it."""

    account_id: str
    opportunity_id: str
    text: str
    measure: str | None = None
    due: datetime | None = None

    def as_told(self) -> Expectation:
        return Expectation(text=self.text, measure=self.measure, due=self.due)
