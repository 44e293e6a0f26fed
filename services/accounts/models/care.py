"""What happens after the sale: following up, asking, listening, helping."""

from datetime import datetime
from typing import ClassVar, Literal

from services.accounts.models.account import Account, AccountContact, Aggregate
from shared.events import (
    CaseOpened,
    CaseOverdue,
    CaseResolved,
    Contact,
    Expectation,
    FollowUpDue,
    SatisfactionRecorded,
    Sender,
    SurveyRequested,
)

Severity = Literal["low", "normal", "high", "critical"]
SurveyKind = Literal["csat", "nps"]
AgainstExpectation = Literal["exceeded", "met", "missed", "none_recorded"]


class FollowUp(Aggregate):
    noun: ClassVar[str] = "follow_up"

    account_id: str
    order_id: str
    subject: str
    due: datetime
    status: Literal["scheduled", "due", "cancelled"] = "scheduled"

    def due_event(self, account: Account) -> FollowUpDue:
        return FollowUpDue(
            follow_up_id=self.id,
            account_id=account.id,
            version=account.version,
            owner_id=account.owner_id,
            subject=self.subject,
            due=self.due,
        )


class Survey(Aggregate):
    """A question that was put to a customer; `contact_id` is whom it was put to."""

    noun: ClassVar[str] = "survey"

    account_id: str
    kind: SurveyKind
    about: str
    order_id: str | None = None
    opportunity_id: str | None = None
    contact_id: str | None = None
    status: Literal["requested", "answered"] = "requested"
    score: int | None = None

    def requested_event(self, account: Account, contact: AccountContact | None) -> SurveyRequested:
        return SurveyRequested(
            survey_id=self.id,
            account_id=account.id,
            version=account.version,
            kind=self.kind,
            contact=contact.as_told() if contact else Contact(),
            about=self.about,
            requested_at=self.created_at,
        )


class Satisfaction(Aggregate):
    """One answer, its score from 0 to 100, compared with what was expected at the time."""

    noun: ClassVar[str] = "satisfaction"

    account_id: str
    survey_id: str | None = None
    contact_id: str | None = None
    kind: SurveyKind
    score: int
    against_expectation: AgainstExpectation
    expectations: list[Expectation] = []
    comment: str | None = None
    answered_at: datetime

    @property
    def personal(self) -> frozenset[str]:
        return frozenset({"comment"})

    def recorded_event(self, account: Account) -> SatisfactionRecorded:
        return SatisfactionRecorded(
            account_id=account.id,
            version=account.version,
            survey_id=self.survey_id,
            kind=self.kind,
            score=self.score,
            against_expectation=self.against_expectation,
            expectations=self.expectations,
            comment=self.comment,
            owner_id=account.owner_id,
            satisfaction=account.satisfaction,
            health=account.health,
            risks=account.risks,
            answered_at=self.answered_at,
            recorded_at=self.created_at,
        )


class Case(Aggregate):
    """A customer asks for help. `owner_id` and `team_id` follow the account; a case of no known customer has neither."""

    noun: ClassVar[str] = "case"
    derived: ClassVar[frozenset[str]] = frozenset({"owner_id", "team_id"})

    external_id: str | None = None
    account_id: str | None = None
    contact: Sender
    contact_hash: str | None = None
    subject: str
    body: str = ""
    severity: Severity
    channel: str
    owner_id: str | None = None
    team_id: str | None = None
    status: Literal["open", "resolved"] = "open"
    opened_at: datetime
    respond_by: datetime
    overdue_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None

    @property
    def personal(self) -> frozenset[str]:
        return frozenset({"contact", "contact_hash", "subject", "body", "resolution"})

    def opened_event(self) -> CaseOpened:
        told = {"account_id", "version", "contact", "subject", "body", "severity", "channel", "owner_id", "respond_by", "opened_at"}
        return CaseOpened(case_id=self.id, **self.model_dump(include=told))

    def overdue_event(self) -> CaseOverdue:
        return CaseOverdue(case_id=self.id, **self.model_dump(include={"account_id", "version", "owner_id", "severity", "respond_by"}))

    def resolved_event(self, resolved_at: datetime) -> CaseResolved:
        return CaseResolved(
            case_id=self.id,
            version=self.version,
            account_id=self.account_id,
            owner_id=self.owner_id,
            resolution=self.resolution or "",
            resolved_at=resolved_at,
            open_seconds=(resolved_at - self.opened_at).total_seconds(),
        )
