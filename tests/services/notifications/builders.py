"""Valid objects; a test names only what matters to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifications.models import Delivery, Notification, Origin, Preferences, Recipient, Rule, Subject, Template
from services.notifications.rules import Situation
from shared.database import new_id, utcnow
from shared.events import (
    AccountOpened,
    CaseOpened,
    CommitmentMissed,
    Company,
    ConsentRequested,
    Contact,
    DealClosed,
    Envelope,
    Event,
    Interest,
    LeadAssigned,
    LeadCaptured,
    LeadQualified,
    LeadResponseOverdue,
    OpportunityOpened,
    Person,
    PersonErased,
    RepChanged,
    Sender,
    TeamMember,
)

MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANA_SILVA = Person(first_name="Ana", last_name="Silva", email="ana.silva@acme.example")
ACME = Company(name="Acme", domain="acme.example")
TIMES = {"created_at": MARCH, "updated_at": MARCH}


def a_recipient(person_id: str = "rita", **fields: Any) -> Recipient:
    return Recipient.model_validate({"id": person_id, "name": person_id.title(), "email": f"{person_id}@dealwire.example"} | TIMES | fields)


def a_rule(**fields: Any) -> Rule:
    given = {
        "id": "told",
        "name": "Told",
        "on": "lead.assigned",
        "recipients": ["owner"],
        "channels": ["in_app"],
        "template_id": "lead.assigned",
    }
    return Rule.model_validate(given | TIMES | fields)


def a_template(**fields: Any) -> Template:
    return Template.model_validate({"id": "words", "subject": "About {{ about }}", "text": "It is {{ owner }}'s."} | TIMES | fields)


def a_subject(key: str = "lead:l1", **fields: Any) -> Subject:
    return Subject.model_validate({"id": key, "label": "Ana Silva at Acme"} | TIMES | fields)


def a_situation(**fields: Any) -> Situation:
    event = fields.pop("event", None) or enveloped(lead_assigned())
    return Situation(**{"event": event, "about": a_subject(), "owner_id": "rita"} | fields)


def a_notification(notification_id: str = "n1", **fields: Any) -> Notification:
    origin = Origin(id="e1", source="/tests", time=MARCH, correlation_id="c1")
    given = {
        "id": notification_id,
        "recipient_id": "rita",
        "channel": "mail",
        "kind": "lead.assigned",
        "title": "New lead",
        "text": "Call them.",
    }
    return Notification.model_validate(
        given | {"about": "lead:l1", "rule_id": "told", "origin": origin, "status": "pending"} | TIMES | fields
    )


def a_delivery(delivery_id: str = "n1", **fields: Any) -> Delivery:
    given = {"id": delivery_id, "kind": "lead.assigned", "about": "lead:l1", "rule_id": "told", "event_id": "e1", "recipient_id": "rita"}
    return Delivery.model_validate(given | {"channel": "mail", "state": "pending", "due": MARCH} | TIMES | fields)


def enveloped(event: Event, *, at: datetime | None = None, event_id: str | None = None) -> Any:
    event_id = event_id or new_id()
    return event.in_envelope(Envelope(id=event_id, source="/tests", time=at or utcnow(), correlation_id=event_id))


def rep_changed(rep_id: str = "rita", version: int = 1, **fields: Any) -> RepChanged:
    given = {"name": rep_id.title(), "email": f"{rep_id}@dealwire.example", "team_id": "north", "manager_id": "max"}
    return RepChanged(rep_id=rep_id, version=version, **given | fields)


def lead_captured(lead_id: str = "l1", version: int = 1, **fields: Any) -> LeadCaptured:
    given = {"source": "web", "person": ANA_SILVA, "company": ACME, "interest": Interest(), "status": "captured"}
    return LeadCaptured(lead_id=lead_id, version=version, captured_at=utcnow(), submission_id="s1", **given | fields)


def lead_qualified(lead_id: str = "l1", version: int = 2, **fields: Any) -> LeadQualified:
    given = {"person": ANA_SILVA, "company": ACME, "interest": Interest(), "score": 60, "grade": "A", "criteria_version": 1, "reasons": []}
    return LeadQualified(lead_id=lead_id, version=version, qualified_at=utcnow(), **given | fields)


def lead_assigned(lead_id: str = "l1", owner_id: str = "rita", version: int = 3, **fields: Any) -> LeadAssigned:
    given = {"team_id": "north", "rule": "round robin", "reason": "the next in turn", "respond_by": utcnow() + timedelta(hours=1)}
    return LeadAssigned(lead_id=lead_id, version=version, owner_id=owner_id, **given | fields)


def response_overdue(lead_id: str = "l1", owner_id: str = "rita") -> LeadResponseOverdue:
    return LeadResponseOverdue(lead_id=lead_id, version=4, owner_id=owner_id, team_id="north", respond_by=utcnow())


def consent_requested(consent_id: str = "c1", **fields: Any) -> ConsentRequested:
    given = {"source": "web", "email": "ana.silva@acme.example", "first_name": "Ana", "sender": "Acme Pumps", "text": "Write to me."}
    times = {"requested_at": utcnow(), "expires_at": utcnow() + timedelta(days=7)}
    link = f"https://sales.acme.example/confirm/{consent_id}"
    return ConsentRequested(consent_id=consent_id, version=1, link=link, **given | times | fields)


def opportunity_opened(opportunity_id: str = "o1", **fields: Any) -> OpportunityOpened:
    given = {"lead_id": "l1", "name": "Acme: pumps", "pipeline": "default", "stage": "new", "owner_id": "rita", "opened_at": utcnow()}
    return OpportunityOpened(opportunity_id=opportunity_id, version=1, **given | fields)


def commitment_missed(opportunity_id: str = "o1", **fields: Any) -> CommitmentMissed:
    given = {"promisor": "Rita", "counterparty": "Ana", "text": "send the prices", "due": utcnow(), "missed_at": utcnow()}
    return CommitmentMissed(commitment_id="c1", opportunity_id=opportunity_id, version=5, **given | fields)


def deal_closed(outcome: str = "won", opportunity_id: str = "o1", **fields: Any) -> DealClosed:
    team = [TeamMember(rep_id="rita"), TeamMember(rep_id="sam", role="engineer")]
    given = {"reason": "best_fit", "amount": "12000", "currency": "EUR", "owner_id": "rita", "team": team, "closed_at": utcnow()}
    return DealClosed(opportunity_id=opportunity_id, version=9, outcome=outcome, cycle_seconds=1, effort_seconds=1, **given | fields)


def account_opened(account_id: str = "a1", **fields: Any) -> AccountOpened:
    contacts = [Contact(first_name="Ana", last_name="Silva", email="ana.silva@acme.example")]
    given = {"name": "Acme", "owner_id": "rita", "contacts": contacts, "opportunity_id": "o1", "lead_id": "l1", "opened_at": utcnow()}
    return AccountOpened(account_id=account_id, version=1, **given | fields)


def case_opened(case_id: str = "c1", **fields: Any) -> CaseOpened:
    given = {
        "account_id": "a1",
        "contact": Sender(email="ana.silva@acme.example"),
        "subject": "It leaks",
        "severity": "high",
        "channel": "mail",
    }
    return CaseOpened(case_id=case_id, version=1, respond_by=utcnow(), opened_at=utcnow(), **given | fields)


def person_erased(*lead_ids: str, email_hashes: tuple[str, ...] = ()) -> PersonErased:
    return PersonErased(person_id="p1", lead_ids=list(lead_ids), email_hashes=list(email_hashes), erased_at=utcnow())


def quiet(**fields: Any) -> Preferences:
    return Preferences(**{"in_app": False, "mail": False} | fields)
