"""What events are about: what it is called, and whose it is."""

from datetime import datetime
from typing import Literal

from shared.database import Record

Noun = Literal["lead", "opportunity", "account", "case", "person"]


def subject_key(noun: str, subject_id: str) -> str:
    return f"{noun}:{subject_id}"


class Subject(Record):
    """Something that events are about; its id is its key, as in `lead:42`.

    `label` is what people call it, from the event of `label_version`; `owner_id` comes from that of `owner_version`, said at `owned_since`.
    `parent` is the key of what it follows: an opportunity its lead, a case its account. `personal` says that the label may name a person.
    Of a `person`, named by the hash of their address, only that they were erased is kept.
    """

    label: str | None = None
    label_version: int = 0
    owner_id: str | None = None
    team_id: str | None = None
    owner_version: int = 0
    owned_since: datetime | None = None
    parent: str | None = None
    lead_id: str | None = None
    email_hashes: list[str] = []
    personal: bool = True
    erased: bool = False

    @property
    def noun(self) -> str:
        return self.id.partition(":")[0]

    @property
    def known(self) -> bool:
        return self.label is not None or self.erased

    @property
    def called(self) -> str:
        return self.label or f"{'an' if self.noun[0] in 'ao' else 'a'} {self.noun}"
