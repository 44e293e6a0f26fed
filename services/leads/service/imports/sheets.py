"""A workbook becomes lines of JSON, one array per row of its first sheet: a program of its own, run in a process of its own.

What it is handed may be made to exhaust whoever reads it; a process of its own costs nobody else the time, and has bounds.
"""

import json
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MOST_MEMORY = 1_000_000_000
# Texts that cells share are all kept in memory; the rest is read as it comes.
MOST_SHARED_TEXT = 100_000_000
MOST_UNPACKED = 2_000_000_000
# A text that cells share is written out for each of them.
MOST_WRITTEN = 500_000_000
TOO_LARGE = "the workbook is too large once unpacked; save it as CSV"
UNREADABLE = (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, TypeError, AttributeError, SyntaxError, OSError)


def rows_of(workbook: BinaryIO) -> Iterator[Sequence[Any]]:
    """Of the first sheet; a formula is worth what the spreadsheet last worked out. Raises one of UNREADABLE."""
    _expect_bounded(workbook)
    book = load_workbook(workbook, read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    # What the file says of its own extent is often wrong.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(values_only=True)


def _expect_bounded(workbook: BinaryIO) -> None:
    with ZipFile(workbook) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    shared = sum(size for name, size in sizes.items() if name.lower().endswith("sharedstrings.xml"))
    if shared > MOST_SHARED_TEXT or sum(sizes.values()) > MOST_UNPACKED:
        raise ValueError(TOO_LARGE)


def as_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """An empty row is an empty line, so that lines are numbered as in the spreadsheet. Raises ValueError past MOST_WRITTEN characters."""
    written = 0
    for row in rows:
        cells = [_plain(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        line = json.dumps(cells, ensure_ascii=False) if cells else ""
        written += len(line) + 1
        if written > MOST_WRITTEN:
            raise ValueError(TOO_LARGE)
        yield line


def _plain(cell: Any) -> Any:
    """Times in a sheet have no zone: they are taken as UTC."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC).isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else cell if cell is None or isinstance(cell, str | int | float) else str(cell)


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        for line in as_lines(rows_of(sys.stdin.buffer)):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        return 0
    except (*UNREADABLE, MemoryError) as error:
        sys.stderr.write(str(error)[:200] or type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
