"""Rows as lines of JSON: an object names its columns itself (NDJSON), an array has them in the order of the heading (a sheet)."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json

from services.leads.rules.imports.rows import BOM, MOST_COLUMNS, MOST_SHOWN, Cut, Heading, Row, check_columns, lines_of
from shared.errors import Malformed, Violation

_DEEPEST = 3


def read_sheet_heading(beginning: bytes) -> Heading:
    """The first row of a sheet names the columns; empty cells behind the last name are none."""
    end = beginning.find(b"\n")
    cells = from_json(beginning[:end]) if end > 0 else []
    columns = [text_of(cell).strip() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise Malformed("The first row must name the columns", field="file", rule="heading")
    check_columns(columns)
    return Heading(",", columns, end + 1)


def read_object_heading(beginning: bytes) -> Heading:
    """The columns that the first objects have between them; a later one may have more."""
    columns: dict[str, None] = {}
    for line in beginning.removeprefix(BOM).split(b"\n")[:1_000]:
        row = _parsed(line)
        if isinstance(row, dict):
            columns.update(dict.fromkeys(flat(row)))
    if not columns:
        raise Malformed("No line of the beginning is a JSON object", field="file", rule="ndjson")
    start = len(BOM) if beginning.startswith(BOM) else 0
    return Heading(",", list(columns)[:MOST_COLUMNS], start, lines=0)


def cut_lines(window: bytes, width: int, *, most: int, final: bool) -> Cut:
    """At most so many rows; each is one line."""
    lines, _ = lines_of(window, most, final=final)
    rows: list[Row] = []
    at = end = 0
    for line in lines:
        if len(rows) == most:
            break
        if line.strip():
            rows.append(_row(line, at, width))
        at, end = at + 1, end + len(line) + 1
    return Cut(rows, min(end, len(window)), at)


def _row(line: bytes, at: int, width: int) -> Row:
    text = line.decode(errors="replace").rstrip("\r")
    parsed = _parsed(line)
    if isinstance(parsed, dict):
        return Row(at, text, named=flat(parsed))
    if isinstance(parsed, list):
        cells = [text_of(cell) for cell in parsed]
        return Row(at, text, cells[:width] + [""] * (width - len(cells))) if not any(cells[width:]) else _too_wide(at, text, width)
    return Row(at, text[:MOST_SHOWN], violation=Violation("", "json", "The line is no JSON object"))


def _too_wide(at: int, text: str, width: int) -> Row:
    return Row(at, text[:MOST_SHOWN], violation=Violation("", "columns", f"The row has more cells than the {width} of the heading"))


def _parsed(line: bytes) -> Any:
    try:
        return from_json(line)
    except ValueError:
        return None


def flat(row: Mapping[str, Any], prefix: str = "", depth: int = 1) -> dict[str, str]:
    """`{"person": {"email": …}}` has the column `person.email`."""
    found: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            found |= flat(value, f"{prefix}{name}.", depth + 1)
        elif value is not None:
            found[f"{prefix}{name}"] = text_of(value)
    return found


def text_of(value: Any) -> str:
    """As people would have typed it: 20000, and not 20000.0."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(map(text_of, value))
    return to_json(value).decode()
