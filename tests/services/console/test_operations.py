"""Parked messages of all services, and the mails of a local stack."""

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx
import pytest

from shared.database import new_id
from tests.road import hear_raw, raw
from tests.services.console.stage import Stage, token_for

NOBODY = b'{"source": "web-form", "person": {"first_name": "Somebody"}}'


@pytest.fixture
async def operator(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {token_for(stage, 'root', 'admin')}", "accept": "text/html"}
    async with httpx.AsyncClient(base_url=stage.url, headers=headers, trust_env=False) as client:
        yield client


async def parked(stage: Stage, *values: bytes, service: str = "leads", topic: str = "lead.submitted") -> list[str]:
    """The pages of what was parked."""
    db = stage.world.databases[service]
    await hear_raw(*stage.world.at(service), *(raw(topic, value, offset=offset) for offset, value in enumerate(values)))
    rows = await db.collection("parked").find().sort("_id", 1).to_list(None)
    return [f"/parked-messages/{service}/{row['_id']}" for row in rows]


def key() -> dict[str, str]:
    return {"key": new_id()}


async def test_what_any_service_parked_is_listed_with_what_is_wrong(operator: httpx.AsyncClient, stage: Stage) -> None:
    await parked(stage, NOBODY, b"{broken")
    await parked(stage, b'{"order_id": "A-1", "status": "lost"}', service="accounts", topic="order.updated")
    shown = (await operator.get("/parked-messages")).text
    for words in ("person must have an e-mail", "not JSON", "status must be", "lead.submitted", "order.updated"):
        assert words in shown
    assert "order.updated" not in (await operator.get("/parked-messages?service=leads")).text


async def test_a_message_is_mended_and_replayed_where_it_was_parked(operator: httpx.AsyncClient, stage: Stage) -> None:
    (page,) = await parked(stage, NOBODY)
    assert "&#34;first_name&#34;: &#34;Somebody&#34;" in (await operator.get(page)).text
    still_wrong = await operator.post(f"{page}/replay", data=key())
    assert still_wrong.status_code == 422
    assert "person" in still_wrong.text
    mended = NOBODY.replace(b'"Somebody"', b'"Somebody", "email": "somebody@acme.example"').decode()
    assert (await operator.post(f"{page}/edit", data=key() | {"value": mended})).status_code == 303
    assert (await operator.post(f"{page}/replay", data=key())).status_code == 303
    await stage.world.carry()
    assert "Replayed" in (await operator.get(page)).text
    assert "somebody@acme.example" in str(await stage.world.databases["leads"].collection("leads").find_one())


async def test_a_message_is_discarded_with_a_reason(operator: httpx.AsyncClient, stage: Stage) -> None:
    (page,) = await parked(stage, NOBODY)
    assert (await operator.post(f"{page}/discard", data=key())).status_code == 422
    assert (await operator.post(f"{page}/discard", data=key() | {"reason": "A test of the sender"})).status_code == 303
    assert "A test of the sender" in (await operator.get(page)).text
    assert "Nothing is parked" in (await operator.get("/parked-messages")).text


async def test_several_are_replayed_at_once_and_each_has_its_outcome(operator: httpx.AsyncClient, stage: Stage) -> None:
    first, second = await parked(stage, NOBODY, NOBODY)
    mended = NOBODY.replace(b'"Somebody"', b'"Ada", "email": "ada@acme.example"').decode()
    await operator.post(f"{first}/edit", data=key() | {"value": mended})
    chosen = [page.removeprefix("/parked-messages/") for page in (first, second)]
    outcome = (await operator.post("/parked-messages/replay", data={"chosen": chosen})).text
    assert "1 of 2 replayed" in outcome
    assert "person must have" in outcome


async def test_several_are_replayed_in_the_order_in_which_they_were_parked(operator: httpx.AsyncClient, stage: Stage) -> None:
    """Though the page, whose boxes are sent, lists the newest first."""
    await parked(stage, *(NOBODY for _ in range(4)))
    chosen = re.findall(r'name="chosen" value="([^"]+)"', (await operator.get("/parked-messages")).text)
    outcome = (await operator.post("/parked-messages/replay", data={"chosen": chosen})).text
    assert re.findall(r'href="/parked-messages/(leads/[^"]+)"', outcome) == chosen[::-1]


async def test_what_is_no_text_and_what_was_typed_by_others_is_shown_harmlessly(operator: httpx.AsyncClient, stage: Stage) -> None:
    binary, markup = await parked(stage, b"\xff\xfe\x00", b'{"source": "<script>alert(1)</script>"}')
    assert "//4A" in (await operator.get(binary)).text
    assert "<script>alert" not in (await operator.get(markup)).text


async def test_mails_of_the_local_stack_are_shown_as_text(operator: httpx.AsyncClient, stage: Stage) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["To"], mail["From"] = "A new lead: <b>Ada</b>", "ana@dealwire.example", "Dealwire <dealwire@localhost>"
    mail.set_content("Grüße, <script>alert(1)</script>")
    (stage.mailbox / f"{new_id()}.eml").write_bytes(b"X-Envelope-To: ana@dealwire.example\r\n" + mail.as_bytes())
    listed = (await operator.get("/mailbox")).text
    assert "A new lead: &lt;b&gt;Ada" in listed
    path = re.search(r'href="(/mailbox/[0-9a-f-]+)"', listed)
    assert path
    opened = (await operator.get(path[1])).text
    assert "Grüße, &lt;script&gt;" in opened


async def test_a_mail_that_makes_no_sense_hides_no_other(operator: httpx.AsyncClient, stage: Stage) -> None:
    for mail in (
        b"Subject: first\r\nContent-Type: text/plain; charset=none\r\n\r\nno \xff such set",
        b"Subject: =?none?q?second?=\r\nFrom: \xff <a\r\nDate: noon\r\n\r\n\xff",
        b'Subject: third\r\nContent-Type: multipart/mixed; boundary="q"\r\n\r\nno parts',
        b"",
    ):
        (stage.mailbox / f"{new_id()}.eml").write_bytes(mail)
    listed = await operator.get("/mailbox")
    assert listed.status_code == 200
    for path in re.findall(r'href="(/mailbox/[0-9a-f-]+)"', listed.text):
        assert (await operator.get(path)).status_code == 200


async def test_nothing_but_mails_can_be_read_from_the_mailbox(operator: httpx.AsyncClient) -> None:
    for name in ("..%2Fkey", "key", "%00", "0" * 36):
        assert (await operator.get(f"/mailbox/{name}")).status_code == 404
