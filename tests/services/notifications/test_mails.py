"""Mails over real SMTP: sent once, tried again, grouped, given up, and recognisable when a crash repeats one."""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from services.notifications.mail import MailServer
from services.notifications.main import service
from services.notifications.service import Postman
from shared.database import Database, utcnow
from shared.events import NotificationFailed, NotificationSent
from tests.conftest import DatabaseOf
from tests.road import hear, said
from tests.servers import Servers
from tests.services.notifications.builders import lead_assigned, lead_captured, person_erased, rep_changed
from tests.services.notifications.mail_servers import Inbox, mail_server, no_mail_server, self_signed

Row = dict[str, Any]


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await database_of("notifications")
    await service.seed(db)
    await hear(service, db, rep_changed("rita"), rep_changed("sam"))
    return db


async def assign(db: Database, count: int = 1, *, owner_id: str = "rita", prefix: str = "l") -> None:
    """Leads for this owner, whose mails are due at once."""
    ids = [f"{prefix}{number}" for number in range(count)]
    await hear(service, db, *map(lead_captured, ids), *(lead_assigned(one, owner_id) for one in ids))
    await make_due(db)


async def make_due(db: Database) -> None:
    await db.collection("deliveries").update_many({"due": {"$ne": None}}, {"$set": {"due": utcnow() - timedelta(seconds=1)}})


async def send_all(db: Database, server: MailServer) -> int:
    steps = 0
    postman = Postman(server)
    while await postman.send_due(db):
        steps += 1
    return steps


async def deliveries(db: Database) -> Sequence[Row]:
    found: list[Row] = await db.collection("deliveries").find().sort("_id", 1).to_list(None)
    return found


async def test_a_mail_goes_out_once_and_its_outcome_is_told(db: Database) -> None:
    await assign(db)
    inbox = Inbox()
    async with mail_server(inbox) as server:
        await send_all(db, server)
        await send_all(db, server)
    (mail,), (delivery,) = inbox.mails, await deliveries(db)
    assert (mail["To"], mail["From"]) == ("Rita <rita@dealwire.example>", "Dealwire <news@dealwire.example>")
    assert mail["Subject"].startswith("New lead for you: Ana Silva at Acme")
    assert mail["Message-ID"] == f"<{delivery['_id']}@dealwire.example>"
    assert "Why you: the next in turn" in mail.get_body(("plain",)).get_content()
    assert (delivery["state"], delivery["due"], delivery["attempts"]) == ("sent", None, 1)
    sent = [event for event in await said(db) if isinstance(event, NotificationSent) and event.channel == "mail"]
    assert [(event.notification_id, event.version, event.recipient_id) for event in sent] == [(delivery["_id"], 2, "rita")]
    assert sent[0].envelope.causation_id == sent[0].about_event_id


async def test_a_mail_waits_a_moment_for_others_of_its_kind(db: Database) -> None:
    await hear(service, db, lead_captured(), lead_assigned())
    assert await Postman(no_mail_server()).send_due(db) == 0


async def test_five_hundred_leads_at_once_are_one_mail_and_five_hundred_notifications(db: Database) -> None:
    await assign(db, 500)
    inbox = Inbox()
    async with mail_server(inbox) as server:
        assert await send_all(db, server) == 1
    (mail,), rows = inbox.mails, await deliveries(db)
    assert mail["Subject"].endswith("and 499 more")
    assert {(row["state"], row["mail_id"]) for row in rows} == {("sent", mail["Message-ID"].strip("<>").partition("@")[0])}
    assert await db.collection("notifications").count_documents({"channel": "in_app"}) == 500
    assert len([event for event in await said(db) if isinstance(event, NotificationSent) and event.channel == "mail"]) == 500


async def test_a_few_mails_stay_single_and_go_over_few_connections(db: Database) -> None:
    for number in range(30):
        await hear(service, db, rep_changed(f"rep{number}"))
        await assign(db, 2, owner_id=f"rep{number}", prefix=f"r{number}-")
    inbox = Inbox()
    async with mail_server(inbox) as server:
        steps = await send_all(db, server)
    assert len(inbox.mails) == 60
    assert steps == 2
    assert inbox.connections <= 4 * steps
    assert inbox.most_at_once <= 4


