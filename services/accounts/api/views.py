"""What the doors show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.accounts.models import OrderStatus
from services.accounts.models.care import AgainstExpectation, Severity, SurveyKind
from shared.database import Record
from shared.events import Expectation, Line, Sender
from shared.events.values import Money


class Accepted(BaseModel):
    """What was sent is on its way; `look` is where it will show."""

    id: str | None = None
    look: str


class View(BaseModel):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        return cls.model_validate({"id": document["_id"], **document})

    @classmethod
    def showing(cls, record: Record) -> Self:
        return cls.of(record.to_document())


class AccountView(View):
    """`owner_active` is false once the owner has left: the account needs a new one. `risks` say why `health` is what it is."""

    name: str
    domain: str | None
    country: str | None
    private: bool
    opportunity_id: str
    lead_id: str | None
    owner_id: str | None
    owner_name: str | None
    owner_active: bool
    team_id: str | None
    satisfaction: int | None
    open_cases: int
    health: int
    risks: list[str]
    last_fulfilled_at: datetime | None


class ContactView(View):
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    title: str | None
    role: str | None
    erased_at: datetime | None


class DealView(View):
    status: str
    reason: str
    amount: Money | None
    currency: str | None
    closed_at: datetime | None
    reopened_at: datetime | None


class OrderView(View):
    """`times` tells when the ordering system last reported each status."""

    account_id: str
    opportunity_id: str | None
    status: OrderStatus
    times: dict[OrderStatus, datetime]
    lines: list[Line]
    amount: Money | None
    currency: str | None
    fulfilled_at: datetime | None


class FollowUpView(View):
    order_id: str
    subject: str
    due: datetime
    status: str


class SatisfactionView(View):
    survey_id: str | None
    kind: SurveyKind
    score: int
    against_expectation: AgainstExpectation
    expectations: list[Expectation]
    comment: str | None
    answered_at: datetime


class CaseView(View):
    external_id: str | None
    account_id: str | None
    contact: Sender
    subject: str
    body: str
    severity: Severity
    channel: str
    owner_id: str | None
    status: str
    opened_at: datetime
    respond_by: datetime
    overdue_at: datetime | None
    resolved_at: datetime | None
    resolution: str | None
