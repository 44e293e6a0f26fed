"""Who is asked about leads: added, changed, switched off; and which of them are in a state to be asked."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from pydantic import SecretStr, ValidationError

from services.leads import store
from services.leads.models import Provider, ProviderState, Usage
from services.leads.rules.answers import check_fields
from services.leads.rules.questions import Enquiries, check_provider
from shared.database import Database, utcnow
from shared.errors import Invalid, StaleVersion
from shared.history import Change
from shared.outbound import check_address
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


_in_force: "WeakKeyDictionary[Database, tuple[float, InForce]]" = WeakKeyDictionary()


async def current_providers(db: Database) -> InForce:
    """Another process's change is seen here after two seconds at the latest. Without providers it costs one look at nothing."""
    until, in_force = _in_force.get(db, (0.0, None))
    if in_force is None or time.monotonic() >= until:
        in_force = await _read(db)
        _in_force[db] = (time.monotonic() + FRESH_SECONDS, in_force)
    return in_force


def forget_providers(db: Database) -> None:
    _in_force.pop(db, None)


async def _read(db: Database) -> InForce:
    active = [provider for provider in await store.find_providers(db) if provider.active]
    if not active:
        return InForce(Enquiries(()), frozenset(), frozenset())
    states, usage = await store.find_provider_states(db), await store.find_provider_usage(db, month_of(utcnow()))
    resting = frozenset(provider.id for provider in active if left_to_spend(provider, usage.get(provider.id)) == 0)
    return InForce(Enquiries(active), resting, frozenset(one for one, state in states.items() if _is_silent(state)))


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


async def add_provider(tx: Transaction, provider: Provider, networks: Any = ()) -> Provider:
    """Raises Invalid for what it could never be asked by."""
    _check(provider, networks)
    await store.add_provider(tx, provider)
    tx.record(Change(of=Provider.noun, id=provider.id, version=1, what="added", after=shown(provider)))
    forget_providers(tx.database)
    return provider


async def change_provider(
    tx: Transaction, provider_id: str, fields: Mapping[str, Any], expected_version: int | None, *, networks: Any = ()
) -> Provider:
    before = await store.get_provider(tx, provider_id)
    if expected_version not in (None, before.version):
        raise StaleVersion(f"It is at version {before.version} now", field="If-Match", rule="version")
    known = before.model_dump()
    news = {name: value for name, value in fields.items() if value != known[name]}
    if not news:
        return before
    after = _changed(known, {**news, "version": before.version + 1, "updated_at": tx.now})
    _check(after, networks)
    await store.save_provider(tx, after)
    old, new = shown(before), shown(after)
    changed = [name for name in new if old[name] != new[name]]
    parts = {name: old[name] for name in changed}, {name: new[name] for name in changed}
    tx.record(Change(Provider.noun, provider_id, after.version, "changed", *parts))
    forget_providers(tx.database)
    return after


def _changed(known: Mapping[str, Any], news: Mapping[str, Any]) -> Provider:
    try:
        return Provider.model_validate({**known, **news})
    except ValidationError as error:
        raise Invalid("With this change the provider could not be asked", violations=violations_of(error)) from error


def _check(provider: Provider, networks: Any) -> None:
    check_provider(provider)
    check_fields(provider)
    if provider.request is not None:
        check_address(provider.request.url.replace("{", "x").replace("}", "x"), networks)


def sealed(sealer: Sealer, secrets: Mapping[str, SecretStr]) -> dict[str, bytes]:
    return {name: sealer.seal(secret) for name, secret in secrets.items()}


def shown(provider: Provider) -> dict[str, Any]:
    """What its history keeps: of secrets only how they are called, and when they change."""
    said = provider.model_dump(exclude={"id", "version", "created_at", "updated_at", "sealed"})
    return said | {"secrets": {name: sha256(value).hexdigest()[:8] for name, value in provider.sealed.items()}}
