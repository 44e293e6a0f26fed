"""Real SMTP servers for tests: one that takes mail, one that refuses it, and a place where there is none."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.local.processes import free_ports
from services.notifications.mail import MailServer

Answering = Callable[[Envelope], str]


class Inbox:
    """Keeps the mails that it takes; `answer` says what it says to one."""

    def __init__(self, answer: Answering = lambda _: "250 OK") -> None:
        self.answer = answer
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.most_at_once = 0
        self._open = 0

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        await asyncio.sleep(0.005)
        self._open -= 1
        answer = self.answer(envelope)
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return answer

    def subjects(self) -> list[str]:
        return sorted(str(mail["Subject"]) for mail in self.mails)


@asynccontextmanager
async def mail_server(inbox: Inbox, port: int = 0, **options: Any) -> AsyncIterator[MailServer]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(inbox, enable_SMTPUTF8=True, loop=loop, **options), "127.0.0.1", port)
    async with server:
        yield MailServer("127.0.0.1", server.sockets[0].getsockname()[1], "Dealwire <news@dealwire.example>")


@asynccontextmanager
async def hanging_up(port: int) -> AsyncIterator[list[str]]:
    """Something that takes calls and ends them at once; yields where each came from."""
    calls: list[str] = []

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(str(writer.get_extra_info("peername")))
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", port):
        yield calls


def no_mail_server() -> MailServer:
    return MailServer("127.0.0.1", free_ports(1)[0])


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - timedelta(hours=1), now + timedelta(hours=1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate_file, key_file
