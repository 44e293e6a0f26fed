"""What the doors show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.notifications.models import Channel, DeliveryState, Preferences
from shared.database import Record


class View(BaseModel):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        return cls.model_validate({"id": document["_id"], **document})

    @classmethod
    def showing(cls, record: Record) -> Self:
        return cls.of(record.to_document())


class NotificationView(View):
    """`about` names what it is about, as in `lead:42`; `kind` is the topic of the event that it tells of."""

    kind: str
    title: str
    text: str
    about: str
    unread: bool
    read_at: datetime | None


class DeliveryView(View):
    """`due` is when it is tried next."""

    kind: str
    about: str
    rule_id: str
    recipient_id: str | None
    channel: Channel | None
    state: DeliveryState
    due: datetime | None
    attempts: int
    mail_id: str | None
    sent_at: datetime | None
    error: str | None


class RecipientView(View):
    """`roster_version` is 0 for somebody who is not in the roster."""

    name: str
    email: str | None
    team_id: str | None
    manager_id: str | None
    active: bool
    roles: list[str]
    preferences: Preferences
    roster_version: int


class RuleView(View):
    name: str
    on: str
    condition: str | None
    recipients: list[str]
    channels: list[Channel]
    template_id: str
    enabled: bool
    builtin: bool


class TemplateView(View):
    subject: str
    text: str
    html: str | None
    builtin: bool


class ReadView(BaseModel):
    """How many were unread."""

    read: int
