"""What is said about the people who sell, and of people who want to be forgotten."""

from hashlib import sha256
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


class MaskingActivated(Event):
    """What some roles don't see has changed: `hidden` are the groups of fields by role, as they are now; `masking_version` is their set.

    There is one policy, and so one `masking_id`; its `version` rises also when an earlier set comes into force again.
    """

    key_field: ClassVar[str] = "masking_id"
    partitions: ClassVar[int] = 1

    masking_id: Id = "leads"
    version: int
    masking_version: int
    hidden: dict[Text, list[Text]]
    activated_at: Moment


class PersonErased(Event):
    """Everything about this person must go, everywhere."""

    key_field: ClassVar[str] = "person_id"

    person_id: Id
    version: int = 1
    lead_ids: list[Id] = []
    email_hashes: list[Text] = []
    erased_at: Moment


def email_hash(email: str) -> str:
    """How `person.erased` tells of an address without telling it: SHA-256 in hexadecimal, without regard to case and outer blanks."""
    return sha256(email.strip().casefold().encode()).hexdigest()
