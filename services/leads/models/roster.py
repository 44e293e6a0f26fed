"""Who sells, and in which teams."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.leads.models.hours import Leave, WorkingHours
from shared.database import Record
from shared.events import RepChanged
from shared.events.values import Id, Slug, Text

Weight = Annotated[int, Field(ge=1, le=100)]
Capacity = Annotated[int, Field(ge=0, le=100_000)]


class Team(Record):
    """`hours` are those of its reps who have none of their own."""

    noun: ClassVar[str] = "team"

    name: Text
    manager_id: Id | None = None
    hours: WorkingHours | None = None


class Rep(Record):
    """`id` is the subject of their token. Who is active, but not available, is away until further notice.

    `max_open` limits the leads that wait for their response, `max_per_day` those that they are dealt on one day of theirs.
    """

    noun: ClassVar[str] = "rep"

    name: Text
    email: Text
    team_id: Id
    manager_id: Id | None = None
    active: bool = True
    available: bool = True
    skills: list[Slug] = []
    languages: list[Slug] = []
    weight: Weight = 1
    max_open: Capacity | None = None
    max_per_day: Capacity | None = None
    hours: WorkingHours | None = None
    leave: list[Leave] = []

    @property
    def takes_leads(self) -> bool:
        return self.active and self.available

    def changed(self) -> RepChanged:
        told = {name: getattr(self, name) for name in ("version", "name", "email", "team_id", "manager_id", "active", "available")}
        return RepChanged(rep_id=self.id, **told)
