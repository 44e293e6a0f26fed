"""What somebody was told, and how it reached them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID, uuid5

from pydantic import BaseModel

from services.notifications.models.rule import Channel
from shared.database import Record
from shared.events import Envelope, Event, NotificationFailed, NotificationSent

_NAMESPACE = UUID("6a1d5d5e-6f0b-5b5c-9a53-1f6b1c6d0e8f")
MAX_TITLE = 300
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
DeliveryState = Literal["pending", "sending", "sent", "failed", "withdrawn", "no_recipient"]


def notification_id_of(identity: str, *to: str) -> str:
    """Made of the event and of whom it goes to by what, so that nobody is told twice of one event by one channel."""
    return str(uuid5(_NAMESPACE, "\n".join((identity, *to))))


class Origin(BaseModel):
    """The envelope of the event that is told of, so that what is said about the telling later belongs to the same story."""

    id: str
    source: str
    time: datetime
    correlation_id: str
    traceparent: str | None = None

    @classmethod
    def of(cls, envelope: Envelope) -> Self:
        return cls(**{name: getattr(envelope, name) for name in cls.model_fields})

    def as_cause(self) -> Event:
        """Enough of the event to be named as the cause of another: its envelope."""
        return Event().in_envelope(Envelope(**self.model_dump()))


class Outsider(BaseModel):
    """Somebody who is no recipient of ours, and is written to once, about what they asked for."""

    name: str
    email: str


class Notification(Record):
    """What one person is told of one event by one channel. `kind` is the event's topic, `about` the key of its subject.

    `mail_id` names the mail that carried it, alone or with others. `to` is set while a mail to an outsider has not gone out.
    """

    recipient_id: str
    channel: Channel
    kind: str
    title: str
    text: str
    html: str | None = None
    about: str
    rule_id: str
    origin: Origin
    status: Literal["pending", "sent", "failed", "withdrawn"]
    unread: bool = True
    read_at: datetime | None = None
    mail_id: str | None = None
    to: Outsider | None = None

    def sent_event(self, at: datetime) -> NotificationSent:
        return NotificationSent(**self._as_told(), sent_at=at)

    def failed_event(self, at: datetime, error: str, *, attempts: int) -> NotificationFailed:
        """Mail servers like to repeat the address that they refuse."""
        return NotificationFailed(**self._as_told(), sent_at=at, error=_ADDRESS.sub("(address)", error), attempts=attempts)

    def _as_told(self) -> dict[str, object]:
        """Without what was told: that may name a person, and events stay for ever. Its title is what kind of news it was."""
        told = self.model_dump(include={"version", "recipient_id", "channel", "kind"})
        title = self.kind.replace(".", " ").replace("_", " ").capitalize()
        return told | {"notification_id": self.id, "about_event_id": self.origin.id, "title": title}


class Delivery(Record):
    """How a notification gets to its person, under the notification's id; also what reached nobody, and why.

    `due` is when to try next, and absent once there is nothing more to try. `mail_id` is set when it is first put into a mail, and stays.
    """

    kind: str
    about: str
    rule_id: str
    event_id: str
    recipient_id: str | None = None
    channel: Channel | None = None
    state: DeliveryState
    due: datetime | None = None
    attempts: int = 0
    mail_id: str | None = None
    sent_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a mail. `away` is about the server and says nothing about the mail; `not_now` and `never` are about this mail."""

    verdict: Literal["accepted", "not_now", "never", "away"]
    detail: str = ""
