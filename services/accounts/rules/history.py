"""What differs between two states of a record, in a form that history may keep for ever."""

from typing import Any

from services.accounts.models import Aggregate

PERSONAL = "(personal)"
UNTOLD = frozenset({"id", "version", "created_at", "updated_at"})


def differences(before: Aggregate | None, after: Aggregate) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, before and after; of personal ones only that they do, so that erasing a person need not rewrite history."""
    old = before.model_dump() if before else {}
    new = after.model_dump()
    changed = [field for field in new if field not in UNTOLD | after.derived and new[field] != old.get(field)]
    hidden = after.personal | (before.personal if before else frozenset())
    return _values(old, changed, hidden), _values(new, changed, hidden)


def _values(state: dict[str, Any], fields: list[str], hidden: frozenset[str]) -> dict[str, Any]:
    return {field: PERSONAL if field in hidden and state[field] else state[field] for field in fields if field in state}
