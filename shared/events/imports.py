"""What is said when a file of leads has been read, and when it is taken back."""

from typing import ClassVar, Literal

from shared.events.base import Event
from shared.events.values import Id, Moment, Slug, Text


class LeadWithdrawn(Event):
    """A lead is none, and never should have been: the file that it came in was taken back. It is gone from where leads are kept."""

    key_field: ClassVar[str] = "lead_id"

    lead_id: Id
    version: int
    source: Slug | None = None
    import_id: Id | None = None
    reason: Text
    withdrawn_at: Moment


class ImportFinished(Event):
    """A file of leads has been read to its end, or has been taken back. `owner_id` is who handed it in."""

    key_field: ClassVar[str] = "import_id"

    import_id: Id
    version: int
    outcome: Literal["done", "undone"]
    source: Slug
    file_name: Text
    owner_id: Id | None = None
    rows: int
    accepted: int
    refused: int
    withdrawn: int | None = None
    unmerged: int | None = None
    kept: int | None = None
    finished_at: Moment
