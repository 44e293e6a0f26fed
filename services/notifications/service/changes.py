"""Changes by hand: checked against the version that was read, and remembered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.change import Change
from shared.database import Record
from shared.errors import StaleVersion
from shared.transaction import Transaction

R = TypeVar("R", bound=Record)
# The history must not hold what erasing a person would have to take out of it.
_PERSONAL = frozenset({"name", "email"})


@dataclass(frozen=True, slots=True)
class Edit:
    """New values by field, and the version that whoever makes the change has seen (None: whatever it is)."""

    fields: Mapping[str, Any]
    seen_version: int | None = None


def expect_version(record: Record, seen_version: int | None) -> None:
    if seen_version is not None and seen_version != record.version:
        raise StaleVersion(f"This is version {record.version} by now, not {seen_version}", field="If-Match", rule="version")


def changed(tx: Transaction, record: R, edit: Edit) -> R:
    """The record with the edit; its history says which fields differ."""
    expect_version(record, edit.seen_version)
    fields = {**record.model_dump(), **edit.fields, "version": record.version + 1, "updated_at": tx.now}
    after = type(record).model_validate(fields)
    tx.record(Change(noun_of(record), record.id, after.version, "changed", _told(record, edit), _told(after, edit)))
    return after


def _told(record: Record, edit: Edit) -> dict[str, Any]:
    personal = _PERSONAL if noun_of(record) == "recipient" else frozenset()
    return record.model_dump(include=set(edit.fields) - personal)


def noun_of(record: Record) -> str:
    return type(record).__name__.lower()
