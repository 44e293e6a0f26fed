"""One change of one record, as its history keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from uuid_utils import uuid7


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record: `of` is its noun, `what` a past participle, `before` and `after` the fields that differ."""

    of: str
    id: str
    version: int
    what: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
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
