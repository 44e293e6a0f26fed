"""The mail that asks somebody who is none of ours whether they agree."""

from datetime import timedelta

import pytest

from services.notifications.main import service
from services.notifications.service import Postman
from shared.database import Database, utcnow
from shared.events import NotificationFailed, NotificationSent
from shared.events.people import email_hash
from tests.conftest import DatabaseOf
from tests.road import hear, said
from tests.services.notifications.builders import consent_requested, person_erased
from tests.services.notifications.mail_servers import Inbox, mail_server

ANA = email_hash("ana.silva@acme.example")


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await database_of("notifications")
    await service.seed(db)
    return db


async def sent_by(db: Database, inbox: Inbox) -> Inbox:
    async with mail_server(inbox) as server:
        postman = Postman(server)
        while await postman.send_due(db):
            pass
    return inbox


async def test_somebody_is_asked_once_at_once_and_with_the_link(db: Database) -> None:
    request = consent_requested()
    await hear(service, db, request, request)
    await hear(service, db, request)
    (mail,) = (await sent_by(db, Inbox())).mails
    assert (mail["To"], mail["Subject"]) == ("Ana <ana.silva@acme.example>", "Please confirm: Acme Pumps")
    assert mail["Auto-Submitted"] == "auto-generated"
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Hello Ana," in text
    assert "Write to me." in text
    assert "https://sales.acme.example/confirm/c1" in text.splitlines()
    assert '<a href="https://sales.acme.example/confirm/c1"' in page


async def test_the_mail_speaks_their_language_or_ours(db: Database) -> None:
    people = {"de": "jo@acme.example", "xx": "kim@acme.example"}
    await hear(service, db, *(consent_requested(language, language=language, email=email) for language, email in people.items()))
    inbox = await sent_by(db, Inbox())
    assert inbox.subjects() == ["Bitte bestätigen: Acme Pumps", "Please confirm: Acme Pumps"]


async def test_what_was_sent_is_told_without_the_address_and_nothing_of_it_is_kept(db: Database) -> None:
    await hear(service, db, consent_requested())
    await sent_by(db, Inbox())
    (sent,) = [event for event in await said(db) if isinstance(event, NotificationSent)]
    assert (sent.recipient_id, sent.kind, sent.channel) == ("consent:c1", "consent.requested", "mail")
    (row,) = await db.collection("notifications").find().to_list(None)
    assert (row["text"], row["html"], row["to"], row["status"]) == ("", None, None, "sent")
    assert "ana.silva" not in str(await db.collection("deliveries").find().to_list(None))


async def test_an_address_that_the_server_refuses_has_failed(db: Database) -> None:
    await hear(service, db, consent_requested())
    await sent_by(db, Inbox(lambda _: "550 nobody here"))
    (failed,) = [event for event in await said(db) if isinstance(event, NotificationFailed)]
    assert (failed.recipient_id, failed.error) == ("consent:c1", "550 nobody here")


async def test_nobody_is_asked_when_it_is_too_late_or_who_was_erased(db: Database) -> None:
    await hear(service, db, consent_requested(expires_at=utcnow()))
    late = consent_requested("c2", requested_at=utcnow() - timedelta(minutes=1))
    await hear(service, db, person_erased(email_hashes=(ANA,)))
    await hear(service, db, late)
    assert (await sent_by(db, Inbox())).mails == []
    await hear(service, db, consent_requested("c3", requested_at=utcnow() + timedelta(seconds=1)))
    assert len((await sent_by(db, Inbox())).mails) == 1


async def test_erasing_somebody_takes_back_the_mail_that_has_not_gone_out(db: Database) -> None:
    await hear(service, db, consent_requested())
    await hear(service, db, person_erased(email_hashes=(ANA,)))
    assert (await sent_by(db, Inbox())).mails == []
    (row,) = await db.collection("notifications").find().to_list(None)
    assert (row["to"], row["text"]) == (None, "")
