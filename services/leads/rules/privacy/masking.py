"""What of leads and sources some roles don't see: their money, their addresses, their words."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from services.leads.models import MaskedGroup, MaskingSet
from shared.errors import Forbidden

Fields = Mapping[str, Any]
Hidden = frozenset[str]
NOTHING: Hidden = frozenset()
GROUPS: Mapping[MaskedGroup, tuple[str, ...]] = {
    "money": ("interest.budget", "interest.currency", "company.annual_revenue", "monthly_cost", "enrichment"),
    "contact": ("person.email", "person.phone", "email", "given_from", "proof.address", "enrichment"),
    "words": ("interest.need", "interest.notes", "attributes", "detail", "enrichment"),
}
# How the keys begin by which a search finds an address.
ADDRESS_KEYS = ("e:", "p:")


def hidden_from(masking: MaskingSet | None, roles: Collection[str]) -> Hidden:
    """By path. Who has several roles sees what any of them sees."""
    if masking is None:
        return NOTHING
    masked = [set(_masked_for(masking, role)) for role in roles]
    return frozenset(path for group in set.intersection(*masked) for path in GROUPS[group]) if masked else NOTHING


def _masked_for(masking: MaskingSet, role: str) -> Sequence[MaskedGroup]:
    return next((groups for named, groups in masking.hidden.items() if named == role), ())


def without(document: Fields, hidden: Hidden) -> Fields:
    """`masked` names all that is hidden, whether there is anything or not: even that is not told."""
    if not hidden:
        return document
    shown = _without(document, hidden)
    if "corrections" in shown:
        shown["corrections"] = [one for one in shown["corrections"] if not is_hidden(one["field"], hidden)]
    return shown | {"masked": sorted(hidden)}


def change_without(change: Fields, hidden: Hidden) -> Fields:
    """That a field changed is told, but not from what to what."""
    if not hidden:
        return change
    return {**change, "before": _blanked(change["before"], hidden), "after": _blanked(change["after"], hidden)}


def is_hidden(path: str, hidden: Hidden) -> bool:
    return any(path == one or path.startswith(f"{one}.") for one in hidden)


def expect_shown(params: Mapping[str, str], hidden: Hidden) -> None:
    """Raises Forbidden for an order or a filter that would tell what is hidden."""
    for name, text in params.items():
        path = text.removeprefix("-") if name == "sort" else name.partition("__")[0]
        if is_hidden(path, hidden):
            raise Forbidden(f"{path[:100]} is masked for you: nothing is found or put in order by it", field=name[:100], rule="masked")


def ranges_shown(ranges: Sequence[tuple[str, str]], hidden: Hidden) -> list[tuple[str, str]]:
    """Who doesn't see addresses can't find one out by searching for its beginning."""
    by_address = hidden.isdisjoint(GROUPS["contact"])
    return [one for one in ranges if by_address or not one[0].startswith(ADDRESS_KEYS)]


def _without(document: Fields, hidden: Hidden) -> dict[str, Any]:
    shown = dict(document)
    for path in hidden:
        part, _, field = path.partition(".")
        if not field:
            shown.pop(part, None)
        elif isinstance(shown.get(part), Mapping):
            shown[part] = {name: value for name, value in shown[part].items() if name != field}
    return shown


def _blanked(fields: Fields, hidden: Hidden) -> dict[str, Any]:
    return _without(fields, hidden) | {name: None for name in fields if is_hidden(name, hidden)}
