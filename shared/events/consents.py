"""What people are asked to agree to, and that they did."""

from typing import ClassVar

from shared.events.base import DAY_MS, Event
from shared.events.values import Id, LongText, Moment, Slug, Text


class ConsentRequested(Event):
    """Somebody is to be asked, by mail, whether they agree. It holds their address and the link that answers, and so is not kept."""

    key_field: ClassVar[str] = "consent_id"
    retention_ms: ClassVar[int] = 14 * DAY_MS

    consent_id: Id
    version: int
    source: Slug
    email: Text
    first_name: Text | None = None
    last_name: Text | None = None
    sender: Text
    text: LongText
    link: LongText
    language: Text = "en"
    requested_at: Moment
    expires_at: Moment


class ConsentGiven(Event):
    """The person behind a lead agreed, by the link in a mail. Who, in which words and from where stays in the lead's consents."""

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    consent_id: Id
    source: Slug
    purpose: Text
    basis: Text
    given_at: Moment
