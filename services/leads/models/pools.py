"""The reps of one team as leads are dealt out to them."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.leads.models.hours import WorkingHours

Today = tuple[str, int]


class Pool(BaseModel):
    """What each was dealt, and who was there the last time.

    `lag` is how far each is behind their share where it goes by weights. `open` are the leads that wait for each of them, kept
    (`counting`) where it is asked for; `today` what each was dealt on their last day. `hours` are those of the team.
    """

    id: str
    dealt: dict[str, int] = {}
    present: list[str] = []
    lag: dict[str, float] = {}
    counting: bool = False
    open: dict[str, int] = {}
    today: dict[str, Today] = {}
    hours: WorkingHours | None = None
    changed_at: datetime | None = None

    def to_document(self) -> dict[str, Any]:
        """Pairs, because a rep's id may hold what MongoDB does not take in the name of a field."""
        document: dict[str, Any] = {"_id": self.id, "dealt": sorted(self.dealt.items()), "present": self.present}
        document["changed_at"] = self.changed_at
        for name in ("lag", "open", "today"):
            if pairs := getattr(self, name):
                document[name] = sorted(pairs.items())
        if self.counting:
            document["counting"] = True
        if self.hours is not None:
            document["hours"] = self.hours.model_dump()
        return document

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        pairs = {name: dict(document.get(name, ())) for name in ("dealt", "lag", "open", "today")}
        rest = {name: document.get(name) for name in ("present", "hours", "changed_at")}
        return cls(id=document["_id"], counting=document.get("counting", False), **pairs, **rest)