async def test_a_server_that_says_later_is_asked_again_later(db: Database) -> None:
    await assign(db)
    answers = iter(["451 greylisted", "250 OK"])
    inbox = Inbox(lambda _: next(answers))
    async with mail_server(inbox) as server:
        await send_all(db, server)
        (waiting,) = await deliveries(db)
        assert (waiting["state"], waiting["attempts"], waiting["error"]) == ("pending", 1, "451 greylisted")
        assert timedelta(seconds=50) < waiting["due"] - utcnow() <= timedelta(seconds=60)
        await make_due(db)
        await send_all(db, server)
    assert len(inbox.mails) == 1
    assert [(row["state"], row["attempts"], row["error"]) for row in await deliveries(db)] == [("sent", 2, None)]


async def test_a_refused_mail_fails_and_the_others_go_on(db: Database) -> None:
    await assign(db, 2, owner_id="rita")
    await assign(db, 2, owner_id="sam", prefix="s")
    inbox = Inbox(lambda envelope: "550 no such person" if envelope.rcpt_tos == ["sam@dealwire.example"] else "250 OK")
    async with mail_server(inbox) as server:
        await send_all(db, server)
    assert {mail["To"] for mail in inbox.mails} == {"Rita <rita@dealwire.example>"}
    assert len(inbox.mails) == 2
    failures = [event for event in await said(db) if isinstance(event, NotificationFailed)]
    assert [(event.recipient_id, event.error, event.attempts) for event in failures] == [("sam", "550 no such person", 1)] * 2
    assert sorted(row["state"] for row in await deliveries(db)) == ["failed", "failed", "sent", "sent"]


async def test_while_the_server_is_down_mails_wait_and_no_attempt_is_counted(db: Database) -> None:
    await assign(db)
    await send_all(db, no_mail_server())
    (waiting,) = await deliveries(db)
    assert (waiting["state"], waiting["attempts"]) == ("pending", 0)
    assert waiting["error"].startswith("The mail server is away")
    await make_due(db)
    inbox = Inbox()
    async with mail_server(inbox) as server:
        await send_all(db, server)
    assert len(inbox.mails) == 1


async def test_a_server_that_says_it_goes_away_is_left_alone(db: Database) -> None:
    for owner_id in ("rita", "sam"):
        await assign(db, 5, owner_id=owner_id, prefix=owner_id)
    asked: list[str] = []
    inbox = Inbox(lambda envelope: asked.append(envelope.rcpt_tos[0]) or "421 closing")
    async with mail_server(inbox) as server:
        await send_all(db, server)
    assert len(asked) <= 4
    assert {(row["state"], row["attempts"]) for row in await deliveries(db)} == {("pending", 0)}


async def test_what_went_into_one_mail_stays_together_when_it_goes_again(db: Database) -> None:
    await assign(db, 6)
    await send_all(db, no_mail_server())
    one = (await deliveries(db))[0]["_id"]
    await db.collection("deliveries").update_one({"_id": one}, {"$set": {"due": utcnow() - timedelta(seconds=1)}})
    inbox = Inbox()
    async with mail_server(inbox) as server:
        await send_all(db, server)
    (mail,) = inbox.mails
    assert mail["Subject"].endswith("and 5 more")
    assert {row["state"] for row in await deliveries(db)} == {"sent"}


async def test_after_three_days_without_a_server_a_mail_is_given_up_and_said_to_have_failed(db: Database) -> None:
    await assign(db)
    await db.collection("deliveries").update_many({}, {"$set": {"created_at": utcnow() - timedelta(days=3)}})
    await send_all(db, MailServer(None))
    assert [row["state"] for row in await deliveries(db)] == ["failed"]
    failures = [event for event in await said(db) if isinstance(event, NotificationFailed)]
    assert [event.error for event in failures] == ["The mail server is away: none is set, DEALWIRE_SMTP says where it is"]


def refuse_everyone(*_: object) -> AuthResult:
    return AuthResult(success=False, handled=False)


def know_dealwire(_: object, __: object, ___: object, mechanism: str, login: Any) -> AuthResult:
    return AuthResult(success=(login.login, login.password) == (b"dealwire", b"secret"), handled=False)


@pytest.fixture
def trusted_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    certificate, key = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


async def test_mail_goes_over_tls_with_a_password_where_the_server_wants_both(db: Database, trusted_tls: ssl.SSLContext) -> None:
    await assign(db)
    inbox = Inbox()
    async with mail_server(
        inbox, tls_context=trusted_tls, require_starttls=True, auth_required=True, authenticator=know_dealwire
    ) as server:
        await send_all(db, replace(server, host="localhost", tls="starttls", username="dealwire", password="secret"))
    assert len(inbox.mails) == 1


