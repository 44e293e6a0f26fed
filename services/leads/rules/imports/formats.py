"""What kind of file is this? Told from its beginning alone, not from its name."""

import codecs
from typing import NamedTuple

from charset_normalizer import from_bytes

from services.leads.models import FileFormat
from shared.errors import Malformed

_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# The longer marks first: one of UTF-32 begins with one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What office programs write; of two that both fit the first is the likelier.
_CODE_PAGES = ["cp1252", "latin_1", "cp1250", "iso8859_2", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "euc_kr"]
_LOOKED_AT = 64 * 1024
# Codecs in which the bytes of a line end, a quote and a letter of ASCII are those of ASCII.
ENCODINGS = frozenset({"utf-8", *_CODE_PAGES})


class Recognised(NamedTuple):
    format: FileFormat
    encoding: str


def recognised(beginning: bytes) -> Recognised:
    """Raises Malformed for what is no table at all."""
    if beginning.startswith(_ZIP):
        return Recognised("xlsx", "utf-8")
    if beginning.startswith(_OLD_EXCEL):
        raise Malformed("This is a workbook of Excel 97–2003: save it as .xlsx or CSV", field="file", rule="format")
    encoding = encoding_of(beginning)
    text = beginning.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith(("[{", "[\n", "[\r")):
        raise Malformed("JSON must come as one object per line, without brackets around them", field="file", rule="ndjson")
    return Recognised("ndjson" if text.startswith("{") else "csv", encoding)


def encoding_of(beginning: bytes) -> str:
    """A mark at the beginning says it; else UTF-8 if it can be, else the likeliest code page."""
    marked = next((encoding for mark, encoding in _MARKS if beginning.startswith(mark)), None)
    if marked is not None:
        return marked
    if (wide := _wide(beginning[:_LOOKED_AT])) is not None:
        return wide
    return "utf-8" if _is_utf8(beginning) else _code_page(beginning[:_LOOKED_AT])


def _wide(beginning: bytes) -> str | None:
    """UTF-16 without a mark: of nearly every two bytes one is null."""
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    least = max(1, len(beginning) // 5)
    return "utf-16-le" if odd >= least > even else "utf-16-be" if even >= least > odd else None


def _is_utf8(beginning: bytes) -> bool:
    """By most of the lines that tell: one that is broken is broken, and speaks for no other encoding."""
    *lines, last = beginning.split(b"\n")
    told = [_decodes(line, final=True) for line in lines if not line.isascii()]
    told += [] if last.isascii() else [_decodes(last, final=False)]
    return told.count(False) <= len(told) / 2 if any(told) else not told


def _decodes(line: bytes, *, final: bool) -> bool:
    """Unless it is final its last character may be cut in two."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(line, final)
    except UnicodeDecodeError:
        return False
    return True


def _code_page(beginning: bytes) -> str:
    whole_lines = beginning[: beginning.rfind(b"\n") + 1] or beginning
    best = from_bytes(whole_lines, cp_isolation=_CODE_PAGES).best()
    return best.encoding if best is not None and best.encoding in _CODE_PAGES else "cp1252"
