"""What registers, of reps, sources, providers and others, have in common: a version with every change, and a history of them."""

from typing import Any, TypeVar

from services.leads import store
from services.leads.models import Poll, Provider, Rep, Source, Team, Territory
from shared.database import Record
from shared.errors import StaleVersion
from shared.history import Change
from shared.transaction import Transaction

R = TypeVar("R", Rep, Team, Source, Territory, Provider, Poll)


async def add_record(tx: Transaction, record: R) -> R:
    await store.add_record(tx, record)
    tx.record(Change(of=record.noun, id=record.id, version=1, what="added", after=_shown(record)))
    return record


async def change_record(tx: Transaction, before: R, after: R, expected_version: int | None) -> R:
    """Returns the record with its next version, or `before` itself when nothing is different."""
    expect_version(before, expected_version)
    old, new = _shown(before), _shown(after)
    news = {name: value for name, value in new.items() if value != old[name]}
    if not news:
        return before
    changed = after.model_copy(update={"version": before.version + 1, "updated_at": tx.now})
    await store.save_record(tx, changed)
    tx.record(Change(before.noun, before.id, changed.version, "changed", {name: old[name] for name in news}, news))
    return changed


def expect_version(record: Record, expected: int | None) -> None:
    """Raises StaleVersion when it has changed since it was read."""
    if expected not in (None, record.version):
        raise StaleVersion(f"It is at version {record.version} now", field="If-Match", rule="version")


def with_fields(record: R, fields: dict[str, Any]) -> R:
    """Validated anew, so that nested fields are what they should be."""
    return type(record).model_validate({**record.model_dump(), **fields})


def _shown(record: Rep | Team | Source | Territory | Provider | Poll) -> dict[str, Any]:
    """Of secrets only how they are called, and when they change."""
    said = record.model_dump(exclude={"id", "version", "created_at", "updated_at", "sealed"})
    return said | {"secrets": record.secret_marks()} if isinstance(record, Provider | Poll) else said
