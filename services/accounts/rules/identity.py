"""Which account a deal belongs to."""

from collections.abc import Mapping, Sequence

from services.accounts.models import Account
from shared.domains import domain_of, is_disposable, is_free_mail
from shared.errors import Invalid
from shared.events import Company, DealClosed, Person
from shared.events.people import email_hash
from shared.names import company_key

MAX_NAME = 300
PRIVATE_NAME = "Private customer"


def normalised_email(email: str) -> str:
    return email.strip().casefold()


def normalised_domain(domain: str) -> str:
    """The bare host of a domain as people write them: `https://www.Acme.example/shop` is `acme.example`. Empty where there is none."""
    return domain_of(domain) or ""


def domain_identity(domain: str | None) -> str | None:
    """A mailbox at a mail provider says nothing about whom its holder works for."""
    host = domain_of(domain or "")
    return f"domain:{host}" if host and not is_free_mail(host) and not is_disposable(host) else None


def refuse_nobodys(domain: str | None) -> None:
    """Raises Invalid for a domain that can't be one company's own."""
    if domain == "":
        raise Invalid("domain names no host", field="domain", rule="domain")
    if domain and not domain_identity(domain):
        raise Invalid(f"{domain} belongs to a mail provider, not to a customer", field="domain", rule="company_domain")


def company_identity(name: str | None, country: str | None) -> str | None:
    """By the name without legal form, accents, case and punctuation, and in however many words it is written."""
    bare = company_key(name or "").replace(" ", "")
    return f"company:{bare}|{(country or '').strip().upper()}" if bare else None


def email_identity(email: str | None) -> str | None:
    return f"email:{email_hash(email)}" if email and email.strip() else None


def identities_of(person: Person, company: Company) -> tuple[str, ...]:
    """What the customer is known by, the strongest first. A person's address counts only where there is no company."""
    of_company = tuple(filter(None, (domain_identity(company.domain), company_identity(company.name, company.country))))
    of_person = email_identity(person.email)
    return of_company or ((of_person,) if of_person else ())


def matching_account(identities: Sequence[str], known: Mapping[str, Account]) -> tuple[Account, str] | None:
    """The account and the kind of identity it was found by. One name with two domains is two companies."""
    domain = next((identity for identity in identities if identity.startswith("domain:")), None)
    for identity in identities:
        account = known.get(identity)
        if account and not (domain and account.domain and domain_identity(account.domain) != domain):
            return account, identity.partition(":")[0]
    return None


def is_private(company: Company) -> bool:
    return not (domain_identity(company.domain) or company_identity(company.name, company.country))


def name_of(deal: DealClosed) -> str:
    """What to call the customer of a deal."""
    full_name = " ".join(filter(None, (deal.person.first_name, deal.person.last_name)))
    domain = None if is_private(deal.company) else normalised_domain(deal.company.domain or "")
    return (deal.company.name or domain or full_name or PRIVATE_NAME)[:MAX_NAME]
