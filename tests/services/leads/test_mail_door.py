"""The mail door over real SMTP: what comes in becomes a submission once, and nothing is promised that is not kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest

from services.leads.mail import MailDoor
from services.leads.main import service
from services.leads.settings import LeadSettings
from shared.database import Database, connect
from shared.events import EngagementRecorded, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.live.waiting import eventually
from tests.road import said
from tests.services.leads.builders import admin, carried, fresh, leads_of, of, submission, the_lead, told

ANA = "Ana Maria Silva <ana@acme.example>"
TEXT = """Hello,

we need twenty quieter pumps by June.

Best regards
Ana Silva
Acme GmbH
Tel. +49 30 2345678
"""


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await fresh(database_of)


@asynccontextmanager
async def opened(db: Database, **settings: Any) -> AsyncIterator[MailDoor]:
    chosen = LeadSettings(**{"mail_port": 0, "mail_domains": "localhost,leads.example"} | settings)
    door = MailDoor(db, chosen)
    running = asyncio.create_task(door.run())
    await eventually(lambda: door.port, what="the mail door is open")
    try:
        yield door
    finally:
        await door.stop()
        await running


def mail(text: str = TEXT, **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": ANA, "To": "web@leads.example", "Subject": "Twenty pumps", "Message-ID": "<1@acme.example>"}
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            message[name] = value
    message.set_content(text)
    return message


async def deliver(door: MailDoor, message: EmailMessage | bytes, *to: str, sender: str = "ana@acme.example") -> str:
    """What the door says to it, whether it takes it or not."""
    recipients = to or ("web@leads.example",)
    content = message if isinstance(message, bytes) else message.as_bytes()
    try:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=door.port) as smtp:
            _, answer = await smtp.sendmail(sender, list(recipients), content)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return f"{refused.recipients[0].code} {refused.recipients[0].message}"
    except aiosmtplib.SMTPResponseException as refused:
        return f"{refused.code} {refused.message}"
    return f"250 {answer}"


async def rows_of(db: Database) -> Sequence[dict[str, Any]]:
    rows: list[dict[str, Any]] = await db.collection("submissions").find().sort("_id", 1).to_list(None)
    return rows


async def test_a_mail_becomes_a_lead_with_what_its_writer_says(db: Database) -> None:
    message = mail(Date="Mon, 02 Mar 2026 10:11:00 +0100")
    message.add_attachment(b"x" * 9_000, maintype="application", subtype="pdf", filename="plan.pdf")
    async with opened(db) as door:
        assert (await deliver(door, message, "Web+spring@LOCALHOST")).startswith("250 2.0.0")
        assert door.health()["accepted"] == 1
    (submitted,) = of(LeadSubmitted, await said(db))
    assert (submitted.source, submitted.external_id) == ("web", "1@acme.example")
    assert submitted.interest.need == "Twenty pumps"
    assert submitted.interest.notes == "Hello,\n\nwe need twenty quieter pumps by June."
    assert submitted.attributes == {"attachments": "plan.pdf (application/pdf, 10 kB)"}
    assert (submitted.attribution.campaign, submitted.attribution.medium) == ("spring", "email")
    await carried(db, submitted)
    lead, (row,) = await the_lead(db), await rows_of(db)
    assert {name: lead["person"][name] for name in ("last_name", "email", "phone")} == {
        "last_name": "Silva",
        "email": "ana@acme.example",
        "phone": "+49302345678",
    }
    assert (row["status"], row["by"], row["lead_id"]) == ("captured", "mail", lead["_id"])


async def test_a_page_is_read_as_text(db: Database) -> None:
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = ANA, "=?utf-8?q?K=C3=BChlung?=", "<2@acme.example>"
    message.set_content("<style>p {}</style><p>We need <b>pumps</b>.</p><ul><li>quiet<li>small</ul>", subtype="html")
    async with opened(db) as door:
        await deliver(door, message)
    (submitted,) = of(LeadSubmitted, await said(db))
    assert submitted.interest.need == "Kühlung"
    assert submitted.interest.notes == "We need pumps.\n\n  * quiet\n  * small"


async def test_a_mail_that_is_delivered_again_is_accepted_and_changes_nothing(db: Database) -> None:
    async with opened(db) as door:
        answers = await asyncio.gather(*(deliver(door, mail()) for _ in range(3)))
        assert {answer[:3] for answer in answers} == {"250"}
        await deliver(door, mail(), "fair@leads.example", "web@leads.example")
    assert sorted(event.source for event in of(LeadSubmitted, await said(db))) == ["fair", "web"]
    assert sorted(row["source"] for row in await rows_of(db)) == ["fair", "web"]


async def test_another_mail_of_somebody_known_joins_their_lead_and_a_reply_is_a_sign_of_interest(db: Database) -> None:
    await carried(db, submission(person={"email": "ana@acme.example"}))
    lead = await the_lead(db)
    answer = "That suits us.\n\nOn Mon, 2 Mar 2026 Ana Ribeiro <a@dealwire.example> wrote:\n> In May?"
    async with opened(db) as door:
        await deliver(door, mail())
        await carried(db, *await said(db))
        assert len(await leads_of(db)) == 1
        reply = mail(answer, Subject="Re: Offer", In_Reply_To="<9@dealwire.example>", Message_ID="<3@acme.example>")
        await deliver(door, reply)
        await deliver(door, reply)
    replies = of(EngagementRecorded, await said(db))
    assert {(one.kind, one.lead_id, one.detail) for one in replies} == {("email_reply", lead["_id"], "Re: Offer\n\nThat suits us.")}
    await carried(db, *replies)
    assert await db.collection("engagements").count_documents({"lead_id": lead["_id"]}) == 1
    assert (await the_lead(db))["engagement"] == 15
    assert len(await rows_of(db)) == 2


async def test_a_reply_of_a_stranger_is_a_submission(db: Database) -> None:
    async with opened(db) as door:
        await deliver(door, mail(Subject="AW: Angebot"))
    assert len(of(LeadSubmitted, await said(db))) == 1


AUTOMATIC: list[tuple[dict[str, str], str, str]] = [
    ({"Auto_Submitted": "auto-replied"}, "auto_reply", "auto_submitted"),
    ({"Auto_Submitted": "auto-generated (rejected)"}, "auto_reply", "auto_submitted"),
    ({"Precedence": "bulk"}, "auto_reply", "precedence"),
    ({"X_Autoreply": "yes"}, "auto_reply", "autoreply_header"),
    ({"From": "MAILER-DAEMON@acme.example"}, "bounce", "delivery_status"),
    ({"X_Spam_Flag": "YES"}, "spam", "spam_flag"),
]


@pytest.mark.parametrize(("headers", "status", "rule"), AUTOMATIC)
async def test_what_no_person_wrote_is_kept_aside_and_never_said(db: Database, headers: dict[str, str], status: str, rule: str) -> None:
    async with opened(db) as door:
        assert [(await deliver(door, mail(**headers)))[:3] for _ in range(2)] == ["250", "250"]
    assert await said(db) == []
    (row,) = await rows_of(db)
    assert (row["status"], row["rule"]) == (status, rule)


async def test_a_bounce_is_known_by_its_kind_or_by_its_missing_sender_and_can_be_released(db: Database) -> None:
    report = EmailMessage()
    report["From"], report["Message-ID"] = "System <system@acme.example>", "<4@acme.example>"
    report.set_type("multipart/report")
    report.set_param("report-type", "delivery-status")
    async with opened(db) as door:
        await deliver(door, report)
        await deliver(door, mail(Message_ID="<5@acme.example>"), sender="")
    assert {(row["status"], row["rule"]) for row in await rows_of(db)} == {("bounce", "delivery_status"), ("bounce", "null_sender")}
    (mistaken,) = [row for row in await rows_of(db) if row["rule"] == "null_sender"]
    async with admin(db) as client:
        await told(client, "POST", f"/submissions/{mistaken['_id']}/release")
    (submitted,) = of(LeadSubmitted, await said(db))
    assert submitted.person.email == "ana@acme.example"


async def test_a_mail_that_says_auto_submitted_no_is_a_persons(db: Database) -> None:
    async with opened(db) as door:
        await deliver(door, mail(Auto_Submitted="no"))
    assert len(of(LeadSubmitted, await said(db))) == 1


async def test_nothing_is_relayed_and_nobody_unknown_is_promised_anything(db: Database) -> None:
    async with admin(db) as client:
        await told(client, "PATCH", "/sources/fair", {"active": False, "off_reason": "over"})
    async with opened(db) as door:
        assert await deliver(door, mail(), "ana@acme.example") == "550 5.7.1 Nothing is relayed: this takes mail for its own domains only"
        assert await deliver(door, mail(), "nobody@leads.example") == "550 5.1.1 There is no source nobody"
        assert await deliver(door, mail(), "fair@leads.example") == "550 5.2.1 The source fair is switched off"
    async with opened(db, mail_networks="10.0.0.0/8") as door:
        assert await deliver(door, mail()) == "554 5.7.1 Nothing is taken from your network"
    assert await rows_of(db) == []


async def test_a_writer_who_can_not_be_told_is_refused_with_the_reason(db: Database) -> None:
    async with opened(db) as door:
        answer = await deliver(door, mail("Hello", From="jo@localhost"), sender="jo@localhost")
    assert answer.startswith("550 5.6.0 person must have an e-mail")
    assert await rows_of(db) == []


async def test_a_mail_that_is_too_large_is_refused_before_it_is_read(db: Database) -> None:
    async with opened(db, mail_max_bytes=10_000) as door:
        assert (await deliver(door, mail("x" * 900 + "\n" + "y " * 10_000))).startswith("552")


async def test_while_the_database_is_away_mail_has_to_come_again(db: Database) -> None:
    away = await connect("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200", "leads")
    async with opened(away) as door:
        assert (await deliver(door, mail())).startswith("451 4.3.0")
    away.close()


async def test_mail_that_was_welcome_and_could_not_be_kept_has_to_come_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(db) as door:
        with monkeypatch.context() as broken:
            broken.setattr(door._handler._accepting, "submit", _fails)
            assert (await deliver(door, mail())).startswith("451 4.3.0")
        assert (await deliver(door, mail())).startswith("250")


async def _fails(_: Any) -> None:
    raise RuntimeError("a bug")


JUNK = [
    b"",
    b"\r\n",
    b"no header at all\r\n",
    b"From: \xff\xfe\r\nSubject: =?x?q?=\r\n\r\n\x00\x01",
    b"From: a@b.example\r\nContent-Type: multipart/mixed\r\n\r\n",
    # Over these the parser of the standard library stumbles.
    b'From: "\r\nReply-To: nobody@\r\n\r\nHello\r\n',
    b"From: a@b.example\r\nMessage-ID: <1@[\r\nReferences: <2@\r\n\r\nHello\r\n",
    b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\x00\xff\r\n",
]


@pytest.mark.parametrize("junk", JUNK)
async def test_junk_is_answered_and_breaks_nothing(db: Database, junk: bytes) -> None:
    async with opened(db) as door:
        assert (await deliver(door, junk))[:3] in ("250", "550")
        assert (await deliver(door, mail())).startswith("250")


async def test_the_role_is_the_service_own_and_without_a_port_it_rests(db: Database) -> None:
    assert "mail" in service.roles
    door = MailDoor(db, LeadSettings(mail_port=None))
    running = asyncio.create_task(door.run())
    assert door.health()["ok"] is True
    await door.stop()
    await running
