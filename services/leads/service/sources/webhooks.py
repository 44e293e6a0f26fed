"""The webhook door of a source is set up: how its payloads are read, and how its sender proves who they are."""

from collections.abc import Sequence
from typing import Any

from services.leads import store
from services.leads.models import Mapping, SealedProof, Source, Webhook
from services.leads.rules.capture.terms import take_in
from services.leads.rules.sources.payloads import Item, Reader
from services.leads.service.policies import current_policy
from shared.database import Database
from shared.errors import Invalid, StaleVersion, Violation
from shared.history import Change
from shared.transaction import Transaction

_SECRETS = {"secret", "verify_token"}


async def get_webhook(db: Database, source_id: str) -> Webhook:
    """One that nobody has set up yet is empty."""
    webhook = await store.find_webhook(db, source_id)
    if webhook is None:
        source = await store.get_record(db, Source, source_id)
        webhook = Webhook(id=source.id, version=0, created_at=source.created_at, updated_at=source.updated_at)
    return webhook


async def try_mapping(db: Database, source_id: str, mapping: Mapping, sample: bytes) -> list[Item]:
    """What it would submit of a sample, on the terms of the source."""
    terms = (await current_policy(db)).terms_of(source_id)
    items = Reader(mapping).read(source_id, sample)
    return [Item(one.raw, one.external_id, one.submission, _refusal(terms, one), one.set_aside, one.whole) for one in items]


def _refusal(terms: Any, item: Item) -> Any:
    return item.refusal or (take_in(terms, item.submission, promised=True).refusal if item.submission else None)


def expect_readable(items: Sequence[Item]) -> None:
    """Raises Invalid, naming what of the sample can't be read."""
    unreadable = [one for one in items if one.refusal is not None and not one.set_aside]
    wrong = [violation for one in unreadable for violation in _violations(one)]
    if wrong:
        raise Invalid("The mapping does not read the sample", violations=tuple(wrong[:100]))


def _violations(item: Item) -> Sequence[Violation]:
    return item.refusal.violations if item.refusal else ()


async def set_mapping(tx: Transaction, source_id: str, mapping: Mapping, expected_version: int | None) -> Webhook:
    return await _set(tx, source_id, expected_version, "mapped", mapping=mapping)


async def set_proof(tx: Transaction, source_id: str, proof: SealedProof | None, expected_version: int | None) -> Webhook:
    """Without a proof only the source's API key opens the door."""
    return await _set(tx, source_id, expected_version, "secured" if proof else "unsecured", proof=proof)


async def _set(tx: Transaction, source_id: str, expected_version: int | None, what: str, **fields: Any) -> Webhook:
    await store.get_record(tx, Source, source_id)
    former = await store.find_webhook(tx, source_id)
    version = former.version if former else 0
    if expected_version not in (None, version):
        raise StaleVersion(f"It is at version {version} now", field="If-Match", rule="version")
    before = former or Webhook(id=source_id, version=0, created_at=tx.now, updated_at=tx.now)
    after = before.model_copy(update={**fields, "version": version + 1, "updated_at": tx.now})
    await store.save_webhook(tx, after)
    tx.record(Change("webhook", source_id, after.version, what, before=_shown(before, fields), after=_shown(after, fields)))
    return after


def _shown(webhook: Webhook, fields: dict[str, Any]) -> dict[str, Any]:
    return webhook.model_dump(include=set(fields), exclude={"proof": _SECRETS})
