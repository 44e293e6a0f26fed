"""Files of leads: how far each has been read, and which rows could not be taken."""

from datetime import datetime
from typing import Any, ClassVar, Literal, TypedDict

from shared.database import Record
from shared.events.values import Id, Slug, Text

ImportStatus = Literal["waiting", "running", "done"]


class ImportRecord(Record):
    """`position` is the byte at which the next row begins and `line` the lines before it.

    `columns` are the headings, `mapping` says to which field of a submission each goes. `in_long_line` is set while the rest of a
    line that was rejected for its length is skipped.
    """

    noun: ClassVar[str] = "import"

    source: Slug
    file_name: Text
    separator: str
    columns: list[str]
    mapping: dict[str, str]
    bytes_total: int
    position: int
    line: int = 1
    rows: int = 0
    submitted: int = 0
    rejected: int = 0
    status: ImportStatus = "waiting"
    in_long_line: bool = False
    created_by: Id
    finished_at: datetime | None = None


class RejectedRow(TypedDict):
    """One row that could not be taken: where it begins, what is wrong with which column, and the row itself."""

    _id: str
    import_id: str
    line: int
    column: str
    rule: str
    reason: str
    row: str
    at: datetime


Chunk = dict[str, Any]
