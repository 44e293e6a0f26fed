"""How a lead began: every later event about it carries the correlation id of the submission that it came from."""

from services.leads.models import LeadDocument
from shared.events import Envelope, Event
from shared.events.values import EARLIEST


def begun_by(lead: LeadDocument, cause: Event | None = None) -> Event:
    """A cause in the name of that submission; leads of many submissions travel and are dealt out together."""
    return in_the_name_of(lead["correlation_id"], lead.get("traceparent"), cause)


def taking_up(submission_id: str, origin: Envelope) -> Event:
    """A cause in the name of a submission that was refused: what is said because of it is about the same submission."""
    return Event().in_envelope(Envelope(submission_id, "", EARLIEST, origin.correlation_id, traceparent=origin.traceparent))


def in_the_name_of(correlation_id: str, traceparent: str | None, cause: Event | None = None) -> Event:
    """Without a cause it is nobody's effect: it has no id to be named by."""
    event_id = cause.envelope.id if cause else ""
    return Event().in_envelope(Envelope(event_id, "", EARLIEST, correlation_id, traceparent=traceparent))
