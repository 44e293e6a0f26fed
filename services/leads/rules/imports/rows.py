"""Rows of a CSV file, cut so that a broken row is one broken row and never swallows its neighbours."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.leads.models.imports import MOST_LINES, SEPARATORS
from shared.errors import Invalid, Malformed, Violation

MOST_COLUMNS = 200
LONGEST_HEADING, LONGEST_LINE = 64 * 1024, 512 * 1024
MOST_SHOWN = 1_000
BOM = b"\xef\xbb\xbf"
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the lines before it in its window, its text, and its cells, or what is wrong with it.

    A row that names its columns itself has them in `named`.
    """

    line: int
    text: str
    cells: list[str] = field(default_factory=list)
    named: dict[str, str] | None = None
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
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the lines of a CSV are read; `width` is the number of columns."""

    separator: str
    width: int
    encoding: str = "utf-8"


def read_heading(beginning: bytes, encoding: str = "utf-8", separator: str | None = None) -> Heading:
    """Raises Malformed for what is no CSV, and Invalid for headings that can't be told apart."""
    start = len(BOM) if beginning.startswith(BOM) else 0
    text, end = _first_line(beginning, start, encoding)
    if text.lower().startswith("sep=") and len(text) == 5:
        separator, lines = separator or text[4], 2
        text, end = _first_line(beginning, end, encoding)
    else:
        lines = 1
    separator = separator or max(SEPARATORS, key=_QUOTED.sub("", text).count)
    columns = _cells([text], separator)
    if columns is None or not text.strip(f" {separator}") or "\x00" in text or "\ufffd" in text:
        raise Malformed("The first line must name the columns", field="file", rule="heading")
    check_columns(named := [column.strip() for column in columns[0]])
    return Heading(separator, named, end, lines)


def _first_line(beginning: bytes, start: int, encoding: str) -> tuple[str, int]:
    """The line that begins here, and where the next one does."""
    end = beginning.find(b"\n", start)
    end = len(beginning) if end < 0 else end
    if end - start > LONGEST_HEADING:
        raise Malformed(f"The first line may have at most {LONGEST_HEADING} bytes", field="file", rule="size")
    try:
        return beginning[start:end].decode(encoding).rstrip("\r"), min(end + 1, len(beginning))
    except UnicodeDecodeError as error:
        raise Malformed(f"The file is not {encoding}: byte {start + error.start} is wrong", field="file", rule="encoding") from error


def check_columns(columns: Sequence[str]) -> None:
    named = [column for column in columns if column]
    if len(set(named)) < len(named):
        twice = sorted({column for column in named if named.count(column) > 1})
        raise Invalid(f"Each column may be named once; twice there is: {', '.join(twice)[:200]}", field="file", rule="unique")
    if len(columns) > MOST_COLUMNS:
        raise Invalid(f"A file may have at most {MOST_COLUMNS} columns", field="file", rule="too_many")


def cut_rows(window: bytes, dialect: Dialect, *, most: int, final: bool) -> Cut:
    """At most so many rows; `final` says that the file ends with the window."""
    lines, final = lines_of(window, most + MOST_LINES, final=final)
    rows: list[Row] = []
    at = end = 0
    while at < len(lines) and len(rows) < most:
        row, used = _row(lines[at : at + MOST_LINES], at, dialect)
        if used == 0 and not final and at > 0 and at + MOST_LINES > len(lines):
            break
        if row is not None:
            rows.append(row)
        used = max(1, used)
        end += sum(map(len, lines[at : at + used])) + used
        at += used
    return Cut(rows, min(end, len(window)), at)


def lines_of(window: bytes, most: int, *, final: bool) -> tuple[list[bytes], bool]:
    """The whole lines at the beginning of a window, at most so many, and whether the file ends with them."""
    lines = window.split(b"\n", most)
    final = final and len(lines) <= most
    if not final or not lines[-1]:
        lines.pop()
    return lines, final


def _row(lines: list[bytes], at: int, dialect: Dialect) -> tuple[Row | None, int]:
    """The row that begins with the first of these lines, and how many it takes; 0 when its end is not among them."""
    first, encoding = lines[0], dialect.encoding
    if not first.strip():
        return None, 1
    try:
        text = first.decode(encoding).rstrip("\r")
    except UnicodeDecodeError:
        return _rejected(at, first, "encoding", f"The line is not {encoding}"), 1
    plain = '"' not in text
    found = (text.split(dialect.separator), 1) if plain else _cells(_decoded(lines, encoding), dialect.separator)
    if found is None:
        closed = 0 if text.count('"') % 2 else 1
        return _rejected(at, first, "quote", f"A quote is not closed within {MOST_LINES} lines, or stands in the wrong place"), closed
    cells, used = found
    if len(cells) != dialect.width:
        return _rejected(at, first, "columns", f"The row has {len(cells)} cells where the heading has {dialect.width}"), 1
    return Row(at, text if used == 1 else "\n".join(_decoded(lines[:used], encoding)), cells), used


def _decoded(lines: Sequence[bytes], encoding: str) -> list[str]:
    """Lines after the first may belong to other rows: what is wrong with them is said there."""
    return [line.decode(encoding, errors="replace").rstrip("\r") for line in lines]


def _cells(lines: Sequence[str], separator: str) -> tuple[list[str], int] | None:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    try:
        return next(reader), reader.line_num
    except (csv.Error, StopIteration):
        return None


def _rejected(at: int, line: bytes, rule: str, detail: str) -> Row:
    return Row(at, line[:MOST_SHOWN].decode(errors="replace").rstrip("\r"), violation=Violation("", rule, detail))
