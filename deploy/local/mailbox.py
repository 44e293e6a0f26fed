"""The mail server of a local stack: takes any mail, delivers none, keeps each as a file that the console shows.

Usage: python -m deploy.local.mailbox PORT FOLDER
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from uuid_utils import uuid7

KEPT_MAILS = 2000
LARGEST_MAIL = 2 * 1024 * 1024


class Mailbox:
    """Keeps mails as `<uuid7>.eml`, so that their names sort by arrival."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        name = f"{uuid7()}.eml"
        partial = self._folder / f".{name}"
        partial.write_bytes(_with_envelope(envelope))
        partial.replace(self._folder / name)
        self._forget_the_oldest()
        return "250 Kept"

    def _forget_the_oldest(self) -> None:
        for mail in sorted(self._folder.glob("*.eml"))[:-KEPT_MAILS]:
            mail.unlink(missing_ok=True)


def _with_envelope(envelope: Envelope) -> bytes:
    """Who it was really for stands in the envelope only, so it is written on top as headers."""
    content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
    received = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    on_top = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\nX-Received-At: {received}\r\n"
    return on_top.encode() + content


async def serve(port: int, folder: Path) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    mailbox = Mailbox(folder)
    server = await loop.create_server(lambda: SMTP(mailbox, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True), "127.0.0.1", port)
    async with server:
        await stopping.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
