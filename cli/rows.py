"""Rows of NDJSON, JSON and CSV files, read one by one: a row that can't be read is reported, and costs no other row."""

import csv
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from shared.errors import Invalid, Malformed, Refused

# A quoted cell may run over lines; one that runs over more has lost its closing quote.
MOST_LINES_OF_A_ROW = 25
DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where it begins. `value` is what it says: JSON as it stands, or the cells by column; or `refusal` says why not."""

    line: int
    raw: bytes
    value: bytes | dict[str, str] | None = None
    refusal: Refused | None = None


def rows_of(file: IO[bytes], kind: str) -> Iterator[Row]:
    """`kind` is ndjson, json (one object, or a list of them) or csv."""
    if kind == "json":
        return _json_rows(file.read())
    return _csv_rows(file) if kind == "csv" else _ndjson_rows(file)


def _ndjson_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        raw = line.strip() if number > 1 else line.strip().removeprefix(b"\xef\xbb\xbf")
        if raw:
            yield Row(number, raw, raw)


def _json_rows(whole: bytes) -> Iterator[Row]:
    try:
        value = json.loads(whole)
    except ValueError as error:
        raise Malformed(f"The file is not JSON: {error}", field="file", rule="json") from error
    for number, one in enumerate(value if isinstance(value, list) else [value], start=1):
        raw = json.dumps(one).encode()
        yield Row(number, raw, raw)


def _csv_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    reading = _Lines(lines)
    header = next(reading.records(","), None)
    if header is None or header.refusal is not None:
        raise Malformed("The file has no header row", field="file", rule="header")
    delimiter = max(DELIMITERS, key=header.raw.decode().count)
    columns = [name.strip() for name in _cells(header.raw.decode(), delimiter)]
    for record in reading.records(delimiter, width=len(columns)):
        yield record if record.refusal else Row(record.line, record.raw, dict(zip(columns, _cells(record.raw.decode(), delimiter), strict=True)))


class _Lines:
    """Lines that can be given back, for when what looked like one row turns out not to be."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self._back = iter(lines), deque[bytes]()
        self._number = 0

    def records(self, delimiter: str, *, width: int | None = None) -> Iterator[Row]:
        """Rows as they stand; one whose quotes or number of cells are wrong is refused as one line, and the next line is a row again."""
        while first := self._take():
            if not first.strip():
                continue
            began, taken = self._number, [first]
            while (refusal := _fault(b"".join(taken), delimiter, width)) and refusal.violations[0].rule == "quote" and len(taken) < MOST_LINES_OF_A_ROW:
                following = self._take()
                if not following:
                    break
                taken.append(following)
            if refusal:
                self._give_back(taken[1:])
            yield Row(began, _clean(taken[0] if refusal else b"".join(taken), began), refusal=refusal)

    def _take(self) -> bytes:
        line = self._back.popleft() if self._back else next(self._lines, b"")
        self._number += bool(line)
        return line

    def _give_back(self, lines: list[bytes]) -> None:
        self._back.extendleft(reversed(lines))
        self._number -= len(lines)


def _clean(raw: bytes, line: int) -> bytes:
    return raw.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf") if line == 1 else raw.rstrip(b"\r\n")


def _fault(raw: bytes, delimiter: str, width: int | None) -> Refused | None:
    if raw.count(b'"') % 2:
        return Malformed("A quote is opened and not closed", field="", rule="quote")
    try:
        cells = len(_cells(raw.decode(), delimiter))
    except UnicodeDecodeError:
        return Malformed("The row is not UTF-8", field="", rule="utf8")
    except csv.Error as error:
        return Malformed(f"The row is not CSV: {error}", field="", rule="csv")
    if width is not None and cells != width:
        return Invalid(f"The row has {cells} cells where the header has {width}", field="", rule="cells")
    return None


def _cells(text: str, delimiter: str) -> list[str]:
    found: list[Any] = next(csv.reader([text] if "\n" not in text else text.splitlines(keepends=True), delimiter=delimiter, strict=True), [])
    return found