async def test_a_server_that_does_not_take_our_password_counts_as_away(db: Database, trusted_tls: ssl.SSLContext) -> None:
    await assign(db)
    async with mail_server(
        Inbox(), tls_context=trusted_tls, require_starttls=True, auth_required=True, authenticator=refuse_everyone
    ) as server:
        await send_all(db, replace(server, host="localhost", tls="starttls", username="dealwire", password="wrong"))
    (waiting,) = await deliveries(db)
    assert (waiting["state"], waiting["attempts"]) == ("pending", 0)
    assert "535" in waiting["error"]


async def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    db: Database, trusted_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await assign(db)
    monkeypatch.delenv("SSL_CERT_FILE")
    inbox = Inbox()
    async with mail_server(inbox, tls_context=trusted_tls, require_starttls=True) as server:
        await send_all(db, replace(server, host="localhost", tls="starttls"))
    assert inbox.mails == []
    assert [row["state"] for row in await deliveries(db)] == ["pending"]


async def test_a_person_whose_address_is_not_known_yet_gets_the_mail_once_it_is(db: Database) -> None:
    await assign(db, owner_id="new")
    inbox = Inbox()
    async with mail_server(inbox) as server:
        await send_all(db, server)
        (waiting,) = await deliveries(db)
        assert (waiting["state"], waiting["error"]) == ("pending", "No mail address of new is known yet")
        await hear(service, db, rep_changed("new", email="new.one@dealwire.example"))
        await make_due(db)
        await send_all(db, server)
    assert [str(mail["To"]) for mail in inbox.mails] == ["New <new.one@dealwire.example>"]


@pytest.mark.parametrize("address", ["nobody", "a b@c", "eve@x.example, all@x.example", "néw@x.example", ""])
async def test_an_address_that_is_none_harms_nobody_else(db: Database, address: str) -> None:
    await hear(service, db, rep_changed("odd", email=address))
    await assign(db, owner_id="odd")
    await assign(db, owner_id="rita", prefix="r")
    inbox = Inbox(lambda envelope: "550 no" if envelope.rcpt_tos != ["rita@dealwire.example"] else "250 OK")
    async with mail_server(inbox) as server:
        await send_all(db, server)
    assert [mail["To"] for mail in inbox.mails] == ["Rita <rita@dealwire.example>"]


async def test_a_mail_about_an_erased_person_is_withdrawn(db: Database) -> None:
    await assign(db)
    await hear(service, db, person_erased("l0"))
    inbox = Inbox()
    async with mail_server(inbox) as server:
        await make_due(db)
        await send_all(db, server)
    assert inbox.mails == []
    assert [row["state"] for row in await deliveries(db)] == ["withdrawn"]


SENDING = """
import asyncio, sys
from services.notifications.mail import MailServer
from services.notifications.service import Postman
from shared.database import connect

async def main():
    db = await connect(sys.argv[1], "notifications")
    await Postman(MailServer("127.0.0.1", int(sys.argv[2]), "news@dealwire.example")).send_due(db)

asyncio.run(main())
"""


async def send_in_a_process_that_dies(servers: Servers, server: MailServer, failpoint: str) -> int:
    command = [sys.executable, "-c", SENDING, servers.mongo_uri, str(server.port)]
    environment = os.environ | {"DEALWIRE_FAILPOINT": failpoint, "PYTHONPATH": os.getcwd()}
    return (await asyncio.to_thread(subprocess.run, command, env=environment)).returncode


@pytest.mark.parametrize(("failpoint", "copies"), [("mail.before_send", 1), ("mail.after_send", 2)])
async def test_a_crash_loses_no_mail_and_a_repeated_one_is_recognisable(
    db: Database, servers: Servers, failpoint: str, copies: int
) -> None:
    await assign(db, 8)
    inbox = Inbox()
    async with mail_server(inbox) as server:
        assert await send_in_a_process_that_dies(servers, server, failpoint) == -9
        assert await Postman(server).send_due(db) == 0
        await make_due(db)
        await send_all(db, server)
    assert len(inbox.mails) == copies
    assert len({mail["Message-ID"] for mail in inbox.mails}) == 1
    assert {row["state"] for row in await deliveries(db)} == {"sent"}
