"""Sending what was recorded to be sent: claim, send, record what came of it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from email.message import EmailMessage
from random import random
from typing import Any

from services.notifications import store
from services.notifications.mail import MailConnection, MailServer
from services.notifications.models import Answer, Delivery, Notification, Recipient
from services.notifications.rules import Mail, after, gathered, rest_of, written
from shared.database import Database, utcnow
from shared.errors import Invalid
from shared.failpoints import failpoint
from shared.telemetry import get_logger
from shared.transaction import Transaction

# A mail with its message, or with what stands in the way of writing one.
Letter = tuple[Mail, EmailMessage | Answer]

log = get_logger(__name__)
LOOKED_AT = 500
MAILS_AT_ONCE = 40
CONNECTIONS = 4
# Longer than any step: after it a claim is taken for that of a process that died, and its mails go out again.
CLAIM = timedelta(minutes=5)


class Postman:
    """Takes what is due to one server. While that is away it is left alone, for longer each time, whatever becomes due meanwhile."""

    def __init__(self, server: MailServer, clock: Callable[[], float] = time.monotonic) -> None:
        self._server, self._clock = server, clock
        self._times_away, self._rests_until = 0, clock()

    async def send_due(self, db: Database) -> int:
        """One step: sends a bounded number of mails, and returns how many deliveries they carried."""
        if self._clock() < self._rests_until or not await store.has_due(db, utcnow()):
            return 0
        letters = await db.transact(lambda tx: claim_letters(tx, self._server.sender), by="mail")
        connections = 1 if self._times_away else CONNECTIONS
        lanes = [letters[lane::connections] for lane in range(connections)]
        sending = (_send_over_one_connection(db, self._server, lane) for lane in lanes if lane)
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        if failed := next((one for one in outcomes if isinstance(one, BaseException)), None):
            raise failed
        self._note(away=True in outcomes)
        return sum(len(mail.deliveries) for mail, _ in letters)

    def _note(self, *, away: bool) -> None:
        self._times_away = self._times_away + 1 if away else 0
        if away:
            rests = rest_of(self._times_away, random())
            self._rests_until = self._clock() + rests
            log.warning("the mail server is left alone for a while", seconds=round(rests, 1), times_away=self._times_away)


async def claim_letters(tx: Transaction, sender: str) -> list[Letter]:
    """The next mails, ours until the claim runs out. Which deliveries share a mail is settled here, once and for all."""
    mails = [_claimed(mail, tx) for mail in gathered(await store.find_due(tx, LOOKED_AT))[:MAILS_AT_ONCE]]
    deliveries = [delivery for mail in mails for delivery in mail.deliveries]
    await store.save(tx, deliveries)
    notifications = await store.find(tx, Notification, (delivery.id for delivery in deliveries))
    people = await store.find(tx, Recipient, {mail.recipient_id for mail in mails}) | _outsiders(notifications.values(), tx)
    return [(mail, _letter(mail, notifications, people.get(mail.recipient_id), sender)) for mail in mails]


def _outsiders(notifications: Iterable[Notification], tx: Transaction) -> dict[str, Recipient]:
    return {one.recipient_id: Recipient.outside(one.recipient_id, one.to.name, one.to.email, tx.now) for one in notifications if one.to}


def _claimed(mail: Mail, tx: Transaction) -> Mail:
    claim = {"state": "sending", "mail_id": mail.id, "due": tx.now + CLAIM, "updated_at": tx.now}
    return Mail(mail.id, tuple(one.model_copy(update={**claim, "version": one.version + 1}) for one in mail.deliveries))


def _letter(mail: Mail, notifications: Mapping[str, Notification], person: Recipient | None, sender: str) -> EmailMessage | Answer:
    if person is None or not person.email:
        return Answer("not_now", f"No mail address of {mail.recipient_id} is known yet")
    try:
        return written(mail, [notifications[delivery.id] for delivery in mail.deliveries], person, sender)
    except Invalid as mistake:
        return Answer("never", mistake.detail)


async def _send_over_one_connection(db: Database, server: MailServer, letters: Sequence[Letter]) -> bool:
    """Whether the server was away, and nothing more was tried.

    Each outcome is recorded before the next mail goes out, so that a crash repeats at most one mail per connection.
    """
    async with MailConnection(server) as connection:
        for place, (mail, letter) in enumerate(letters):
            answer = await _send(connection, letter)
            away = answer.verdict == "away"
            await _record(db, [one for one, _ in letters[place:]] if away else [mail], answer)
            if away:
                return True
    return False


async def _send(connection: MailConnection, letter: EmailMessage | Answer) -> Answer:
    if isinstance(letter, Answer):
        return letter
    failpoint("mail.before_send")
    answer = await connection.send(letter)
    failpoint("mail.after_send")
    return answer


async def _record(db: Database, mails: Sequence[Mail], answer: Answer) -> None:
    if answer.verdict != "accepted":
        told = {"mail_id": mails[0].id, "mails": len(mails), "verdict": answer.verdict, "detail": answer.detail}
        log.warning("mail was not sent", **told)
    await db.transact(lambda tx: settle_mails(tx, mails, answer), by="mail")


async def settle_mails(tx: Transaction, mails: Sequence[Mail], answer: Answer) -> None:
    """Records what came of them for each delivery that is still in one: it may have been withdrawn."""
    settled = [after(delivery, answer, tx.now) for delivery in await store.find_claimed(tx, [mail.id for mail in mails])]
    await store.save(tx, settled)
    over = {delivery.id: delivery for delivery in settled if delivery.due is None}
    notifications = await store.find(tx, Notification, over)
    await store.save(tx, [_told(tx, notification, over[notification.id]) for notification in notifications.values()])


def _told(tx: Transaction, notification: Notification, delivery: Delivery) -> Notification:
    news: dict[str, Any] = {
        "status": delivery.state,
        "mail_id": delivery.mail_id,
        "version": notification.version + 1,
        "updated_at": tx.now,
    }
    if notification.to is not None:
        # What was written to an outsider holds their address, and a link that acts in their name.
        news |= {"to": None, "text": "", "html": None}
    notification = notification.model_copy(update=news)
    cause = notification.origin.as_cause()
    if delivery.state == "sent":
        tx.emit(notification.sent_event(tx.now), cause=cause)
    else:
        tx.emit(notification.failed_event(tx.now, delivery.error or "", attempts=delivery.attempts), cause=cause)
    return notification
