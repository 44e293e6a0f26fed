"""The mails that the local stack would have sent: read from its mailbox's folder, and not there where mail is delivered."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from fastapi import APIRouter, Response

from services.console.api.visits import OPERATORS, Guest, Visit
from shared.errors import NotFound

router = APIRouter(prefix="/mailbox", include_in_schema=False)
SHOWN = 100
_NAME = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Mail:
    id: str
    to: str
    sender: str
    subject: str
    at: datetime | None
    text: str


@router.get("")
async def show_mailbox(visit: Guest) -> Response:
    folder = _folder(visit)
    return visit.show("mailbox.html", mails=await asyncio.to_thread(_newest, folder))


@router.get("/{mail_id}")
async def show_mail(visit: Guest, mail_id: str) -> Response:
    file = _folder(visit) / f"{mail_id}.eml"
    if not _NAME.fullmatch(mail_id) or not await asyncio.to_thread(file.is_file):
        raise NotFound("There is no such mail", field="mail_id", rule="exists")
    return visit.show("mail.html", mail=await asyncio.to_thread(_read, file))


def _folder(visit: Visit) -> Path:
    """Anybody's mail may lie there, so it is not for everybody."""
    visit.door.allow(*OPERATORS)
    if visit.front.mailbox is None:
        raise NotFound("Mails are delivered here, not kept", field="mailbox", rule="local_stack")
    return visit.front.mailbox


def _newest(folder: Path) -> list[Mail]:
    """Their names sort by arrival."""
    files = sorted(folder.glob("*.eml"), reverse=True)[:SHOWN] if folder.is_dir() else []
    return [_read(file) for file in files]


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    to, sender = str(message["X-Envelope-To"] or message["To"] or ""), str(message["From"] or "")
    return Mail(file.stem, to, sender, str(message["Subject"] or "(no subject)"), _moment(message), _text(message))


def _moment(message: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(str(message["X-Received-At"] or message["Date"]))
    except (TypeError, ValueError):
        return None


def _text(message: EmailMessage) -> str:
    """The plain part, or what there is, or the mail as it came where that can't be read; markup is shown as it is written."""
    body = message.get_body(("plain", "html"))
    try:
        return str(body.get_content()) if body is not None else ""
    except (LookupError, ValueError):
        return str(message.as_bytes(), errors="replace")
