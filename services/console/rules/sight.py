"""Whom somebody sees: of each kind of record those that its own service would show them."""

from collections.abc import Iterable, Mapping

from services.console.models import Row
from shared.principal import Principal

FOR_ANYBODY: Row = {"to_claim": "anybody"}


def scopes_of(principal: Principal, colleagues: Iterable[str]) -> Mapping[str, Row]:
    """A filter for each kind; none at all for who sees everything. No event names the team of an account: it is that of its owner."""
    scope = principal.record_scope()
    if not scope:
        return {}
    theirs: Row = {"owner_id": {"$in": sorted({principal.subject, *colleagues})}}
    leads: Row = {"$or": [*scope.get("$or", [scope]), FOR_ANYBODY]}
    return {"leads": leads, "opportunities": scope, "accounts": theirs, "cases": theirs}
