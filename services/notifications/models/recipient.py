"""Those who can be told something."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from services.notifications.models.rule import Channel
from shared.database import Record
from shared.events import RepChanged


class Preferences(BaseModel):
    """What a person wants to be reached by; `zone` is the IANA name of the time that they live by."""

    in_app: bool = True
    mail: bool = True
    zone: str = "UTC"


class Recipient(Record):
    """A person. Those of the roster follow `rep.changed`, whose latest version is `roster_version`; 0 is somebody who was added by hand."""

    name: str
    email: str | None = None
    team_id: str | None = None
    manager_id: str | None = None
    active: bool = True
    roles: list[str] = []
    preferences: Preferences = Preferences()
    roster_version: int = 0

    @classmethod
    def unknown(cls, person_id: str, now: datetime) -> Self:
        """Someone whom an event or a rule names and the roster has not told of yet: they are told all the same."""
        return cls(id=person_id, created_at=now, updated_at=now, name=person_id)

    @classmethod
    def outside(cls, recipient_id: str, name: str, email: str, now: datetime) -> Self:
        """Nobody whom we keep."""
        return cls(id=recipient_id, created_at=now, updated_at=now, name=name, email=email)

    def wants(self, channel: Channel) -> bool:
        return self.preferences.mail if channel == "mail" else self.preferences.in_app

    def as_in_roster(self, rep: RepChanged, now: datetime) -> Self:
        """As the roster has them now; what it told earlier and arrives later changes nothing."""
        if rep.version <= self.roster_version:
            return self
        told = rep.model_dump(include={"name", "email", "team_id", "manager_id", "active"})
        return self.model_copy(update={**told, "roster_version": rep.version, "version": self.version + 1, "updated_at": now})
