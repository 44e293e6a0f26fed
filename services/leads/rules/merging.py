"""Which value survives when two records turn out to be one person."""

from collections.abc import Mapping
from typing import Any, cast

from services.leads.models import LeadDocument, Provenance
from shared.events.values import MAX_ATTRIBUTES

Fields = dict[str, Any]
Parts = Mapping[str, Any]
MAX_CORRECTIONS = 20
# What a person is stays as it was first known; what they want is as they said last.
FIRST_KNOWN = ("person", "company", "attribution")
LAST_SAID = ("interest", "consent")


def merged_parts(kept: Parts, fresh: Parts) -> LeadDocument:
    """The parts of `kept` that differ once `fresh` has been merged into it. Nothing that either knows becomes unknown."""
    merged: Fields = {name: {**fresh.get(name, {}), **kept.get(name, {})} for name in FIRST_KNOWN}
    merged |= {name: {**kept.get(name, {}), **fresh.get(name, {})} for name in LAST_SAID}
    merged["attributes"] = dict(list((kept.get("attributes", {}) | fresh.get("attributes", {})).items())[:MAX_ATTRIBUTES])
    merged["keys"] = _joined(kept.get("keys", []), fresh.get("keys", []))
    merged["corrections"] = _joined(kept.get("corrections", []), fresh.get("corrections", []))[:MAX_CORRECTIONS]
    if "provenance" in kept or "provenance" in fresh:
        merged["enrichment"] = {**fresh.get("enrichment", {}), **kept.get("enrichment", {})}
        merged["provenance"] = _origins(kept, fresh, merged)
    return cast(LeadDocument, {name: value for name, value in merged.items() if value != kept.get(name, type(value)())})


def changed_fields(kept: Parts, changed: Parts) -> tuple[Fields, Fields]:
    """Before and after, by dotted path, of what a merge changed in the parts that people read."""
    before: Fields = {}
    after: Fields = {}
    for part in (*FIRST_KNOWN, *LAST_SAID, "attributes"):
        old = kept.get(part, {})
        for field, value in changed.get(part, {}).items():
            if value != old.get(field):
                before[f"{part}.{field}"], after[f"{part}.{field}"] = old.get(field), value
    return before, after


def _origins(kept: Parts, fresh: Parts, merged: Parts) -> list[Provenance]:
    """Of each value that a provider gave and that has survived."""
    old = [row for row in kept.get("provenance", ()) if _value(kept, row) == _value(merged, row)]
    new = [row for row in fresh.get("provenance", ()) if _value(kept, row) != _value(merged, row) == _value(fresh, row)]
    return [*old, *new]


def _value(parts: Parts, row: Provenance) -> Any:
    part, _, name = row["field"].partition(".")
    if part == "enrichment":
        return parts.get(part, {}).get(row["provider"], {}).get(name.partition(".")[2])
    return parts.get(part, {}).get(name)


def _joined(old: list[Any], new: list[Any]) -> list[Any]:
    return [*old, *(one for one in new if one not in old)]
