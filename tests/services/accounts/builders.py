"""Valid events for tests of accounts; a test names only what matters to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from services.accounts.models import Account, AccountContact
from shared.database import new_id
from shared.events import (
    CaseSubmitted,
    Company,
    Contact,
    DealClosed,
    DealReopened,
    Expectation,
    OrderUpdated,
    Person,
    RepChanged,
    Sender,
    SurveyAnswered,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_numbers: Iterator[int] = count(1)
ACME = Company(name="Acme GmbH", domain="acme.example", country="DE")
ANA = Person(first_name="Ana", last_name="Silva", email="ana@acme.example", phone="+4930123456", title="Head of IT")
ON_TIME = Expectation(text="Delivered before the fair", measure="10 May at the latest", due=NOON + timedelta(days=30))


def won_deal(**fields: Any) -> DealClosed:
    plain = {
        "opportunity_id": new_id(),
        "version": 7,
        "lead_id": new_id(),
        "outcome": "won",
        "reason": "best offer",
        "amount": "12000.50",
        "currency": "EUR",
        "owner_id": "rep-1",
        "person": ANA,
        "company": ACME,
        "expectations": [ON_TIME],
        "closed_at": NOON,
        "cycle_seconds": 86_400,
        "effort_seconds": 7_200,
    }
    return DealClosed.model_validate(plain | fields)


def lost_deal(**fields: Any) -> DealClosed:
    return won_deal(**({"outcome": "lost", "reason": "price"} | fields))


def anew(deal: DealClosed, **fields: Any) -> DealClosed:
    """The same deal told again, in a message of its own."""
    return DealClosed.model_validate(deal.model_dump() | fields)


def another_company() -> Company:
    number = next(_numbers)
    return Company(name=f"Company {number}", domain=f"company-{number}.example", country="FR")


def someone(**fields: Any) -> Contact:
    number = next(_numbers)
    return Contact.model_validate({"first_name": "Bo", "last_name": f"Number {number}", "email": f"bo-{number}@acme.example"} | fields)


def reopened(deal: DealClosed, **fields: Any) -> DealReopened:
    plain = {
        "opportunity_id": deal.opportunity_id,
        "version": deal.version + 1,
        "stage": "negotiation",
        "reason": "they asked",
        "reopened_at": NOON,
    }
    return DealReopened.model_validate(plain | fields)


def order(**fields: Any) -> OrderUpdated:
    plain = {"order_id": f"order-{next(_numbers)}", "status": "placed", "occurred_at": NOON, "lines": [line()]}
    return OrderUpdated.model_validate(plain | fields)


def line(**fields: Any) -> dict[str, Any]:
    return {"product": "Espresso machine", "quantity": "2", "unit_price": "1990.00", "currency": "EUR"} | fields


def case(**fields: Any) -> CaseSubmitted:
    plain = {
        "contact": Sender(email="ana@acme.example", name="Ana Silva"),
        "subject": "It leaks",
        "body": "Water everywhere.",
        "severity": "high",
    }
    return CaseSubmitted.model_validate(plain | fields)


def answer(account_id: str, **fields: Any) -> SurveyAnswered:
    return SurveyAnswered.model_validate({"account_id": account_id, "kind": "csat", "score": 5, "comment": "Lovely"} | fields)


def rep(**fields: Any) -> RepChanged:
    plain = {"rep_id": "rep-1", "version": 1, "name": "Rita Rep", "email": "rita@dealwire.example", "team_id": "north", "active": True}
    return RepChanged.model_validate(plain | fields)


def an_account(**fields: Any) -> Account:
    plain = {
        "id": new_id(),
        "name": "Acme GmbH",
        "domain": "acme.example",
        "opportunity_id": new_id(),
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Account.model_validate(plain | fields)


def a_contact(**fields: Any) -> AccountContact:
    return AccountContact.model_validate({"id": new_id(), "account_id": "acme", "created_at": NOON, "updated_at": NOON} | fields)
