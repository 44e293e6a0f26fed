"""Which value survives when two records turn out to be one person, and who it came from."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from services.leads.models import LeadDocument, Provenance, Survivorship
from services.leads.models.matching import Survival
from shared.events import Attribution
from shared.events.values import EARLIEST, LATEST, MAX_ATTRIBUTES

Fields = dict[str, Any]
Parts = Mapping[str, Any]
MAX_CORRECTIONS = 20
# What a person is stays as it was first known; what they want is as they said last.
BY_DEFAULT: dict[str, Survival] = {
    "person": "first_known",
    "company": "first_known",
    "attribution": "first_known",
    "interest": "most_recent",
    "consent": "most_recent",
    "attributes": "most_recent",
}
PARTS = tuple(BY_DEFAULT)
PREFERRED = Survivorship()


@dataclass(frozen=True, slots=True)
class Origin:
    """When, by which source and in which lead or submission (`of`) a value was stated."""

    at: datetime
    source: str
    of: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What one record says, and where each of its values came from: it said most of them itself."""

    parts: Parts
    own: Origin
    others: dict[str, Origin] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Parts, at: datetime) -> "Statement":
        """`at` is when it was said, if the record does not tell."""
        own = Origin(parts.get("created_at", at), parts.get("source", ""), parts.get("_id", ""))
        return cls(parts, own, {path: Origin(*origin) for path, *origin in parts.get("origins", ())})

    def origin(self, path: str) -> Origin:
        return self.others.get(path, self.own)


def merged_parts(kept: Parts, fresh: Parts, survivorship: Survivorship = PREFERRED) -> LeadDocument:
    """The parts of `kept` that differ once `fresh` has been merged into it. Nothing that either knows becomes unknown."""
    ours, theirs = Statement.of(kept, EARLIEST), Statement.of(fresh, LATEST)
    merged, origins = _survivors(ours, theirs, survivorship)
    merged["attributes"], merged["attribution"] = _few(merged["attributes"]), _few(merged["attribution"], Attribution.model_fields)
    merged["keys"] = _joined(kept.get("keys", []), fresh.get("keys", []))
    merged["corrections"] = _joined(kept.get("corrections", []), fresh.get("corrections", []))[:MAX_CORRECTIONS]
    told = [(path, origin) for path, origin in origins.items() if origin != ours.own and _is_there(merged, path)]
    merged["origins"] = [[path, origin.at, origin.source, origin.of] for path, origin in told]
    if "provenance" in kept or "provenance" in fresh:
        merged["enrichment"] = {**fresh.get("enrichment", {}), **kept.get("enrichment", {})}
        merged["provenance"] = _provenance(kept, fresh, merged)
    return cast(LeadDocument, {name: value for name, value in merged.items() if value != kept.get(name, type(value)())})


def _few(fields: Fields, besides: Collection[str] = ()) -> Fields:
    """No more names that people gave themselves than one submission may have, the first known; `besides` are those that we gave."""
    own = [name for name in fields if name not in besides]
    return {name: value for name, value in fields.items() if name not in own[MAX_ATTRIBUTES:]} if len(own) > MAX_ATTRIBUTES else fields


def _is_there(merged: Fields, path: str) -> bool:
    part, _, name = path.partition(".")
    return name in merged[part]


def _survivors(ours: Statement, theirs: Statement, survivorship: Survivorship) -> tuple[Fields, dict[str, Origin]]:
    merged: Fields = {}
    origins = dict(ours.others)
    for part in PARTS:
        merged[part] = dict(ours.parts.get(part, {}))
        for name, value in theirs.parts.get(part, {}).items():
            path = f"{part}.{name}"
            origin = theirs.origin(path)
            if name not in merged[part] or _yields(path, (merged[part][name], ours.origin(path)), (value, origin), survivorship):
                merged[part][name], origins[path] = value, origin
    return merged, origins


Value = tuple[Any, Origin]


def _yields(path: str, known: Value, stated: Value, survivorship: Survivorship) -> bool:
    """Whether what is known gives way. Each way is a choice of the greatest, so that it does not matter in which order records meet."""
    return _YIELDS[survival_of(path, survivorship)](known, stated, survivorship)


def survival_of(path: str, survivorship: Survivorship) -> Survival:
    part = path.partition(".")[0]
    return survivorship.rules.get(path) or survivorship.rules.get(part) or BY_DEFAULT[part]


def _is_earlier(known: Value, stated: Value, _: Survivorship) -> bool:
    return stated[1].at < known[1].at


def _is_later(known: Value, stated: Value, _: Survivorship) -> bool:
    return stated[1].at >= known[1].at


def _is_longer(known: Value, stated: Value, survivorship: Survivorship) -> bool:
    more = len(str(stated[0])) - len(str(known[0]))
    return more > 0 or (more == 0 and _is_earlier(known, stated, survivorship))


def _is_of_a_better_source(known: Value, stated: Value, survivorship: Survivorship) -> bool:
    behind = _rank(stated, survivorship) - _rank(known, survivorship)
    return behind < 0 or (behind == 0 and _is_earlier(known, stated, survivorship))


def _rank(value: Value, survivorship: Survivorship) -> int:
    sources = survivorship.sources
    return sources.index(value[1].source) if value[1].source in sources else len(sources)


_YIELDS: dict[Survival, Callable[[Value, Value, Survivorship], bool]] = {
    "first_known": _is_earlier,
    "most_recent": _is_later,
    "longest": _is_longer,
    "source_priority": _is_of_a_better_source,
}


def changed_fields(kept: Parts, changed: Parts) -> tuple[Fields, Fields]:
    """Before and after, by dotted path, of what a merge changed in the parts that people read."""
    before: Fields = {}
    after: Fields = {}
    for part in PARTS:
        old = kept.get(part, {})
        for name, value in changed.get(part, {}).items():
            if value != old.get(name):
                before[f"{part}.{name}"], after[f"{part}.{name}"] = old.get(name), value
    return before, after


def _provenance(kept: Parts, fresh: Parts, merged: Parts) -> list[Provenance]:
    """Of each value that a provider gave and that has survived."""
    old = [row for row in kept.get("provenance", ()) if value_of(kept, row) == value_of(merged, row)]
    new = [row for row in fresh.get("provenance", ()) if value_of(kept, row) != value_of(merged, row) == value_of(fresh, row)]
    return [*old, *new]


def value_of(parts: Parts, row: Provenance) -> Any:
    part, _, name = row["field"].partition(".")
    if part == "enrichment":
        return parts.get(part, {}).get(row["provider"], {}).get(name.partition(".")[2])
    return parts.get(part, {}).get(name)


def _joined(old: list[Any], new: list[Any]) -> list[Any]:
    return [*old, *(one for one in new if one not in old)]
