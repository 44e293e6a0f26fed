"""Is this lead a customer's? Accounts are known by their domain and by the addresses of their people."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.leads.rules.capture.addresses import email_of
from shared.domains import domain_of, is_free_mail
from shared.events import AccountChanged, AccountOpened
from shared.events.people import email_hash

MOST_KEYS = 1_000
# By key, who owns the account that is known by it.
Customers = Mapping[str, str]
NOBODYS: Customers = {}


def keys_of_account(account: AccountOpened | AccountChanged) -> list[str]:
    """Addresses are kept as hashes, by which an erased person is found, too."""
    domain = domain_of(account.domain) if account.domain else None
    emails = (email_of(contact.email) for contact in account.contacts if contact.email)
    people = sorted({_email_key(email) for email in emails if email})
    return [*([f"d:{domain}"] if domain and not is_free_mail(domain) else ()), *people][:MOST_KEYS]


def keys_of_lead(parts: Mapping[str, Any]) -> list[str]:
    """The surest first."""
    email, domain = parts["person"].get("email"), parts["company"].get("domain")
    return [*([_email_key(email)] if email else ()), *([f"d:{domain}"] if domain and not is_free_mail(domain) else ())]


def owner_of(parts: Mapping[str, Any], customers: Customers) -> str | None:
    return next((customers[key] for key in keys_of_lead(parts) if key in customers), None) if customers else None


def all_keys(leads: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({key for parts in leads for key in keys_of_lead(parts)})


def _email_key(email: str) -> str:
    return f"h:{email_hash(email)}"
