"""Cases: by when a customer is promised an answer."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.accounts.models import Account, Case
from services.accounts.models.care import Severity
from services.accounts.rules.moments import believed_time
from shared.errors import Invalid
from shared.events import CaseSubmitted
from shared.events.people import email_hash

RESPOND_WITHIN: dict[Severity, timedelta] = {
    "critical": timedelta(hours=1),
    "high": timedelta(hours=4),
    "normal": timedelta(days=1),
    "low": timedelta(days=3),
}
_CASES = UUID("6f0c2a0e-9a55-5c0b-8c3e-7d0f5d1f4b11")


_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def refuse_unanswerable(submitted: CaseSubmitted) -> None:
    """A case needs somebody to answer and something to answer to."""
    if not _ADDRESS.fullmatch(submitted.contact.email):
        raise Invalid("contact.email is not an address to answer to", field="contact.email", rule="email")
    if not submitted.subject:
        raise Invalid("a case needs a subject", field="subject", rule="required")


def case_id_of(submitted: CaseSubmitted) -> str:
    """Known before the case is: the same external id in the same channel is the same case. Two help desks may both have a number 1."""
    external = f"external {submitted.channel}\n{submitted.external_id}"
    return str(uuid5(_CASES, external if submitted.external_id else f"event {submitted.envelope.identity}"))


def account_of(submitted: CaseSubmitted, accounts: Mapping[str, Account], known_at: Mapping[str, str]) -> Account | None:
    """The account it names, else the one where its sender is a contact (`known_at`: account id by hash of the address)."""
    named = accounts.get(submitted.account_id or "")
    return named or accounts.get(known_at.get(email_hash(submitted.contact.email), ""))


def opened_case(submitted: CaseSubmitted, account: Account | None, now: datetime) -> Case:
    """The clock starts when the customer asked, not when we got to read it."""
    asked_at = believed_time(submitted.envelope.time, now)
    return Case(
        id=case_id_of(submitted),
        account_id=account.id if account else None,
        owner_id=account.owner_id if account else None,
        team_id=account.team_id if account else None,
        contact_hash=email_hash(submitted.contact.email),
        opened_at=asked_at,
        respond_by=asked_at + RESPOND_WITHIN[submitted.severity],
        created_at=now,
        updated_at=now,
        **submitted.model_dump(include={"external_id", "contact", "subject", "body", "severity", "channel"}),
    )
