"""What is said about telling people."""

from typing import ClassVar, Literal

from shared.events.base import Event
from shared.events.values import Id, LongText, Moment, Text


class NotificationSent(Event):
    """Somebody was told of something. `title` says what kind of news it was, not what was in it: that may name a person."""

    key_field: ClassVar[str] = "notification_id"

    notification_id: Id
    version: int
    recipient_id: Id
    channel: Literal["in_app", "mail", "push", "webhook"]
    kind: Text
    title: Text
    about_event_id: Id
    sent_at: Moment


class NotificationFailed(NotificationSent):
    error: LongText
    attempts: int
