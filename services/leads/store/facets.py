"""What leads are listed by, all in one array of each lead, so that one index serves it.

Whenever a lead changes in a transaction, the server reads the definitions of all its indexes for each of them: the cost grows with the
square of their number, and six of them cost a lead that is dealt out more than everything else about it.
Each facet ends in the status, and some are of two fields: nearly nobody owns what was disqualified, or belongs to another team than its
owner's, and to find that out among all that somebody owns takes a second. Each costs the server some 8 µs whenever it is written.

With the time of the last change behind each, they are put in that order without a lead being read. So any change of a lead writes them
all, and not only those that say something else now. A new lead costs no more for it, nor does one that changes its status, as all of them
end in it; a submission that is merged into a lead costs 75 µs.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, get_args

from services.leads.models import LeadStatus

FACETS = "facets"
STATUSES: tuple[str, ...] = get_args(LeadStatus)
Kind = tuple[str, ...]
# By their place in the array, so that some of them can be set without reading the others: a new kind goes to the end.
KINDS: tuple[Kind, ...] = (
    ("owner_id",),
    ("owner_id", "source"),
    ("team_id",),
    ("team_id", "source"),
    ("source",),
    (),
    ("owner_id", "team_id"),
)
_PLACES = tuple(f"{FACETS}.{place}" for place in range(len(KINDS)))
INDEX = [(FACETS, 1), ("_id", -1), ("updated_at", -1)]
_BETWEEN = "\x1f"
Fields = Mapping[str, Any]


class Listed(Protocol):
    """What of a lead is in its facets."""

    @property
    def owner_id(self) -> str | None: ...
    @property
    def team_id(self) -> str | None: ...
    @property
    def source(self) -> str: ...
    @property
    def status(self) -> str: ...


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
    return tuple(facet(kind, (values[field] for field in kind), status) for kind in KINDS)


def facets_changed(was: Listed, now: Listed) -> dict[str, str]:
    """What else is to be set when what a lead is listed by changes."""
    before, after = (_facets(lead.owner_id, lead.team_id, lead.source, lead.status) for lead in (was, now))
    return {} if before is after else {place: told for place, told, old in zip(_PLACES, after, before, strict=True) if told != old}


def facets_by(field: str, value: str | None) -> dict[str, Any]:
    """A filter for the leads with this value, in whatever order the index has."""
    return {FACETS: {"$in": [facet((field,), (value,), status) for status in STATUSES]}}


def in_status(status: str) -> dict[str, Any]:
    return {FACETS: facet((), (), status)}
