"""Who sells, and in which teams."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from shared.database import Record
from shared.events import RepChanged
from shared.events.values import Id, Text


class Team(Record):
    noun: ClassVar[str] = "team"

    name: Text
    manager_id: Id | None = None


class Rep(Record):
    """`id` is the subject of their token. On leave they are active, but not available."""

    noun: ClassVar[str] = "rep"

    name: Text
    email: Text
    team_id: Id
    manager_id: Id | None = None
    active: bool = True
    available: bool = True

    @property
    def takes_leads(self) -> bool:
        return self.active and self.available

    def changed(self) -> RepChanged:
        fields = self.model_dump(exclude={"id", "created_at", "updated_at"})
        return RepChanged(rep_id=self.id, **fields)


class Pool(BaseModel):
    """The reps of one team as leads are dealt out to them: how many each was dealt, and who was there the last time."""

    id: str
    dealt: dict[str, int] = {}
    present: list[str] = []
    changed_at: datetime | None = None

    def to_document(self) -> dict[str, Any]:
        """Pairs, because a rep's id may hold what MongoDB does not take in the name of a field."""
        return {"_id": self.id, "dealt": sorted(self.dealt.items()), "present": self.present, "changed_at": self.changed_at}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        return cls(id=document["_id"], dealt=dict(document["dealt"]), present=document["present"], changed_at=document.get("changed_at"))
