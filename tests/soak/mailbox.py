"""A mail server that takes everything and counts what came how often."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser

from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST_MAIL = 4 * 1024 * 1024


@dataclass
class Mailbox:
    """`mails` by the part of the Message-ID that stands before the @; `port` once it is open."""

    mails: Counter[str] = field(default_factory=Counter)
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        headers = BytesHeaderParser().parsebytes(envelope.original_content or b"")
        self.mails[str(headers["Message-ID"]).strip("<>").partition("@")[0]] += 1
        return "250 Kept"


@asynccontextmanager
async def open_mailbox() -> AsyncIterator[Mailbox]:
    mailbox, loop = Mailbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0)
    mailbox.port = server.sockets[0].getsockname()[1]
    async with server:
        yield mailbox
