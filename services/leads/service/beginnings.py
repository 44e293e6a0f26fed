"""How a lead began: every later event about it carries the correlation id of the submission that it came from."""

from services.leads.models import LeadDocument
from shared.events import Envelope, Event


def begun_by(lead: LeadDocument, cause: Event | None) -> Event | None:
    """A cause in the name of that submission; leads of many submissions travel and are dealt out together."""
    correlation_id = lead.get("correlation_id")
    if correlation_id is None:
        return cause
    event_id = cause.envelope.id if cause else correlation_id
    envelope = Envelope(event_id, "", lead["updated_at"], correlation_id, traceparent=lead.get("traceparent"))
    return Event.model_construct().in_envelope(envelope)
