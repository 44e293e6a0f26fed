"""What is said about customers: their orders, their cases, how content they are."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.events.base import DAY_MS, Event
from shared.events.values import Contact, Currency, Expectation, Id, Line, LongText, Moment, Money, Text, Value

Severity = Literal["low", "normal", "high", "critical"]
Health = Annotated[int, Field(ge=0, le=100)]


class OrderUpdated(Event):
    """An order as the ordering system now sees it. Inbound."""

    key_field: ClassVar[str] = "order_id"
    inbound: ClassVar[bool] = True
    retention_ms: ClassVar[int] = 14 * DAY_MS

    order_id: Id
    account_id: Id | None = None
    opportunity_id: Id | None = None
    status: Literal["placed", "shipped", "delivered", "cancelled"]
    lines: list[Line] = []
    occurred_at: Moment


class Sender(Value):
    email: Text
    name: Text | None = None


class CaseSubmitted(Event):
    """A customer asks for help. Inbound."""

    key_field: ClassVar[str] = "external_id"
    inbound: ClassVar[bool] = True
    retention_ms: ClassVar[int] = 14 * DAY_MS

    external_id: Id | None = None
    account_id: Id | None = None
    contact: Sender
    subject: Text
    body: LongText = ""
    severity: Severity = "normal"
    channel: Text = "api"

    def key(self) -> str:
        """The account's id, or the sender's e-mail, so that what one customer asks keeps its order."""
        return self.account_id or self.contact.email.casefold()


class SurveyAnswered(Event):
    """`score` is 1 to 5 for csat, 0 to 10 for nps. Inbound."""

    key_field: ClassVar[str] = "account_id"
    inbound: ClassVar[bool] = True
    retention_ms: ClassVar[int] = 14 * DAY_MS

    survey_id: Id | None = None
    account_id: Id
    kind: Literal["csat", "nps"]
    score: Annotated[int, Field(ge=0, le=10)]
    comment: LongText | None = None
    answered_at: Moment | None = None


class AccountOpened(Event):
    key_field: ClassVar[str] = "account_id"

    account_id: Id
    version: int
    name: Text
    domain: Text | None = None
    owner_id: Id | None = None
    contacts: list[Contact] = []
    opportunity_id: Id
    lead_id: Id | None = None
    opened_at: Moment


class AccountChanged(Event):
    """The whole account as it now is, and `changed`: the fields that differ from before. `risks` say why its health is what it is."""

    key_field: ClassVar[str] = "account_id"

    account_id: Id
    version: int
    name: Text
    domain: Text | None = None
    owner_id: Id | None = None
    contacts: list[Contact] = []
    changed: list[Text] = []
    health: Health | None = None
    risks: list[Text] = []
    opportunity_id: Id | None = None
    changed_at: Moment


class OrderFulfilled(Event):
    key_field: ClassVar[str] = "account_id"

    account_id: Id
    version: int
    order_id: Id
    opportunity_id: Id | None = None
    owner_id: Id | None = None
    lines: list[Line] = []
    amount: Money | None = None
    currency: Currency | None = None
    fulfilled_at: Moment


class FollowUpDue(Event):
    key_field: ClassVar[str] = "account_id"

    follow_up_id: Id
    account_id: Id
    version: int
    owner_id: Id | None = None
    subject: Text
    due: Moment


class SurveyRequested(Event):
    key_field: ClassVar[str] = "account_id"

    survey_id: Id
    account_id: Id
    version: int
    kind: Literal["csat", "nps"]
    contact: Contact = Contact()
    about: Text
    requested_at: Moment


class SatisfactionRecorded(Event):
    """`score` from 0 to 100 whatever the kind, compared with the expectations.

    `satisfaction`, `health` and `risks` are the account's with this answer: its satisfaction is that of the answer given last.
    """

    key_field: ClassVar[str] = "account_id"

    account_id: Id
    version: int
    survey_id: Id | None = None
    kind: Literal["csat", "nps"]
    score: Annotated[int, Field(ge=0, le=100)]
    against_expectation: Literal["exceeded", "met", "missed", "none_recorded"]
    expectations: list[Expectation] = []
    comment: LongText | None = None
    owner_id: Id | None = None
    satisfaction: Health | None = None
    health: Health | None = None
    risks: list[Text] = []
    answered_at: Moment | None = None
    recorded_at: Moment


class CaseOpened(Event):
    key_field: ClassVar[str] = "case_id"

    case_id: Id
    version: int
    account_id: Id | None = None
    contact: Sender
    subject: Text
    body: LongText = ""
    severity: Severity
    channel: Text
    owner_id: Id | None = None
    respond_by: Moment
    opened_at: Moment


class CaseResolved(Event):
    key_field: ClassVar[str] = "case_id"

    case_id: Id
    version: int
    account_id: Id | None = None
    owner_id: Id | None = None
    resolution: LongText
    resolved_at: Moment
    open_seconds: float


class CaseOverdue(Event):
    key_field: ClassVar[str] = "case_id"

    case_id: Id
    version: int
    account_id: Id | None = None
    owner_id: Id | None = None
    severity: Severity
    respond_by: Moment


class AccountAtRisk(Event):
    key_field: ClassVar[str] = "account_id"

    account_id: Id
    version: int
    owner_id: Id | None = None
    health: Health
    reasons: list[Text]
    noticed_at: Moment


class RenewalDue(Event):
    key_field: ClassVar[str] = "account_id"

    contract_id: Id
    account_id: Id
    version: int
    owner_id: Id | None = None
    ends_at: Moment
    amount: Money | None = None
    currency: Currency | None = None
