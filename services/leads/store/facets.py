"""What leads are listed by, all in one array of each lead, so that one index serves it.

Whenever a lead changes in a transaction, the server reads the definitions of all its indexes for each of them: the cost grows with the
square of their number, and six of them cost a lead that is dealt out more than everything else about it.
Each facet ends in the status, and some are of two fields: nearly nobody owns what was disqualified, and to find that out among all that
somebody owns takes a second.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, get_args

from services.leads.models import LeadStatus
from shared.paging import Chosen, Gathered

FACETS = "facets"
STATUSES: tuple[str, ...] = get_args(LeadStatus)
# By their place in the array, so that those of an owner can be set without reading the others.
_KINDS: tuple[tuple[str, ...], ...] = (("owner_id",), ("owner_id", "source"), ("team_id",), ("team_id", "source"), ("source",), ())
_PLACES = {field: [(place, f"{FACETS}.{place}") for place, kind in enumerate(_KINDS) if field in kind] for field in ("owner_id", "team_id")}
# So many ranges of an index the server puts in one order; of more it reads all, and sorts them.
MOST_RANGES = 200
INDEX = [(FACETS, 1), ("_id", -1)]
_BETWEEN = "\x1f"
Fields = Mapping[str, Any]


def facet(kind: Sequence[str], values: Iterable[str | None], status: str) -> str:
    """Where there is no value there is the empty word, which is found too."""
    return f"{'+'.join(kind)}:{_BETWEEN.join([*(value or '' for value in values), status])}"


def facets_of(lead: Fields) -> list[str]:
    told = lead.get
    return list(_facets(told("owner_id"), told("team_id"), told("source"), lead["status"]))


@lru_cache(65_536)
def _facets(owner_id: str | None, team_id: str | None, source: str | None, status: str) -> tuple[str, ...]:
    """Most leads are listed by the same as many others."""
    values = {"owner_id": owner_id, "team_id": team_id, "source": source}
    return tuple(facet(kind, (values[field] for field in kind), status) for kind in _KINDS)


def facet_of(lead: Fields, field: str) -> str:
    return facet((field,), (lead.get(field),), lead["status"])


def facets_changed(fields: Fields, status: str, source: str) -> dict[str, str]:
    """What else is to be set when the owner or the team of a lead is; its status and its source change with the whole lead only."""
    if fields.keys().isdisjoint(_PLACES):
        return {}
    facets = _facets(fields.get("owner_id"), fields.get("team_id"), source, status)
    return {name: facets[place] for field, places in _PLACES.items() if field in fields for place, name in places}


def facets_by(field: str, value: str | None, statuses: Iterable[str] = STATUSES) -> dict[str, Any]:
    """A filter for the leads with this value, in whatever order the index has."""
    return {FACETS: {"$in": [facet((field,), (value,), status) for status in statuses]}}


def in_status(status: str) -> dict[str, Any]:
    return {FACETS: facet((), (), status)}


def in_sight_of(owner_id: str, team_ids: Iterable[str]) -> dict[str, Any]:
    """A filter for the leads that are this owner's or of one of these teams."""
    theirs = [(("owner_id",), owner_id), *((("team_id",), team_id) for team_id in team_ids)]
    return {FACETS: {"$in": [facet(kind, (value,), status) for kind, value in theirs for status in STATUSES]}}


def sought(chosen: Chosen, scope: dict[str, Any]) -> dict[str, Any]:
    """A filter for the leads with one of the chosen values of each field within a scope, by as few entries of the index as can be."""
    if not chosen:
        return scope
    if not scope or _are_all_in_sight(chosen, scope):
        return _by_facets(chosen)
    if FACETS not in scope:
        return {"$and": [scope, *_plainly(chosen)]}
    if not chosen.keys().isdisjoint(_PLACES):
        return {"$and": [_by_facets(chosen), scope]}
    return {FACETS: {"$in": [narrow for one in scope[FACETS]["$in"] for narrow in _narrowed(one, chosen)]}}


SOUGHT = Gathered(("status", "owner_id", "team_id", "source"), sought)


def _are_all_in_sight(chosen: Chosen, scope: dict[str, Any]) -> bool:
    """Whether the chosen owners, or the chosen teams, are among those of the scope."""
    seen = scope[FACETS]["$in"] if FACETS in scope else ()
    return any(all(facet((field,), (one,), STATUSES[0]) in seen for one in chosen[field]) for field in _PLACES if field in chosen)


def _by_facets(chosen: Chosen) -> dict[str, Any]:
    """By the kind that tells most of what is asked for in not too many ranges; the rest is looked at in the leads themselves."""
    kinds = [kind for kind in _KINDS if kind and all(field in chosen for field in kind)] or [()]
    asked = {kind: _asked(kind, chosen) for kind in kinds}
    few = [kind for kind in kinds if len(asked[kind]) <= MOST_RANGES]
    kind = max(few, key=lambda kind: (len(kind), -len(asked[kind]))) if few else min(kinds, key=lambda kind: len(asked[kind]))
    rest = {field: values for field, values in chosen.items() if field not in (*kind, "status")}
    return {FACETS: {"$in": asked[kind]}} | ({"$and": _plainly(rest)} if rest else {})


def _asked(kind: Sequence[str], chosen: Chosen) -> list[str]:
    each = product(*(chosen[field] for field in kind), chosen.get("status", STATUSES))
    return [facet(kind, values, status or "") for *values, status in each]


def _narrowed(one: str, chosen: Chosen) -> Iterator[str]:
    """Of a facet of an owner or a team those of the chosen sources, unless the status is another than was chosen."""
    kind, _, values = one.partition(":")
    value, status = values.split(_BETWEEN)
    if status in chosen.get("status", STATUSES):
        sources = chosen.get("source")
        yield from [one] if sources is None else (facet((kind, "source"), (value, source), status) for source in sources)


def _plainly(chosen: Chosen) -> list[dict[str, Any]]:
    return [{field: {"$in": list(values)}} for field, values in chosen.items()]
