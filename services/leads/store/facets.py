"""What leads are listed by, all in one array of each lead, so that one index serves it.

Whenever a lead changes in a transaction, the server reads the definitions of all its indexes for each of them: the cost grows with the
square of their number, and six of them cost a lead that is dealt out more than everything else about it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.paging import Gathered

FACETS = "facets"
# By their place in the array, so that one of them can be set without reading the others.
_FIELDS = ("owner_id", "status", "team_id", "source")
_PLACES = {field: f"{FACETS}.{place}" for place, field in enumerate(_FIELDS)}
INDEX = [(FACETS, 1), ("_id", -1)]


def facet(field: str, value: str | None) -> str:
    """Of a lead that has none, the bare name of the field, which is found too."""
    return f"{field}:{value or ''}"


def facets_of(lead: Mapping[str, Any]) -> list[str]:
    return [facet(field, lead.get(field)) for field in _FIELDS]


def facets_changed(fields: Mapping[str, Any]) -> dict[str, str]:
    """What else is to be set when these fields are."""
    return {place: facet(field, fields[field]) for field, place in _PLACES.items() if field in fields}


def in_sight_of(owner_id: str, team_ids: Iterable[str]) -> dict[str, Any]:
    """A filter for the leads that are this owner's or of one of these teams."""
    return {FACETS: {"$in": [facet("owner_id", owner_id), *(facet("team_id", team_id) for team_id in team_ids)]}}


def gathered(field: str) -> Gathered:
    return Gathered(FACETS, lambda value: facet(field, value))
