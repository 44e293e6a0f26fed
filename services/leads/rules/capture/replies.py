"""A mail's own words, told from what it answers and from the signature.

Line by line, with patterns that each look at one short line: what strangers send must cost no more than its length. The libraries for
this match over many lines at once, and a few thousand characters of the right kind keep them busy for minutes.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

LONGEST_LINE = 300
_FIRST_WORD = re.compile(r"(?:on|am|le|el|il|op|em|den|dne|w dniu)\s", re.IGNORECASE)
_WROTE = re.compile(
    r"(?:wrote|schrieb(?: [^:]{1,150})?|a écrit|escribió|ha scritto|schreef(?: [^:]{1,150})?|escreveu|skrev(?: [^:]{1,150})?|napisał\(a\)"
    r"|napsal\(a\))\s?:$",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"[-_]{2,20} ?(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|message d.origine"
    r"|mensaje original|messaggio originale|oorspronkelijk bericht|ursprungligt meddelande)\b.{0,40}",
    re.IGNORECASE,
)
_SENDER_LINE = re.compile(r"\*?(?:from|von|de|da|van|od|från|fra)\s?:\*?\s.*", re.IGNORECASE)
_HEADER_LINE = re.compile(
    r"\*?(?:sent|gesendet|envoyé|enviado|inviato|verzonden|wysłano|skickat|sendt|date|datum|subject|betreff|objet|asunto|oggetto|onderwerp"
    r"|temat|ämne|emne)\s?:\*?\s.*",
    re.IGNORECASE,
)
_GOODBYE = re.compile(
    r"(?:--\s?|_{3,20}|(?:with )?(?:best|kind|warm|many|kindest|warmest) (?:regards|wishes|thanks)|regards|thanks|cheers"
    r"|(?:yours )?sincerely"
    r"|yours (?:truly|faithfully)|mit (?:freundlichen|besten|herzlichen|vielen) grü(?:ß|ss)en|(?:viele|beste|liebe|freundliche|herzliche) "
    r"grü(?:ß|ss)e(?: aus .{1,40})?|(?:bien )?cordialement|saludos(?: cordiales)?|un saludo|(?:cordiali|distinti) saluti"
    r"|met vriendelijke groet(?:en)?|pozdrawiam|med vänliga hälsningar|med venlig hilsen|mvh|lg|vg)[,.!]?"
    r"|sent from my .{1,40}|von meinem .{1,40} gesendet|gesendet von .{1,40}",
    re.IGNORECASE,
)


class Said(NamedTuple):
    text: str
    signature: str


def own_words(text: str) -> Said:
    """What stands above the quotation; where the answer stands below it, what is not quoted."""
    lines = [line.rstrip() for line in text.split("\n")]
    start = next((place for place in range(len(lines)) if _begins_quotation(lines, place)), len(lines))
    own = lines[:start]
    if not any(line.strip() for line in own):
        own = _below(lines[start:])
    end = next((place for place, line in enumerate(own) if place and _is_goodbye(line)), len(own))
    return Said("\n".join(own[:end]).strip(), "\n".join(own[end:]).strip())


def _is_short(line: str) -> bool:
    return len(line) <= LONGEST_LINE


def _begins_quotation(lines: Sequence[str], place: int) -> bool:
    line = lines[place].strip()
    if not line or not _is_short(line):
        return False
    if line.startswith(">") or _SEPARATOR.fullmatch(line):
        return True
    return _is_introduction(lines, place) or _is_header(lines, place)


def _is_introduction(lines: Sequence[str], place: int) -> bool:
    """`On Monday Ana wrote:`, which mail programs break over up to three lines."""
    if not _FIRST_WORD.match(lines[place].strip()):
        return False
    joined = ""
    for line in lines[place : place + 3]:
        joined = f"{joined} {line.strip()}".strip()
        if not line.strip() or not _is_short(joined):
            return False
        if _WROTE.search(joined):
            return True
    return False


def _is_header(lines: Sequence[str], place: int) -> bool:
    """From, then when and about what, as Outlook puts it above."""
    following = [line.strip() for line in lines[place + 1 : place + 5]]
    return bool(_SENDER_LINE.fullmatch(lines[place].strip())) and any(
        _is_short(line) and _HEADER_LINE.fullmatch(line) for line in following
    )


def _below(lines: Sequence[str]) -> list[str]:
    """Without the quotation and the line that introduces it."""
    return [line for place, line in enumerate(lines) if not line.lstrip().startswith(">") and not _is_introduction(lines, place)]


def _is_goodbye(line: str) -> bool:
    return len(line) <= 80 and _GOODBYE.fullmatch(line.strip()) is not None
