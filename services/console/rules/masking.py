"""What some roles don't see, wherever it stands: money, addresses, what people wrote of their needs."""

from collections.abc import Collection, Mapping
from typing import Any

from services.console.models import NOTHING_HIDDEN, Hidden

FIELDS: Mapping[str, frozenset[str]] = {
    "money": frozenset({"amount", "currency", "budget", "annual_revenue"}),
    "contact": frozenset({"email", "phone"}),
    "words": frozenset({"need", "notes", "attributes"}),
}


def hidden_from(roles: Collection[str], policy: Mapping[str, Collection[str]]) -> Hidden:
    """Who has several roles sees what any of them sees."""
    return frozenset.intersection(*(frozenset(policy.get(role, ())) for role in roles)) if roles else NOTHING_HIDDEN


def without(row: Any, hidden: Hidden) -> Any:
    """The same with nothing in the fields that are hidden, however deep."""
    return _blanked(row, frozenset[str]().union(*(FIELDS.get(group, ()) for group in hidden))) if hidden else row


def _blanked(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: None if name in names else _blanked(part, names) for name, part in value.items()}
    return [_blanked(part, names) for part in value] if isinstance(value, list) else value
