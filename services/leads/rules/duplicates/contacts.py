"""The people of a customer, in the form in which leads are compared with them."""

from typing import Any

from services.leads.rules.capture.addresses import email_of, phone_of
from services.leads.rules.duplicates.blocks import blocks_of
from services.leads.rules.duplicates.likeness import Likeness, are_contrary, are_swapped
from services.leads.rules.duplicates.matching import Comparing, Matcher
from shared.domains import domain_of
from shared.events import AccountChanged, AccountOpened, Contact, Match
from shared.events.people import email_hash

MOST_CONTACTS = 500
BY_ADDRESS = Comparing("merge", 100, Match(rule="email", score=1.0, fields=["person.email"]))


def contacts_of(account: AccountOpened | AccountChanged) -> list[dict[str, Any]]:
    """Those that anything is known of to tell them by."""
    rows = [_row(account, number, contact) for number, contact in enumerate(account.contacts[:MOST_CONTACTS])]
    return [row for row in rows if row["blocks"]]


def _row(account: AccountOpened | AccountChanged, number: int, contact: Contact) -> dict[str, Any]:
    stated = {"first_name": contact.first_name, "last_name": contact.last_name}
    stated |= {"email": contact.email and email_of(contact.email), "phone": contact.phone and phone_of(contact.phone, None)}
    firm = {"name": account.name, "domain": account.domain and domain_of(account.domain)}
    parts = {"person": _filled(stated), "company": _filled(firm)}
    named = {"_id": f"{account.account_id}/{number}", "account_id": account.account_id}
    hashed = {"email_hash": email_hash(parts["person"]["email"])} if "email" in parts["person"] else {}
    return {**named, **hashed, **parts, "blocks": blocks_of(parts)}


def _filled(fields: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def compare_with_contact(matcher: Matcher, lead: Likeness, contact: Likeness) -> Comparing:
    """An address is somebody's own, if the names do not contradict."""
    same_address = bool(lead.local) and (lead.local, lead.host) == (contact.local, contact.host)
    if same_address and (not are_contrary(lead, contact) or are_swapped(lead, contact)):
        return BY_ADDRESS
    return matcher.compare(lead, contact)
