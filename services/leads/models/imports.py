"""Files of leads: how far each has been read, and which rows could not be taken."""

import re
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import ClassVar, Literal, TypedDict

from pydantic import BaseModel

from shared.database import Record
from shared.events.values import Id, Slug, Text

ImportStatus = Literal["draft", "waiting", "running", "done", "undoing", "undone"]
FileFormat = Literal["csv", "ndjson", "xlsx"]
SEPARATORS = ",;\t|"
# So many lines a row of a CSV may take.
MOST_LINES = 20


@cache
def rows_of(separators: str) -> re.Pattern[str]:
    """The rows of a CSV, each with its line end, whatever is in them; a line of JSON is one, and so is a line whose quote never closes."""
    of_line, apart = r'(?:[^"\n]|"")*+', f"[{re.escape(separators)}]"
    quoted = rf'"{of_line}(?:\n{of_line}){{0,{MOST_LINES - 1}}}"(?={apart}|\r?(?:\n|\Z))\r?'
    cell = rf'(?:{quoted}|(?!")[^{re.escape(separators)}\n]*+)'
    return re.compile(rf"[{{\[][^\n]*\n?|{cell}(?:{apart}{cell})*+(?:\n|\Z)|[^\n]*\n?")


def end_of_rows(data: bytes, separators: str) -> int:
    """Where the last row ends that surely doesn't go on behind this part of a file: so many lines may still belong to it."""
    if b'"' not in data:
        return data.rfind(b"\n") + 1
    *before, _ = data.rsplit(b"\n", MOST_LINES + 1)
    ends = (row.end() for row in rows_of(separators).finditer(data.decode("latin-1")))
    return max(takewhile(lambda end: end <= len(before[0]) + 1, ends), default=0) if len(before) > MOST_LINES else 0


class Progress(BaseModel):
    """`position` is the byte at which the next row begins and `line` the lines before it.

    `in_long_line` is set while the rest of a line that was rejected for its length is skipped.
    """

    position: int
    line: int = 1
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    in_long_line: bool = False


class Preview(Progress):
    """A dry run: how many rows would be new leads and how many would be merged. `number` rises with every correction of the draft."""

    number: int = 1
    new: int = 0
    merged: int = 0
    done: bool = False


class Undoing(BaseModel):
    """What taking a file back has come to: leads that went, merges taken back, and what stayed because somebody works with it."""

    since: datetime
    withdrawn: int = 0
    unmerged: int = 0
    kept: int = 0


class ImportRecord(Record):
    """`columns` are the headings, `mapping` says to which field of a submission each goes; `start` is where the second row begins.

    Whatever was uploaded is kept as lines: of CSV in `encoding`, or of JSON in UTF-8. The worker's next step is `due` then, or there
    is none. The version rises with every change but that of the progress, so that a draft can be corrected while it is previewed.
    """

    noun: ClassVar[str] = "import"

    source: Slug
    file_name: Text
    format: FileFormat = "csv"
    encoding: str = "utf-8"
    separator: str = ","
    columns: list[str]
    mapping: dict[str, str]
    bytes_total: int
    start: int
    progress: Progress
    preview: Preview | None = None
    undoing: Undoing | None = None
    status: ImportStatus = "waiting"
    due: datetime | None = None
    created_by: Id
    finished_at: datetime | None = None

    @property
    def rejects_id(self) -> str:
        """Under which its rejected rows are kept: those of a preview are apart from those of the reading itself."""
        return f"{self.id}?{self.preview.number}" if self.status == "draft" and self.preview else self.id


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


class KeptBack(TypedDict):
    """What stayed when a file was taken back, and why."""

    _id: str
    import_id: str
    lead_id: str
    opportunity_id: str | None
    field: str
    reason: str
    at: datetime
