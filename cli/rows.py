"""Rows of NDJSON, JSON and CSV files, read one by one: a row that can't be read is reported, and costs no other row."""

import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple

from shared.errors import Invalid, Malformed, Refused

# A quoted cell may run over lines; one that runs over more has lost its closing quote.
MOST_LINES_OF_A_ROW = 25
DELIMITERS = ",;\t|"
_MARK = b"\xef\xbb\xbf"


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
        raw = line.removeprefix(_MARK).strip()
        if raw:
            yield Row(number, raw, raw)


def _json_rows(whole: bytes) -> Iterator[Row]:
    try:
        value = json.loads(whole)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The file is not JSON: {error}", field="file", rule="json") from error
    for number, one in enumerate(value if isinstance(value, list) else [value], start=1):
        raw = json.dumps(one).encode()
        yield Row(number, raw, raw)


def _csv_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    reading = _Lines(lines)
    header = next(reading.records(","), None)
    delimiter, columns = _header(header.raw if header else b"")
    for line, raw, cells in reading.records(delimiter, width=len(columns)):
        yield Row(line, raw, refusal=cells) if isinstance(cells, Refused) else Row(line, raw, dict(zip(columns, cells, strict=True)))


def _header(raw: bytes) -> tuple[str, list[str]]:
    """The delimiter is the one by which it has most columns; names may hold others, in quotes."""
    ways = {delimiter: cells for delimiter in DELIMITERS if not isinstance(cells := _read(raw, delimiter, None), Refused) and cells}
    if not ways:
        raise Malformed("The file has no header row", field="file", rule="header")
    delimiter = max(ways, key=lambda one: len(ways[one]))
    return delimiter, [name.strip() for name in ways[delimiter]]


class _Record(NamedTuple):
    line: int
    raw: bytes
    cells: list[str] | Refused


class _Lines:
    """Lines that can be given back, for when what looked like one row turns out not to be."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self._back = iter(lines), deque[bytes]()
        self._number = 0

    def records(self, delimiter: str, *, width: int | None = None) -> Iterator[_Record]:
        """Rows as they stand. Of one whose quotes or number of cells are wrong only the first line is refused: the next may be a row."""
        while first := self._take():
            if first.strip():
                yield self._record(self._number, first, delimiter, width)

    def _record(self, began: int, first: bytes, delimiter: str, width: int | None) -> _Record:
        taken = [first]
        while True:
            raw = b"".join(taken).rstrip(b"\r\n").removeprefix(_MARK)
            cells = _read(raw, delimiter, width)
            following = self._take() if _is_open(cells) and len(taken) < MOST_LINES_OF_A_ROW else b""
            if not following:
                break
            taken.append(following)
        if isinstance(cells, Refused) and len(taken) > 1:
            self._give_back(taken[1:])
            return _Record(began, first.rstrip(b"\r\n"), _unclosed())
        return _Record(began, raw, cells)

    def _take(self) -> bytes:
        line = self._back.popleft() if self._back else next(self._lines, b"")
        self._number += bool(line)
        return line

    def _give_back(self, lines: list[bytes]) -> None:
        self._back.extendleft(reversed(lines))
        self._number -= len(lines)


def _read(raw: bytes, delimiter: str, width: int | None) -> list[str] | Refused:
    try:
        cells = _cells(raw, delimiter)
    except UnicodeDecodeError:
        return Malformed("The row is not UTF-8", field="row", rule="utf8")
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            return _unclosed()
        return Malformed(f"The row is not CSV: {error}", field="row", rule="csv")
    if width is not None and len(cells) != width:
        return Invalid(f"The row has {len(cells)} cells where the header has {width}", field="row", rule="cells")
    return cells


def _unclosed() -> Malformed:
    return Malformed("A quote is opened and not closed", field="row", rule="quote")


def _is_open(cells: list[str] | Refused) -> bool:
    return isinstance(cells, Refused) and cells.violations[0].rule == "quote"


def _cells(raw: bytes, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=delimiter, strict=True), [])
