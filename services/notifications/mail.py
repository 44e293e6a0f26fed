"""The mail server, as SMTP knows it: sends one mail after another over one connection."""

import socket
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal, Self

from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError

from services.notifications.models import Answer
from shared.settings import Settings

TIMEOUT_SECONDS = 10
_GOING_AWAY = 421


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes; without a host every mail waits, as if the server were down."""

    host: str | None
    port: int = 25
    sender: str = "Dealwire <dealwire@localhost>"
    tls: Literal["none", "starttls", "tls"] = "none"
    username: str | None = None
    password: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        return cls(settings.smtp_host, settings.smtp_port, settings.smtp_from, settings.smtp_tls, settings.smtp_username, password)


class MailConnection:
    """`async with` closes it; it is opened by the first mail, and again after it broke."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: SMTP | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._smtp and self._smtp.is_connected:
            try:
                await self._smtp.quit()
            except (SMTPException, OSError):
                self._smtp.close()

    async def send(self, message: EmailMessage) -> Answer:
        """What the server says to it; never raises for what a server or a network can do."""
        try:
            smtp = await self._connected()
        except (SMTPException, OSError, ValueError) as away:
            return Answer("away", f"The mail server is away: {away}")
        try:
            await smtp.send_message(message)
        except SMTPRecipientsRefused as refused:
            return _refusal(refused.recipients[0])
        except SMTPResponseException as refused:
            return _refusal(refused)
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as broken:
            smtp.close()
            return Answer("not_now", f"The connection broke: {broken}")
        except (SMTPException, ValueError) as impossible:
            return Answer("never", f"It cannot be sent: {impossible}")
        return Answer("accepted")

    async def _connected(self) -> SMTP:
        if self._smtp is None or not self._smtp.is_connected:
            self._smtp = self._new()
            await self._smtp.connect()
        return self._smtp

    def _new(self) -> SMTP:
        server = self._server
        if server.host is None:
            raise ConnectionError("none is set, DEALWIRE_SMTP says where it is")
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
            local_hostname=socket.gethostname(),
            timeout=TIMEOUT_SECONDS,
        )


def _refusal(refused: SMTPResponseException) -> Answer:
    if refused.code == _GOING_AWAY:
        return Answer("away", f"The mail server is going away: {refused.message}")
    return Answer("never" if refused.code >= 500 else "not_now", f"{refused.code} {refused.message}")
