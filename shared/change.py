"""One change of one record, as its history keeps it, and as the audit does."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from uuid_utils import uuid7

# By noun, the fields whose values are nobody's; `why` among them where reasons are.
Audited = Mapping[str, Collection[str]]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Change(NamedTuple):
    """One change of one record: `of` is its noun, `what` a past participle, `before` and `after` the fields that differ."""

    of: str
    id: str
    version: int
    what: str
    before: Mapping[str, Any] = _NOTHING
    after: Mapping[str, Any] = _NOTHING
    why: str | None = None

    def to_document(self, *, by: str, at: datetime) -> dict[str, Any]:
        return {
            "_id": str(uuid7()),
            "of": self.of,
            "record_id": self.id,
            "version": self.version,
            "what": self.what,
            "before": dict(self.before),
            "after": dict(self.after),
            "why": self.why,
            "by": by,
            "at": at,
        }


def audited_row(change: Mapping[str, Any], values: Audited, correlation_id: str | None) -> dict[str, Any]:
    """Of a row of the history what may be kept for ever: the names of the fields, and those values that are nobody's."""
    kept = values.get(change["of"], ())
    row = {name: change[name] for name in ("_id", "of", "record_id", "version", "what", "by", "at")}
    row["fields"] = sorted({*change["before"], *change["after"]})
    row |= {side: {name: value for name, value in change[side].items() if name in kept} for side in ("before", "after")}
    return row | {"why": change["why"] if "why" in kept else None, "correlation_id": correlation_id}
