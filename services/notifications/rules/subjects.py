"""What events tell of the things that they are about, so that a later event need not carry all of it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from services.notifications.models import Subject, subject_key
from services.notifications.rules.addressing import Situation
from shared.events import (
    AccountChanged,
    AccountOpened,
    CaseOpened,
    Company,
    Contact,
    DealClosed,
    Event,
    ImportFinished,
    LeadCaptured,
    LeadEnriched,
    LeadMerged,
    LeadQualified,
    LeadUnmerged,
    OpportunityOpened,
    Person,
)
from shared.events.people import email_hash

NEWS_FOR = timedelta(days=3)
MOST_ADDRESSES = 50


def is_news(event: Event, now: datetime) -> bool:
    """What happened long ago is learned from but not told: reading a topic from its beginning wakes nobody."""
    return now - event.envelope.time <= NEWS_FOR


def key_of(event: Event) -> str:
    """The key of what an event is about: `lead:42`."""
    return subject_key(event.key_field.removesuffix("_id"), event.key())


def parent_of(event: Event) -> str | None:
    """What an opportunity follows is its lead, what a case follows its account."""
    lead_id, account_id = getattr(event, "lead_id", None), getattr(event, "account_id", None)
    if event.key_field == "opportunity_id" and lead_id:
        return subject_key("lead", lead_id)
    return subject_key("account", account_id) if event.key_field == "case_id" and account_id else None


def follows(subject: Subject) -> set[str]:
    """The keys of what must be known to know all of this one."""
    of_people = {subject_key("person", email_hash) for email_hash in subject.email_hashes}
    return of_people | {key for key in (subject.parent, subject.lead_id and subject_key("lead", subject.lead_id)) if key} - {subject.id}


def learned(subject: Subject | None, event: Event, now: datetime) -> Subject:
    """The subject with what `event` tells of it; each part is taken from the newest that told it."""
    subject = subject or Subject(id=key_of(event), version=0, created_at=now, updated_at=now)
    version: int = getattr(event, "version", 0)
    news = _named_by(subject, event, version) | _owned_by(subject, event, version) | _linked_by(subject, event)
    return subject.model_copy(update={**news, "version": max(version, subject.version), "updated_at": now}) if news else subject


def _named_by(subject: Subject, event: Event, version: int) -> dict[str, object]:
    label = label_in(event)
    if not label or subject.erased or version <= subject.label_version:
        return {}
    return {"label": label, "label_version": version, "personal": _is_personal(event, label)} if label != subject.label else {}


def _owned_by(subject: Subject, event: Event, version: int) -> dict[str, object]:
    owner_id = getattr(event, "owner_id", None)
    team_id = getattr(event, "team_id", None) or (subject.team_id if owner_id == subject.owner_id else None)
    if not owner_id or version <= subject.owner_version or (owner_id, team_id) == (subject.owner_id, subject.team_id):
        return {}
    return {"owner_id": owner_id, "team_id": team_id, "owner_version": version, "owned_since": event.envelope.time}


def _linked_by(subject: Subject, event: Event) -> dict[str, object]:
    hashes = sorted({email_hash(email) for email in _emails_in(event) if email} | set(subject.email_hashes))[:MOST_ADDRESSES]
    told = {"parent": parent_of(event), "lead_id": getattr(event, "lead_id", None), "email_hashes": [] if subject.erased else hashes}
    return {name: value for name, value in told.items() if value and value != getattr(subject, name)}


def label_in(event: Event) -> str | None:
    """What people call the thing that the event is about."""
    match event:
        case LeadCaptured() | LeadMerged() | LeadQualified() | LeadEnriched() | LeadUnmerged():
            return _who(event.person, event.company)
        case OpportunityOpened() | AccountOpened() | AccountChanged():
            return event.name
        case CaseOpened():
            return event.subject
        case ImportFinished():
            return event.file_name
        case _:
            return None


def _who(person: Person, company: Company) -> str | None:
    """`Ana Silva at Acme`, or as much of it as is known."""
    name = " ".join(part for part in (person.first_name, person.last_name) if part) or person.email or person.phone
    employer = company.name or company.domain
    return f"{name} at {employer}" if name and employer else name or employer


def _is_personal(event: Event, label: str) -> bool:
    """A company's name is nobody's; an account may be a person, though."""
    if not isinstance(event, AccountOpened | AccountChanged):
        return True
    return any(_name(contact).casefold() == label.casefold() for contact in event.contacts)


def _name(contact: Contact) -> str:
    return " ".join(part for part in (contact.first_name, contact.last_name) if part)


def _emails_in(event: Event) -> list[str | None]:
    match event:
        case LeadCaptured() | LeadMerged() | LeadQualified() | LeadEnriched() | LeadUnmerged() | OpportunityOpened() | DealClosed():
            return [event.person.email]
        case AccountOpened() | AccountChanged():
            return [contact.email for contact in event.contacts]
        case CaseOpened():
            return [event.contact.email]
        case _:
            return []


def forgotten(subject: Subject, hashes: Collection[str], now: datetime) -> Subject:
    """Without the person; a company keeps its name."""
    left = [one for one in subject.email_hashes if one not in hashes]
    if not subject.personal:
        return subject.model_copy(update={"email_hashes": left, "updated_at": now})
    return subject.model_copy(update={"label": None, "erased": True, "email_hashes": [], "updated_at": now})


def situation_of(event: Event, subject: Subject, parent: Subject | None) -> Situation:
    """Whose business an event is: the event knows best, then whoever was told last to own its subject or what that follows."""
    told = [one for one in (subject, parent) if one and one.owner_id and one.owned_since]
    latest = max(told, key=lambda one: one.owned_since or one.created_at, default=subject)
    owner_id = getattr(event, "owner_id", None) or latest.owner_id
    team_id = getattr(event, "team_id", None) or (latest.team_id if latest.owner_id == owner_id else None)
    members = tuple(member.rep_id for member in event.team) if isinstance(event, DealClosed) else ()
    return Situation(event, subject, owner_id, team_id, getattr(event, "previous_owner_id", None), members)
