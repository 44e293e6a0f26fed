"""Who may knock at which door."""

from shared.errors import Forbidden
from shared.principal import SOURCE_PREFIX
from shared.web import Door

SELLERS = ("rep", "agent", "manager", "admin")
MANAGERS = ("manager", "admin")
ADMINS = ("admin",)
DECIDERS = ("agent", "manager", "admin")
SENDERS = (*SELLERS, "integration")
READERS = SENDERS
READ_LEADS = "leads:read"


def allow_reading(door: Door) -> None:
    """A source's key opens the inbound doors, and no leads, unless it says so."""
    door.allow(*READERS)
    if source_of(door) is not None and READ_LEADS not in door.principal.scopes:
        raise Forbidden(f"This key has no scope {READ_LEADS}")


def source_of(door: Door) -> str | None:
    """The slug of the source that asks with its key; None when a person or a system with a token does."""
    subject = door.principal.subject
    return subject.removeprefix(SOURCE_PREFIX) if subject.startswith(SOURCE_PREFIX) else None


def expect_own_source(door: Door, source: str) -> None:
    """Raises Forbidden for a source that comes with its key and speaks for another."""
    own = source_of(door)
    if own not in (None, source):
        raise Forbidden(f"This key is for the source {own}", field="source", rule="own_source")
