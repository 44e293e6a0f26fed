"""Rows of a CSV file, cut so that a broken row is one broken row and never swallows its neighbours."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.errors import Invalid, Malformed, Violation

SEPARATORS = ",;\t|"
MOST_LINES = 20
MOST_COLUMNS = 200
LONGEST_LINE = 512 * 1024
MOST_SHOWN = 1_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the lines before it in its window, its text, and its cells, or what is wrong with it."""

    line: int
    text: str
    cells: list[str] = field(default_factory=list)
    violation: Violation | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The rows of a window; `end` is the byte and `lines` the line at which the next window begins."""

    rows: list[Row]
    end: int
    lines: int


@dataclass(frozen=True, slots=True)
class Heading:
    """The first row: how cells are separated, what the columns are called, and where the second row begins."""

    separator: str
    columns: list[str]
    end: int


def read_heading(beginning: bytes) -> Heading:
    """Raises Malformed for what is no CSV, and Invalid for headings that can't be told apart."""
    start = len(_BOM) if beginning.startswith(_BOM) else 0
    end = beginning.find(b"\n", start)
    end = len(beginning) if end < 0 else end
    try:
        text = beginning[start:end].decode().rstrip("\r")
    except UnicodeDecodeError as error:
        raise Malformed(f"The file is not UTF-8: byte {start + error.start} is wrong", field="file", rule="utf8") from error
    separator = max(SEPARATORS, key=text.count)
    columns = _cells([text], separator)
    if columns is None or not text.strip() or "\x00" in text:
        raise Malformed("The first line must name the columns", field="file", rule="heading")
    _check_columns(named := [column.strip() for column in columns[0]])
    return Heading(separator, named, min(end + 1, len(beginning)))


def _check_columns(columns: Sequence[str]) -> None:
    named = [column for column in columns if column]
    if len(set(named)) < len(named):
        twice = sorted({column for column in named if named.count(column) > 1})
        raise Invalid(f"Each column may be named once; twice there is: {', '.join(twice)[:200]}", field="file", rule="unique")
    if len(columns) > MOST_COLUMNS:
        raise Invalid(f"A file may have at most {MOST_COLUMNS} columns", field="file", rule="too_many")


def cut_rows(window: bytes, heading: tuple[str, int], *, most: int, final: bool) -> Cut:
    """At most so many rows. `heading` is the separator and the number of columns; `final` says that the file ends with the window."""
    separator, width = heading
    lines = window.split(b"\n")
    if not final or not lines[-1]:
        lines.pop()
    rows: list[Row] = []
    at = end = 0
    while at < len(lines) and len(rows) < most:
        row, used = _row(lines[at : at + MOST_LINES], at, separator, width)
        if used == 0 and not final and at > 0 and at + MOST_LINES > len(lines):
            break
        if row is not None:
            rows.append(row)
        used = max(1, used)
        end += sum(map(len, lines[at : at + used])) + used
        at += used
    return Cut(rows, min(end, len(window)), at)


def _row(lines: list[bytes], at: int, separator: str, width: int) -> tuple[Row | None, int]:
    """The row that begins with the first of these lines, and how many it takes; 0 when its end is not among them."""
    first = lines[0]
    if not first.strip():
        return None, 1
    try:
        text = first.decode().rstrip("\r")
        found: tuple[list[str], int] | None = (text.split(separator), 1) if '"' not in text else _cells(_decoded(lines), separator)
    except UnicodeDecodeError:
        return _rejected(at, first, "utf8", "The line is not UTF-8"), 1
    if found is None:
        closed = 0 if text.count('"') % 2 else 1
        return _rejected(at, first, "quote", f"A quote is not closed within {MOST_LINES} lines, or stands in the wrong place"), closed
    cells, used = found
    if len(cells) != width:
        return _rejected(at, first, "columns", f"The row has {len(cells)} cells where the heading has {width}"), 1
    return Row(at, "\n".join(_decoded(lines[:used])), cells), used


def _decoded(lines: Sequence[bytes]) -> list[str]:
    """Lines after the first may belong to other rows: what is wrong with them is said there."""
    return [lines[0].decode().rstrip("\r"), *(line.decode(errors="replace").rstrip("\r") for line in lines[1:])]


def _cells(lines: Sequence[str], separator: str) -> tuple[list[str], int] | None:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration):
        return None


def _rejected(at: int, line: bytes, rule: str, detail: str) -> Row:
    return Row(at, line[:MOST_SHOWN].decode(errors="replace").rstrip("\r"), violation=Violation("", rule, detail))
