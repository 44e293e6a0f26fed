"""Who is asked about leads: added, changed, switched off; and which of them are in a state to be asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import SecretStr, ValidationError

from services.leads import store
from services.leads.models import Provider, ProviderState, Usage
from services.leads.rules.enrichment.answers import check_fields
from services.leads.rules.enrichment.questions import Enquiries, check_provider
from services.leads.service.records import add_record, change_record, with_fields
from shared.database import Database, utcnow
from shared.errors import Invalid
from shared.outbound import check_address
from shared.remembering import Fresh
from shared.sealing import Sealer
from shared.transaction import Transaction
from shared.violations import violations_of

FRESH_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class InForce:
    """`resting` have used up their budget; `silent` don't answer at the moment, so nobody waits for them."""

    enquiries: Enquiries
    resting: frozenset[str]
    silent: frozenset[str]


async def current_providers(db: Database) -> InForce:
    """Another process's change is seen here after two seconds at the latest. Without providers it costs one look at nothing."""
    return await _in_force.current(db)


async def _read(db: Database) -> InForce:
    active = [provider for provider in await store.find_providers(db) if provider.active]
    if not active:
        return InForce(Enquiries(()), frozenset(), frozenset())
    states, usage = await store.find_provider_states(db), await store.find_provider_usage(db, month_of(utcnow()))
    resting = frozenset(provider.id for provider in active if left_to_spend(provider, usage.get(provider.id)) == 0)
    return InForce(Enquiries(active), resting, frozenset(one for one, state in states.items() if _is_silent(state)))


_in_force = Fresh(_read, seconds=FRESH_SECONDS)


def forget_providers(db: Database) -> None:
    _in_force.forget(db)


def _is_silent(state: ProviderState) -> bool:
    """Until a call has shown the opposite, too: whoever tries it next is not to be waited for."""
    return state["circuit"] != "closed"


def month_of(moment: Any) -> str:
    return f"{moment:%Y-%m}"


def left_to_spend(provider: Provider, usage: Usage | None, *, calling: int = 0) -> int | None:
    """How many more calls this month's budget allows; None when there is no limit."""
    if provider.monthly_budget is None or not provider.price:
        return None
    left = provider.monthly_budget - (usage["cost"] if usage else Decimal(0)) - provider.price * calling
    return max(0, int(left // provider.price))


async def current_usage(db: Database) -> tuple[dict[str, Usage], dict[str, ProviderState]]:
    """What each provider was asked this month, and how each is doing."""
    return await store.find_provider_usage(db, month_of(utcnow())), await store.find_provider_states(db)


async def add_provider(tx: Transaction, provider: Provider, networks: Iterable[Any] = ()) -> Provider:
    """Raises Invalid for what it could never be asked by."""
    _check(provider, networks)
    await add_record(tx, provider)
    forget_providers(tx.database)
    return provider


async def change_provider(
    tx: Transaction, provider_id: str, fields: dict[str, Any], *, networks: Iterable[Any] = (), expected_version: int | None = None
) -> Provider:
    before = await store.get_record(tx, Provider, provider_id)
    after = _changed(before, fields)
    _check(after, networks)
    changed = await change_record(tx, before, after, expected_version)
    forget_providers(tx.database)
    return changed


def _changed(provider: Provider, fields: dict[str, Any]) -> Provider:
    try:
        return with_fields(provider, fields)
    except ValidationError as error:
        raise Invalid("With this change the provider could not be asked", violations=violations_of(error)) from error


def _check(provider: Provider, networks: Iterable[Any]) -> None:
    check_provider(provider)
    check_fields(provider)
    if provider.request is not None:
        check_address(provider.request.url.replace("{", "x").replace("}", "x"), networks)


def with_secrets(before: Mapping[str, bytes], sealer: Sealer, secrets: Mapping[str, SecretStr | None]) -> dict[str, bytes]:
    """Those given are added or take the place of those of the same name; one given as nothing is removed."""
    sealed = {name: sealer.seal(secret) for name, secret in secrets.items() if secret is not None}
    return {name: value for name, value in before.items() if name not in secrets} | sealed
