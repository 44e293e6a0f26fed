"""What is uploaded is kept as lines, piece by piece, before it counts as an import; what never does expires."""

import asyncio
import codecs
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.leads import store
from services.leads.rules.imports.formats import Recognised, recognised
from services.leads.rules.imports.lines import read_object_heading, read_sheet_heading
from services.leads.rules.imports.rows import Heading, read_heading
from shared.database import Database, new_id
from shared.errors import Malformed
from shared.transaction import Transaction

SHEETS = Path(__file__).with_name("sheets.py")
PIECE = 64 * 1024


class Upload(Protocol):
    """A file that somebody hands in."""

    async def read(self, size: int = -1, /) -> bytes: ...

    def fileno(self) -> int:
        """Of a real file; what was in memory is written to the disk for it."""
        ...

    async def seek(self, offset: int, /) -> None: ...


@dataclass(frozen=True, slots=True)
class File:
    """A file whose lines are kept under `import_id` already."""

    import_id: str
    name: str
    size: int
    kind: Recognised
    heading: Heading


async def keep_file(db: Database, upload: Upload, name: str, by: str) -> File:
    """Raises Malformed or Invalid for what can't be read as a table; of that nothing stays for long."""
    import_id, size, number = new_id(), 0, 0
    beginning = await upload.read(PIECE)
    kind = recognised(beginning)
    heading: Heading | None = None
    async for chunk in _in_chunks(_lines_of(upload, beginning, kind)):
        if heading is None:
            kind = kind._replace(encoding=stored_encoding(kind))
            heading = heading_of(chunk, kind)
        await db.transact(_keeping(import_id, number, chunk), by=by)
        size, number = size + len(chunk), number + 1
    return File(import_id, _legible(name), size, kind, heading or heading_of(b"", kind))


def _legible(name: str) -> str:
    """Without what is a command to a terminal, or turns around what stands behind it."""
    return "".join(letter if letter.isprintable() else " " for letter in name)[:300]


def _keeping(import_id: str, number: int, chunk: bytes) -> Callable[[Transaction], Awaitable[None]]:
    return lambda tx: store.add_chunk(tx, import_id, number, chunk)


def heading_of(beginning: bytes, kind: Recognised, separator: str | None = None) -> Heading:
    """Of what is kept. Raises Malformed or Invalid."""
    if kind.format == "csv":
        return read_heading(beginning, kind.encoding, separator)
    return read_sheet_heading(beginning) if kind.format == "xlsx" else read_object_heading(beginning)


def stored_encoding(kind: Recognised) -> str:
    """A line end must be one byte to be found; other encodings are kept as UTF-8."""
    return "utf-8" if kind.encoding.startswith("utf-") or kind.format != "csv" else kind.encoding


def _lines_of(upload: Upload, beginning: bytes, kind: Recognised) -> AsyncIterator[bytes]:
    if kind.format == "xlsx":
        return _unpacked(upload)
    pieces = _pieces(upload, beginning)
    return pieces if stored_encoding(kind) == kind.encoding else _transcoded(pieces, kind.encoding)


async def _pieces(upload: Upload, beginning: bytes) -> AsyncIterator[bytes]:
    piece = beginning
    while piece:
        yield piece
        piece = await upload.read(PIECE)


async def _transcoded(pieces: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    async for piece in pieces:
        yield decoder.decode(piece).encode(errors="replace")
    yield decoder.decode(b"", final=True).encode(errors="replace")


async def _unpacked(upload: Upload) -> AsyncIterator[bytes]:
    await upload.seek(0)
    reader = await asyncio.create_subprocess_exec(sys.executable, "-I", str(SHEETS), stdin=upload.fileno(), stdout=PIPE, stderr=PIPE)
    assert reader.stdout is not None
    try:
        while piece := await reader.stdout.read(PIECE):
            yield piece
        await _expect_read(reader)
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()


async def _expect_read(reader: Process) -> None:
    _, complaint = await reader.communicate()
    if reader.returncode != 0:
        detail = complaint.decode(errors="replace").splitlines()[-1:] or ["it is damaged, or too large"]
        raise Malformed(f"The workbook can't be read: {detail[0][:200]}", field="file", rule="xlsx")


async def _in_chunks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """All of one size but the last."""
    gathered = bytearray()
    async for piece in pieces:
        gathered += piece
        while len(gathered) >= store.CHUNK_BYTES:
            yield bytes(gathered[: store.CHUNK_BYTES])
            del gathered[: store.CHUNK_BYTES]
    if gathered:
        yield bytes(gathered)
