"""What is said about customers, and about telling people."""

from typing import Any

from services.console.models import Fact, Row, Story, Subject, address_name
from services.console.rules.meaning import means
from shared.events import (
    AccountAtRisk,
    AccountChanged,
    AccountOpened,
    CaseOpened,
    CaseOverdue,
    CaseResolved,
    FollowUpDue,
    NotificationFailed,
    NotificationSent,
    OrderFulfilled,
    RenewalDue,
    SatisfactionRecorded,
    SurveyRequested,
)
from shared.events.people import email_hash


@means(AccountOpened)
def account_opened(event: AccountOpened) -> Story:
    account = _account(event)
    facts = [
        account.says("profile", **_profile(event)),
        account.says("opening", at=event.opened_at),
        *account.linked("opportunities", event.opportunity_id),
        *account.linked("leads", event.lead_id),
    ]
    return Story(facts, account.ref, event.opened_at, {"name": event.name})


@means(AccountChanged)
def account_changed(event: AccountChanged) -> Story:
    account = _account(event)
    facts = [account.says("profile", **_profile(event)), *_health(account, event), *account.linked("opportunities", event.opportunity_id)]
    return Story(facts, account.ref, event.changed_at, {"changed": event.changed})


@means(OrderFulfilled)
def order_fulfilled(event: OrderFulfilled) -> Story:
    account = _account(event)
    told: Row = {"order_id": event.order_id, "amount": event.amount, "currency": event.currency}
    told["products"] = [line.product for line in event.lines]
    return Story(account.linked("opportunities", event.opportunity_id), account.ref, event.fulfilled_at, told)


@means(FollowUpDue)
def follow_up_due(event: FollowUpDue) -> Story:
    return Story((), _account(event).ref, told={"subject": event.subject, "due": event.due, "owner_id": event.owner_id})


@means(SurveyRequested)
def survey_requested(event: SurveyRequested) -> Story:
    told = {"kind": event.kind, "about": event.about}
    return Story((), _account(event).ref, event.requested_at, told, names=(*_address(event.contact.email), *_survey(event.survey_id)))


@means(SatisfactionRecorded)
def satisfaction_recorded(event: SatisfactionRecorded) -> Story:
    account = _account(event)
    told = {"score": event.score, "kind": event.kind, "against": event.against_expectation, "comment": event.comment}
    latest = event.score if event.satisfaction is None else event.satisfaction
    facts = (account.says("satisfaction", score=latest), *_health(account, event))
    return Story(facts, account.ref, event.answered_at or event.recorded_at, told, names=_survey(event.survey_id))


@means(AccountAtRisk)
def account_at_risk(event: AccountAtRisk) -> Story:
    account = _account(event)
    told = {"health": event.health, "because": list(event.reasons)}
    return Story((account.says("risk", health=event.health, reasons=list(event.reasons)),), account.ref, event.noticed_at, told)


@means(RenewalDue)
def renewal_due(event: RenewalDue) -> Story:
    account = _account(event)
    renewal = {"ends_at": event.ends_at, "amount": event.amount, "currency": event.currency}
    return Story((account.says("renewal", **renewal),), account.ref, told=renewal)


@means(CaseOpened)
def case_opened(event: CaseOpened) -> Story:
    case = _case(event)
    opening = {"subject": event.subject, "severity": event.severity, "channel": event.channel}
    facts = [
        case.says(
            "opening", at=event.opened_at, respond_by=event.respond_by, account_id=event.account_id, owner_id=event.owner_id, **opening
        ),
        *case.linked("accounts", event.account_id),
    ]
    return Story(facts, case.ref, event.opened_at, opening | {"body": event.body}, names=_address(event.contact.email))


@means(CaseResolved)
def case_resolved(event: CaseResolved) -> Story:
    case = _case(event)
    facts = [case.says("resolution", at=event.resolved_at), *case.linked("accounts", event.account_id)]
    return Story(facts, case.ref, event.resolved_at, {"resolution": event.resolution, "open_seconds": event.open_seconds})


@means(CaseOverdue)
def case_overdue(event: CaseOverdue) -> Story:
    case = _case(event)
    facts = [case.says("late", respond_by=event.respond_by), *case.linked("accounts", event.account_id)]
    return Story(facts, case.ref, told={"severity": event.severity, "respond_by": event.respond_by})


@means(NotificationSent, NotificationFailed)
def person_told(event: NotificationSent) -> Story:
    """Who was told is not the customer's story; but it is what the bell waits for."""
    return Story(concerns=(f"notification:{event.recipient_id}",))


def _address(email: str | None) -> tuple[str, ...]:
    """The name under which whoever has this address is forgotten: the address itself is not told then."""
    return (address_name(email_hash(email)),) if email else ()


def _health(account: Subject, event: AccountChanged | SatisfactionRecorded) -> list[Fact]:
    """Those that were said before events told of it say nothing."""
    return [account.says("risk", health=event.health, reasons=list(event.risks))] if event.health is not None else []


def _survey(survey_id: str | None) -> tuple[str, ...]:
    return (f"survey:{survey_id}",) if survey_id else ()


def _account(event: Any) -> Subject:
    return Subject("accounts", event.account_id, event.version)


def _case(event: Any) -> Subject:
    return Subject("cases", event.case_id, event.version)


def _profile(event: Any) -> dict[str, Any]:
    contacts = [contact.model_dump(exclude_none=True) for contact in event.contacts]
    return {"name": event.name, "domain": event.domain, "owner_id": event.owner_id, "contacts": contacts}
