"""The mail door: SMTP for mails to `<source>@<one of our domains>`, which nobody but the relays in front of it may reach.

SMTP asks nobody who they are, so the door answers only the networks that are named (`DEALWIRE_LEADS_MAIL_NETWORKS`), forwards
nothing, and says 250 only to what has been committed. While MongoDB is away it says 451, and the relay tries again for days.
"""

import asyncio
import socket
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from ipaddress import ip_address
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from pymongo.errors import PyMongoError

from services.leads import store
from services.leads.models import Source
from services.leads.rules.capture.mails import Letter, letter_of
from services.leads.service import accept_mails
from services.leads.settings import LeadSettings
from shared.batching import GroupCommit
from shared.database import Database, translated, utcnow
from shared.errors import Contended, Refused, TooMany, Unreachable
from shared.telemetry import get_logger

log = get_logger(__name__)
LATER = "451 4.3.0 We can't keep it right now, please try again later"
MOST_RECIPIENTS = 50
# The null sender as aiosmtpd spells it; with an empty one it would take no recipients.
NOBODY = "<>"
PATIENCE_SECONDS = 120
DRAIN_SECONDS = 5


class MailDoor:
    """A part of a process: listens until it is stopped, then lets the mails at hand be accepted."""

    def __init__(self, database: Database, settings: LeadSettings) -> None:
        self._settings, self._stopping = settings, asyncio.Event()
        self._handler = Handler(database, settings)
        self.port: int | None = None

    async def run(self) -> None:
        """Without a port there is no door, and the role has nothing to do."""
        if self._settings.mail_port is None:
            await self._stopping.wait()
            return
        # Several processes of one machine share the port, and the next one may open it before the last has let go.
        server = await asyncio.get_running_loop().create_server(
            self._session, self._settings.mail_host, self._settings.mail_port, reuse_port=hasattr(socket, "SO_REUSEPORT")
        )
        self.port = server.sockets[0].getsockname()[1]
        log.info("the mail door is open", port=self.port, domains=sorted(self._settings.domains))
        try:
            await self._stopping.wait()
        finally:
            server.close()
            self.port = None
            await self._handler.finish()

    def _session(self) -> SMTP:
        return SMTP(
            self._handler,
            data_size_limit=self._settings.mail_max_bytes,
            timeout=PATIENCE_SECONDS,
            enable_SMTPUTF8=True,
            hostname="dealwire",
            ident="ready",
            loop=asyncio.get_running_loop(),
        )

    async def stop(self) -> None:
        self._stopping.set()

    def health(self) -> dict[str, Any]:
        is_open = self.port is not None
        return {"ok": is_open or self._settings.mail_port is None, "open": is_open, "port": self.port, "accepted": self._handler.accepted}


class Handler:
    """What is said at each step of a delivery. The names are aiosmtpd's."""

    def __init__(self, database: Database, settings: LeadSettings) -> None:
        self._database, self._settings = database, settings
        self._accepting: GroupCommit[Letter, Any] = GroupCommit(database, accept_mails, by="mail", most=50)
        self._at_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.accepted = 0

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str | None, options: list[str]) -> str:
        if not self._is_welcome(session.peer):
            return "554 5.7.1 Nothing is taken from your network"
        envelope.mail_from = address or NOBODY
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender taken"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Nobody is promised anything who is not there."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return f"452 4.5.3 At most {MOST_RECIPIENTS} recipients at once"
        slug, _, domain = _taken_apart(address)
        if domain not in self._settings.domains:
            return "550 5.7.1 Nothing is relayed: this takes mail for its own domains only"
        try:
            source = await store.find_record(self._database, Source, slug)
        except PyMongoError as error:
            return _answer_to(error)
        if source is None:
            return f"550 5.1.1 There is no source {slug[:64]}"
        if not source.active:
            return f"550 5.2.1 The source {slug} is switched off"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._at_hand += 1
        self._idle.clear()
        try:
            return await self._accept(envelope)
        finally:
            self._at_hand -= 1
            if not self._at_hand:
                self._idle.set()

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong on our side is no reason for the sender to give up."""
        log.error("a mail could not be taken", exc_info=error)
        return LATER

    async def finish(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), DRAIN_SECONDS)

    async def _accept(self, envelope: Envelope) -> str:
        try:
            letters = await asyncio.to_thread(letters_in, envelope)
            outcomes = await asyncio.gather(*(self._accepting.submit(letter) for letter in letters), return_exceptions=True)
            if failed := next((one for one in outcomes if isinstance(one, BaseException)), None):
                raise failed
        except (PyMongoError, Unreachable, Contended) as error:
            return _answer_to(error)
        except TooMany as full:
            return f"452 4.3.1 {full.detail}"
        except Refused as refused:
            return f"550 5.6.0 {'; '.join(one.detail for one in refused.violations) or refused.detail}".replace("\n", " ")[:400]
        self.accepted += 1
        return f"250 2.0.0 Kept as {len(letters)} {'submission' if len(letters) == 1 else 'submissions'}"

    def _is_welcome(self, peer: Any) -> bool:
        address = ip_address(str(peer[0]).partition("%")[0]) if peer else None
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped is not None and any(mapped in network for network in self._settings.networks)


def letters_in(envelope: Envelope) -> list[Letter]:
    """One for each source it is for, however often that was named."""
    content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
    message = message_from_bytes(content, policy=modern)
    assert isinstance(message, EmailMessage)
    tags = {slug: tag for slug, tag, _ in map(_taken_apart, envelope.rcpt_tos)}
    (first, *others) = tags
    sender = (envelope.mail_from or NOBODY).removeprefix(NOBODY)
    letter = letter_of(message, first, content=content, sender=sender, now=utcnow(), tag=tags[first])
    return [letter, *(replace(letter, source=slug, tag=tags[slug] or None) for slug in others)]


def _taken_apart(address: str) -> tuple[str, str, str]:
    """`Web+spring@Localhost` is for `web`, with the tag `spring`, at `localhost`."""
    local, _, domain = address.rpartition("@")
    slug, _, tag = local.partition("+")
    return slug.lower(), tag, domain.lower()


def _answer_to(error: Exception) -> str:
    ours = translated(error) if isinstance(error, PyMongoError) else error
    if not isinstance(ours, Unreachable | Contended):
        raise ours
    log.warning("a mail has to come again", error=str(ours))
    return LATER
