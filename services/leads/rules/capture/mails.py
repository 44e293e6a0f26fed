"""What a mail says: who wrote it, about what, in words of their own; and whether a person wrote it at all."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import sha256
from typing import Any, Literal

from inscriptis import get_text
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

from services.leads.rules.capture.addresses import email_of
from services.leads.rules.capture.replies import own_words

MOST_TEXT, MOST_HTML, MOST_LINE, MOST_LISTED, MOST_SIGNATURE = 15_000, 150_000, 300, 1_900, 600
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_REPLY = re.compile(r"^\s*(?:re|aw|sv|vs|antw|odp|r|rif|res)\s*(?:\[\d+\])?:", re.IGNORECASE)
_MACHINES = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+.-].*)?@", re.IGNORECASE)
_DAEMONS = re.compile(r"^(?:mailer-daemon|postmaster)@", re.IGNORECASE)
# Countries whose domains tell where a number was written down.
_COUNTRIES = {"uk": "GB"}

# What the parser of the standard library stumbles over in headers that make no sense, instead of saying so.
_STUMBLES = (ValueError, LookupError, AttributeError, TypeError, NameError)

Automatic = tuple[Literal["spam", "auto_reply", "bounce"], str, str]


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail for one source: `message_id` names it among all, `tag` is what stood behind a + in the address."""

    source: str
    message_id: str
    email: str | None
    name: str
    phone: str | None
    subject: str
    text: str
    attachments: str
    sent_at: datetime | None
    is_reply: bool
    automatic: Automatic | None
    tag: str | None = None

    @property
    def data(self) -> dict[str, Any]:
        """As a `lead.submitted`, not checked yet."""
        person = {"last_name": self.name, "email": self.email, "phone": self.phone}
        return {
            "source": self.source,
            "external_id": self.message_id,
            "person": {name: value for name, value in person.items() if value},
            "interest": {name: value for name, value in (("need", self.subject), ("notes", self.text)) if value},
            "attribution": {"medium": "email"} | ({"campaign": self.tag} if self.tag else {}),
            "attributes": {"attachments": self.attachments} if self.attachments else {},
            "submitted_at": self.sent_at.isoformat() if self.sent_at else None,
        }


def letter_of(message: EmailMessage, source: str, *, content: bytes, sender: str, now: datetime, tag: str | None = None) -> Letter:
    """`content` is the mail as it came, `sender` that of the envelope, empty for what must not be answered.

    Headers that make no sense count as missing.
    """
    name, address = _writer(message, sender)
    text, signature = own_words(_body(message))
    return Letter(
        source=source,
        message_id=_message_id(message, content),
        email=email_of(address),
        name=name,
        phone=_phone_in(signature or text[-MOST_SIGNATURE:], address),
        subject=_header(message, "Subject"),
        text=_lines(text),
        attachments=_listed(message.iter_attachments()),
        sent_at=_sent_at(message, now),
        is_reply=bool(_header(message, "In-Reply-To") or _header(message, "References") or _REPLY.match(_header(message, "Subject"))),
        automatic=automatic_kind(message, sender),
        tag=_line(tag)[:100] or None,
    )


def automatic_kind(message: EmailMessage, sender: str) -> Automatic | None:
    """What no person wrote, by which sign, and the sign in words. RFC 3834, RFC 3464, and what is customary."""
    kind, report = message.get_content_type(), str(message.get_param("report-type") or "").lower()
    said = _word(message, "Auto-Submitted")
    if kind == "multipart/report" and report == "delivery-status" or _DAEMONS.match(parseaddr(_header(message, "From"))[1]):
        return "bounce", "delivery_status", "It tells that a mail could not be delivered"
    if kind == "multipart/report":
        return "auto_reply", "report", "It tells what became of a mail"
    if said not in ("", "no"):
        return "auto_reply", "auto_submitted", f"Its header says Auto-Submitted: {said[:60]}"
    if not sender:
        return "bounce", "null_sender", "It came without a sender, so that nobody answers it"
    if any(_header(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From")):
        return "auto_reply", "autoreply_header", "Its headers say that it was answered by a program"
    if _word(message, "Precedence") in ("auto_reply", "bulk", "junk", "list"):
        return "auto_reply", "precedence", f"Its header says Precedence: {_word(message, 'Precedence')}"
    if _word(message, "X-Spam-Flag") == "yes":
        return "spam", "spam_flag", "The mail server in front of us takes it for spam"
    return None


def _word(message: EmailMessage, header: str) -> str:
    return _header(message, header).partition(";")[0].strip().lower()


def _writer(message: EmailMessage, sender: str) -> tuple[str, str]:
    """Where they want the answer, if they say so, or if a machine sent it for them; else who it is from."""
    name, address = parseaddr(_header(message, "From"))
    reply_name, reply_to = parseaddr(_header(message, "Reply-To"))
    if reply_to and (not address or _MACHINES.match(address)):
        return _line(reply_name), reply_to
    return _line(name) if "@" not in name else "", address or sender


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    except (LookupError, ValueError, AttributeError):
        payload = part.get_payload(decode=True)
        content = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    if part.get_content_type() == "text/html":
        content = _text_of(content[:MOST_HTML])
    return content[: MOST_TEXT * 4].replace("\r\n", "\n")


def _text_of(html: str) -> str:
    """Of a page that says nothing to lxml there is no text."""
    try:
        text: str = get_text(html)
        return text
    except (ValueError, TypeError):
        return ""


def _message_id(message: EmailMessage, content: bytes) -> str:
    """Its own, or where it has none one that the same mail has every time."""
    own = _header(message, "Message-ID").strip("<> ")
    return own[:190] if own else sha256(content).hexdigest()


def _phone_in(signature: str, address: str) -> str | None:
    """The first that exists, dialled as where the writer's domain is."""
    ending = address.rpartition(".")[2].lower()
    country = _COUNTRIES.get(ending, ending.upper() if len(ending) == 2 else None)
    found = next(iter(PhoneNumberMatcher(signature[:MOST_SIGNATURE], country)), None)
    return format_number(found.number, PhoneNumberFormat.E164) if found else None


def _listed(parts: Iterable[Any]) -> str:
    """What hung on it, with its kind and about its size; the things themselves are not kept."""
    listed = [f"{_line(part.get_filename()) or 'unnamed'} ({part.get_content_type()}, {_size(part)} kB)" for part in parts]
    return "; ".join(listed)[:MOST_LISTED]


def _size(part: Any) -> int:
    payload = part.get_payload()
    return -(-len(payload) * 3 // 4_000) if isinstance(payload, str) else 0


def _sent_at(message: EmailMessage, now: datetime) -> datetime | None:
    try:
        sent = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, IndexError):
        return None
    sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
    return sent if sent.year >= 1990 and sent <= now else None


def _header(message: EmailMessage, name: str) -> str:
    """On one line; empty when there is none that makes sense."""
    try:
        return _line(message.get(name))
    except _STUMBLES:
        return ""


def _line(value: Any) -> str:
    return " ".join(_CONTROL.sub(" ", str(value or "")).split())[:MOST_LINE]


def _lines(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()[:MOST_TEXT]
