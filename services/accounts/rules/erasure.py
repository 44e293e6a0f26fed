"""Who has to be forgotten, and what is left of a record afterwards. A person's names are `lead:<id>` and `email:<hash>`."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.accounts.models import Account, AccountContact, Case, Erasure
from services.accounts.rules.contacts import FIELDS
from services.accounts.rules.identity import PRIVATE_NAME
from shared.events import PersonErased, Sender

Asked = Mapping[str, PersonErased]
_NOBODYS = {"contact": Sender(email=""), "contact_hash": None, "subject": "", "body": "", "resolution": None}


def names_asked(erased: Iterable[PersonErased]) -> dict[str, PersonErased]:
    """Which request asks to forget which name."""
    by_lead = {f"lead:{lead_id}": one for one in erased for lead_id in one.lead_ids}
    return by_lead | {f"email:{hashed}": one for one in erased for hashed in one.email_hashes}


def leads_in(asked: Asked) -> list[str]:
    return [name.removeprefix("lead:") for name in asked if name.startswith("lead:")]


def hashes_in(asked: Asked) -> list[str]:
    return [name.removeprefix("email:") for name in asked if name.startswith("email:")]


def with_other_names(asked: Asked, contacts: Iterable[AccountContact]) -> dict[str, PersonErased]:
    """Who is known here under one of the names is forgotten under the others as well."""
    others = {name: asked_by(asked, contact) for contact in contacts for name in _names_of(contact)}
    return {**others, **asked}


def asked_by(asked: Asked, contact: AccountContact) -> PersonErased:
    return next(asked[name] for name in _names_of(contact) if name in asked)


def blanked_contact(contact: AccountContact, now: datetime) -> AccountContact:
    nothing = dict.fromkeys((*FIELDS, "email_hash", "lead_id"))
    return contact.after(now, **nothing, erased_at=now)


def blanked_case(case: Case, now: datetime) -> Case:
    return case.after(now, **_NOBODYS)


def unless_erased(case: Case, erased: Mapping[str, Erasure]) -> Case:
    """As it is opened: without the person, if they were erased after they asked."""
    erasure = erased.get(f"email:{case.contact_hash}")
    return case.model_copy(update=_NOBODYS) if erasure and erasure.erased_at >= case.opened_at else case


def account_without(account: Account, now: datetime) -> Account:
    """A private customer's account bears the person's name."""
    return account.after(now, name=PRIVATE_NAME) if account.private else account.after(now)


def _names_of(contact: AccountContact) -> list[str]:
    names = (f"lead:{contact.lead_id}" if contact.lead_id else "", f"email:{contact.email_hash}" if contact.email_hash else "")
    return [name for name in names if name]
