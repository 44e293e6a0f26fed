"""The third act: what was sold is delivered, customers are helped, and say how content they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cli.demo.cast import ORDERING, SUPPORT, WEBSITE, Cast
from cli.demo.crowd import together, until_all
from cli.demo.publishing import publish
from cli.demo.selling import Sale
from cli.demo.words import RESOLUTION
from deploy.local.steps import Tell
from shared.database import utcnow
from shared.events import CaseSubmitted, Event, OrderUpdated, SurveyAnswered

STEPS = ("placed", "shipped", "delivered")
TOO_SLOW = "See: dealwire status, dealwire logs accounts"
# A critical case is due an hour after the customer wrote, and this mail has been lying about: it will be overdue in two minutes.
WRITTEN = timedelta(minutes=58)
MOMENT = timedelta(milliseconds=10)
Account = dict[str, Any]


class Customers:
    """Those whom this month won; `accounts` by domain."""

    def __init__(self, cast: Cast, month: int) -> None:
        self._cast, self._month = cast, month
        self._won: list[Sale] = []
        self.accounts: dict[str, Account] = {}

    def welcome(self, won: list[Sale], tell: Tell) -> None:
        self._won = won
        until_all(lambda: self._look_for(lambda _: True), tell, what="won deals have their account", cure=TOO_SLOW)

    def _look_for(self, seen: Callable[[Account], bool], *, of: list[Sale] | None = None) -> tuple[int, int]:
        wanted = self._won if of is None else of
        self.accounts = {account["domain"]: account for account in self._cast.all_of("accounts", "/accounts")}
        return sum(sale.domain in self.accounts and seen(self.accounts[sale.domain]) for sale in wanted), len(wanted)

    def fulfil(self, tell: Tell) -> None:
        """Every third order is told by HTTP, the others by Kafka."""
        by_http, by_kafka = self._won[::3], [sale for number, sale in enumerate(self._won) if number % 3]
        publish(update for sale in by_kafka for update in self.order_updates(sale))
        together(by_http, self._tell_order, tell)
        delivered = [sale for sale in self._won if sale.course.fulfilment == "delivered"]
        until_all(lambda: self._look_for(_has_delivery, of=delivered), tell, what="orders were fulfilled", cure=TOO_SLOW)

    def _tell_order(self, sale: Sale) -> None:
        door = self._cast.at("accounts", ORDERING)
        for update in self.order_updates(sale):
            door.post("/orders", update.model_dump(mode="json", exclude_none=True))

    def order_updates(self, sale: Sale) -> list[OrderUpdated]:
        """One per step, each a moment after the other: what is told of the future is not believed."""
        fulfilment = sale.course.fulfilment
        steps = ("placed", "cancelled") if fulfilment == "cancelled" else STEPS[: STEPS.index(fulfilment) + 1]
        began = utcnow() - MOMENT * len(steps)
        line = {
            "product": sale.prospect.submission["interest"]["product"],
            "quantity": "2",
            "unit_price": f"{sale.course.offered / 2:.2f}",
            "currency": sale.prospect.currency,
        }
        order = {"order_id": f"ORD-{self._month:02}-{sale.prospect.number}", "opportunity_id": sale.opportunity_id, "lines": [line]}
        return [
            OrderUpdated.model_validate(order | {"status": status, "occurred_at": began + MOMENT * number})
            for number, status in enumerate(steps)
        ]

    def complain(self, tell: Tell) -> None:
        """The help desk takes most by HTTP; what is critical came by mail, and late."""
        complaining = [sale for sale in self._won if sale.course.complaint]
        late = [sale for sale in complaining if sale.course.complaint and sale.course.complaint.severity == "critical"]
        publish([self._case(sale) for sale in late], at=utcnow() - WRITTEN)
        desk = self._cast.at("accounts", WEBSITE)
        others = [self._case(sale) for sale in complaining if sale not in late]
        together(others, lambda case: desk.post("/cases", case.model_dump(mode="json", exclude_none=True)), tell)
        until_all(lambda: (len(self.cases()), len(complaining)), tell, what="cases were opened", cure=TOO_SLOW)

    def _case(self, sale: Sale) -> CaseSubmitted:
        complaint = sale.course.complaint
        assert complaint is not None
        sender = {"email": sale.prospect.email, "name": sale.prospect.name}
        return CaseSubmitted.model_validate(
            complaint._asdict() | {"external_id": self._case_id(sale), "contact": sender, "channel": "mail"}
        )

    def _case_id(self, sale: Sale) -> str:
        return f"demo-{self._month}-{sale.prospect.number}"

    def cases(self) -> list[dict[str, Any]]:
        ids = {self._case_id(sale) for sale in self._won if sale.course.complaint}
        return [case for case in self._cast.all_of("accounts", "/cases") if case["external_id"] in ids]

    def help(self, tell: Tell) -> None:
        """The one of high severity is resolved."""
        support = self._cast.at("accounts", SUPPORT)
        urgent = [case for case in self.cases() if case["severity"] == "high" and case["status"] != "resolved"]
        together(urgent, lambda case: support.post(f"/cases/{case['id']}/resolve", {"resolution": RESOLUTION}), tell)

    def say_how_content_they_are(self, tell: Tell) -> None:
        answering = [sale for sale in self._won if sale.course.answer]
        publish(self._answer(sale) for sale in answering[::2])
        door = self._cast.at("accounts", WEBSITE)
        together(answering[1::2], lambda sale: door.post("/surveys", self._answer(sale).model_dump(mode="json", exclude_none=True)), tell)
        until_all(lambda: self._look_for(_has_answered, of=answering), tell, what="answers were counted", cure=TOO_SLOW)

    def _answer(self, sale: Sale) -> Event:
        answer = sale.course.answer
        assert answer is not None
        return SurveyAnswered(account_id=self.accounts[sale.domain]["id"], answered_at=utcnow(), **answer._asdict())


def _has_delivery(account: Account) -> bool:
    return account["last_fulfilled_at"] is not None


def _has_answered(account: Account) -> bool:
    return account["satisfaction"] is not None
