"""A closed deal, and what the customer expects from it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.accounts.models import Account, Deal, Identity, RecordedExpectation
from services.accounts.rules.identity import domain_identity, identities_of, is_private, name_of, normalised_domain
from shared.events import DealClosed, DealReopened, Expectation

_EXPECTATIONS = UUID("0d5f0b53-6c1c-5f0e-9f53-8f5f8b8b6a52")


def new_account(deal: DealClosed, account_id: str, now: datetime) -> Account:
    return Account(
        id=account_id,
        name=name_of(deal),
        domain=_domain_of(deal),
        country=deal.company.country,
        private=is_private(deal.company),
        opportunity_id=deal.opportunity_id,
        lead_id=deal.lead_id,
        created_at=now,
        updated_at=now,
    )


def missing_facts(account: Account, deal: DealClosed, identities: Mapping[str, Identity]) -> dict[str, Any]:
    """What the deal knows about the account and the account did not; what is known stays as it is, and a domain with whose it is."""
    holder = identities.get(domain_identity(deal.company.domain) or "")
    domain = _domain_of(deal) if holder is None or holder.account_id == account.id else None
    told = {"domain": domain, "country": deal.company.country, "owner_id": deal.owner_id}
    return {field: value for field, value in told.items() if value and not getattr(account, field)}


def unclaimed_identities(deal: DealClosed, claimed: Iterable[str]) -> list[str]:
    return [identity for identity in identities_of(deal.person, deal.company) if identity not in set(claimed)]


def new_expectations(deal: DealClosed, account: Account, known: Iterable[RecordedExpectation], now: datetime) -> list[RecordedExpectation]:
    """Those not recorded yet: a deal that is closed again tells the same ones again."""
    ids = {expectation.id for expectation in known}
    told = [_expectation(one, deal, account, now) for one in deal.expectations]
    return [expectation for expectation in {one.id: one for one in told}.values() if expectation.id not in ids]


def closed_deal(deal: DealClosed, account_id: str | None, known: Deal | None, now: datetime) -> Deal:
    return Deal(
        id=deal.opportunity_id,
        version=deal.version,
        account_id=account_id,
        status=deal.outcome,
        reason=deal.reason,
        amount=deal.amount,
        currency=deal.currency,
        closed_at=deal.closed_at,
        created_at=known.created_at if known else now,
        updated_at=now,
    )


def reopened_deal(known: Deal, reopened: DealReopened, now: datetime) -> Deal:
    news = {"status": "reopened", "reason": reopened.reason, "reopened_at": reopened.reopened_at}
    return known.model_copy(update={**news, "version": reopened.version, "updated_at": now})


def _domain_of(deal: DealClosed) -> str | None:
    return normalised_domain(deal.company.domain or "") if domain_identity(deal.company.domain) else None


def _expectation(told: Expectation, deal: DealClosed, account: Account, now: datetime) -> RecordedExpectation:
    return RecordedExpectation(
        id=str(uuid5(_EXPECTATIONS, f"{deal.opportunity_id} {told.text}")),
        account_id=account.id,
        opportunity_id=deal.opportunity_id,
        created_at=now,
        updated_at=now,
        **told.model_dump(),
    )
