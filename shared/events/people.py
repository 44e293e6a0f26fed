"""What is said about the people who sell, and of people who want to be forgotten."""

from typing import ClassVar

from shared.events.base import Event
from shared.events.values import Id, Moment, Text


class RepChanged(Event):
    """A rep as they now are: joined, moved, went on leave, left."""

    key_field: ClassVar[str] = "rep_id"

    rep_id: Id
    version: int
    name: Text
    email: Text
    team_id: Id | None = None
    manager_id: Id | None = None
    active: bool = True
    available: bool = True


class PersonErased(Event):
    """Everything about this person must go, everywhere."""

    key_field: ClassVar[str] = "person_id"

    person_id: Id
    version: int = 1
    lead_ids: list[Id] = []
    email_hashes: list[Text] = []
    erased_at: Moment
