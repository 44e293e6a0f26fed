"""The people at an account: which of those named in a deal are new, and what is new about the others."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.accounts.models import Account, AccountContact
from services.accounts.rules.identity import email_identity, normalised_email
from shared.events import Contact, DealClosed, Person
from shared.events.people import email_hash

FIELDS = ("first_name", "last_name", "email", "phone", "title", "role")
BUYER = "buyer"


class Named(NamedTuple):
    """Someone named in a deal; the one it began with has a lead."""

    contact: Contact
    lead_id: str | None = None


def people_of(deal: DealClosed) -> list[Named]:
    """The person who bought, then the others."""
    buyer = Named(Contact(role=BUYER, **deal.person.model_dump()), deal.lead_id)
    return [named for named in (buyer, *map(Named, deal.contacts)) if _is_someone(named.contact)]


def erasable_names(deal: DealClosed) -> list[str]:
    """Every name under which one of a deal's people may have been erased."""
    return [name for named in people_of(deal) for name in _names(named)]


def without_erased(deal: DealClosed, erased: Mapping[str, datetime]) -> DealClosed:
    """The deal without the people who were erased after it had closed."""
    gone = {name for name, erased_at in erased.items() if erased_at >= deal.closed_at}
    if not gone.intersection(erasable_names(deal)):
        return deal
    stay = [contact for contact in deal.contacts if not gone.intersection(_names(Named(contact)))]
    buyer = Named(Contact(**deal.person.model_dump()), deal.lead_id)
    return deal.model_copy(update={"contacts": stay, "person": Person() if gone.intersection(_names(buyer)) else deal.person})


def same_person(contacts: Iterable[AccountContact], told: Contact) -> AccountContact | None:
    return next((contact for contact in contacts if _are_same(contact, told)), None)


def new_contact(account: Account, named: Named, contact_id: str, now: datetime) -> AccountContact:
    fields: dict[str, Any] = {field: _told(named.contact, field) for field in FIELDS}
    fields |= {"lead_id": named.lead_id, "email_hash": email_hash(fields["email"]) if fields["email"] else None}
    return AccountContact(id=contact_id, account_id=account.id, created_at=now, updated_at=now, **fields)


def merged_contact(known: AccountContact, named: Named, now: datetime) -> AccountContact:
    """The known contact with what the deal says anew; what it leaves empty stays. The very same object when nothing is new."""
    told = {field: _told(named.contact, field) for field in FIELDS} | {"lead_id": named.lead_id}
    news = {field: value for field, value in told.items() if value and value != getattr(known, field)}
    if known.role and news.get("role") == BUYER:
        del news["role"]
    if "email" in news:
        news["email_hash"] = email_hash(str(news["email"]))
    return known.after(now, **news) if news else known


def contact_to_ask(contacts: Iterable[AccountContact]) -> AccountContact | None:
    """Whom a survey goes to, of those who can be written to: a buyer before others, then the one known longest."""
    reachable = [contact for contact in contacts if contact.email]
    return min(reachable, key=lambda contact: (contact.role != BUYER, contact.created_at, contact.id), default=None)


def _names(named: Named) -> list[str]:
    email = email_identity(named.contact.email)
    return [name for name in (f"lead:{named.lead_id}" if named.lead_id else None, email) if name]


def _told(told: Contact, field: str) -> str | None:
    value: str | None = getattr(told, field)
    return normalised_email(value) if field == "email" and value else value


def _are_same(known: AccountContact, told: Contact) -> bool:
    """Two addresses decide; else two names, unless their phones differ; else two phones."""
    if known.email and told.email:
        return normalised_email(known.email) == normalised_email(told.email)
    phones = _phone(known), _phone(told)
    names = _name(known), _name(told)
    if all(names):
        return names[0] == names[1] and (not all(phones) or phones[0] == phones[1])
    return all(phones) and phones[0] == phones[1]


def _phone(one: Contact | AccountContact) -> str:
    return "".join(character for character in one.phone or "" if character.isdigit())


def _name(one: Contact | AccountContact) -> str:
    return " ".join(filter(None, (one.first_name, one.last_name))).casefold()


def _is_someone(contact: Contact) -> bool:
    return bool(contact.email or _phone(contact) or _name(contact))
