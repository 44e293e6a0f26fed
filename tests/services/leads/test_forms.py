"""The hosted form: what people send by it goes the way of every lead, and what programs send is kept aside."""

import json
from typing import Any

import pytest

from services.leads.service.capture.knocking import network_of
from shared.database import Database
from shared.events import LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import said
from tests.services.leads.builders import admin, fresh, heard, leads_of, of, the_lead, told
from tests.services.leads.forms import FORM_SETTINGS, errors_in, send, token, visitor, with_form, with_opt_in


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await fresh(database_of)
    await with_form(db)
    return db


async def submissions_of(db: Database) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await db.collection("submissions").find().sort("_id", 1).to_list(None)
    return rows


async def test_a_form_that_is_sent_becomes_a_lead_like_any_other(db: Database) -> None:
    async with visitor(db) as client:
        answer = await send(client, consent="yes", query="?utm_campaign=spring&referrer=https://acme.example/pumps")
    assert (answer.status_code, answer.headers["location"]) == (303, "web/thanks")
    (submitted,) = of(LeadSubmitted, await said(db))
    assert submitted.attribution.campaign == "spring"
    await heard(db, submitted)
    lead = await the_lead(db)
    assert (lead["source"], lead["person"]["email"], lead["company"]["name"]) == ("web", "ana@acme.example", "Acme GmbH")
    assert (lead["interest"]["need"], lead["consent"]["marketing"], lead["consent"]["basis"]) == ("Quieter pumps", True, "form")


async def test_how_it_was_filled_in_is_proved_in_the_submission(db: Database) -> None:
    async with visitor(db, **{"user-agent": "Browser/1"}) as client:
        await send(client, consent="yes")
    (row,) = await submissions_of(db)
    async with admin(db) as client:
        proof = (await told(client, "GET", f"/submissions/{row['_id']}"))["proof"]
    assert 30 <= proof.pop("seconds") < 40
    expected = {"address": "127.0.0.1", "language": "en", "form_version": 2, "user_agent": "Browser/1"}
    assert proof == expected | {"consent_text": FORM_SETTINGS["consent_text"]}


async def test_the_page_opens_without_an_account_and_lets_nothing_foreign_run(db: Database) -> None:
    async with visitor(db) as client:
        page = await client.get("/forms/web")
        style, script = await client.get("/forms/assets/forms.css"), await client.get("/forms/web/embed.js")
    assert page.status_code == style.status_code == script.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "<style" not in page.text
    assert "style=" not in page.text


async def test_it_may_stand_in_a_frame_on_the_sites_that_are_named(db: Database) -> None:
    await with_form(db, embed_on=["https://acme.example/"], redirect="https://acme.example/thanks?a=1")
    async with visitor(db) as client:
        policy = (await client.get("/forms/web?embed=1")).headers["content-security-policy"]
        redirected, embedded = await send(client), await send(client, query="?embed=1")
    assert "frame-ancestors 'self' https://acme.example" in policy
    assert "form-action 'self' https://acme.example" in policy
    assert redirected.headers["location"] == "https://acme.example/thanks?a=1"
    assert embedded.headers["location"] == "web/thanks?embed=1"


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ({"email": ""}, {"email": "Please fill this in"}),
        ({"email": "", "last_name": ""}, {"email": "Please fill this in"}),
        ({"email": "ana@"}, {"email": "This is not a complete e-mail address, such as ana@acme.example"}),
        ({"last_name": "<b>Silva</b>"}, {"last_name": "Please write this without &lt; and &gt;"}),
        ({"first_name": "x" * 301}, {"first_name": "Please make this shorter"}),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_written_is_lost(db: Database, fields: Any, complaints: Any) -> None:
    async with visitor(db) as client:
        answer = await send(client, **fields)
    assert answer.status_code == 422
    assert errors_in(answer.text) == complaints
    (name,) = complaints
    assert f'id="f-{name}" name="{name}"' in answer.text
    assert f'aria-describedby="e-{name}"' in answer.text
    assert 'value="Acme GmbH"' in answer.text
    assert await submissions_of(db) == []


async def test_it_speaks_the_language_of_its_reader(db: Database) -> None:
    async with visitor(db, **{"accept-language": "fr;q=0.9, de-AT;q=0.8, en;q=0.1"}) as client:
        page, wrong = await client.get("/forms/web"), await send(client, email="")
        gone = await client.get("/forms/nowhere")
    assert '<html lang="de">' in page.text
    assert ">Nachname" in page.text
    assert errors_in(wrong.text) == {"email": "Bitte füllen Sie dieses Feld aus"}
    assert (gone.status_code, "Dieses Formular gibt es nicht" in gone.text) == (404, True)


async def test_its_fields_are_those_that_were_chosen(db: Database) -> None:
    fields = [
        {"name": "email", "required": True},
        {"name": "budget"},
        {"name": "attributes.size", "label": "How large is your plant?", "choices": ["small", "large"], "required": True},
    ]
    await with_form(db, fields=fields, consent_required=True)
    async with visitor(db) as client:
        wrong = await send(client, **{"attributes.size": "huge", "budget": "much"})
        await send(client, **{"attributes.size": "large", "budget": "20.000 €", "consent": "yes", "title": "not asked"})
    assert errors_in(wrong.text) == {
        "budget": "Please write a number",
        "attributes.size": "Please choose one of these",
        "consent": "Please tick this box, or we can&#39;t answer",
    }
    (submitted,) = of(LeadSubmitted, await said(db))
    assert submitted.attributes == {"size": "large"}
    assert (str(submitted.interest.budget), submitted.interest.currency, submitted.person.title) == ("20000", "EUR", None)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"confirm_subject": "cheap watches"}, "trap"),
        ({"token": ""}, "token"),
        ({"token": "of another form"}, "token"),
        ({"token": "-30"}, "too_fast"),
        ({"token": "90000"}, "too_old"),
    ],
)
async def test_what_no_person_sent_is_kept_aside_and_never_said(db: Database, fields: dict[str, str], rule: str) -> None:
    """A token that is a number stands for one of so many seconds ago; one of the future is too fast however slow the test is."""
    made = {"of another form": token("fair")} | {ago: token(ago=float(ago)) for ago in ("-30", "90000")}
    async with visitor(db) as client:
        answer = await send(client, **{name: made.get(text, text) for name, text in fields.items()})
    assert answer.status_code == 303
    assert await said(db) == []
    (row,) = await submissions_of(db)
    assert (row["status"], row["rule"], row["proof"]["address"]) == ("spam", rule, "127.0.0.1")
    async with admin(db) as client:
        (listed,) = (await told(client, "GET", "/submissions?status=spam"))["items"]
    assert listed["submission_id"] == row["_id"]


async def test_spam_that_is_none_is_released_once_onto_the_road_of_every_lead(db: Database) -> None:
    async with visitor(db) as client:
        await send(client, token="")
    (row,) = await submissions_of(db)
    path = f"/submissions/{row['_id']}"
    async with admin(db) as client:
        released = await told(client, "POST", f"{path}/release")
        assert (released["status"], released["rule"]) == ("pending", None)
        await told(client, "POST", f"{path}/release", expect=409)
        (submitted,) = await said(db)
        assert submitted.envelope.id == row["_id"]
        await heard(db, submitted)
        fate = await told(client, "GET", path)
    assert (fate["status"], fate["lead_id"]) == ("captured", (await the_lead(db))["_id"])


async def test_spam_that_says_too_little_is_not_released_and_what_is_discarded_is_forgotten(db: Database) -> None:
    async with visitor(db) as client:
        await send(client, token="", email="", company="")
    (row,) = await submissions_of(db)
    async with admin(db) as client:
        await told(client, "POST", f"/submissions/{row['_id']}/release", expect=422)
        assert (await told(client, "POST", f"/submissions/{row['_id']}/discard"))["status"] == "discarded"
        await told(client, "POST", f"/submissions/{row['_id']}/discard", expect=409)
    (row,) = await submissions_of(db)
    assert not {"raw", "proof"} & row.keys()


async def test_one_address_that_sends_a_lot_is_suspect_and_a_flood_is_turned_away(db: Database) -> None:
    await with_form(db, per_hour=2)
    async with visitor(db) as client:
        answers = [(await send(client, email=f"p{number}@acme.example")).status_code for number in range(22)]
    assert answers == [303] * 20 + [429] * 2
    assert [row["status"] for row in await submissions_of(db)] == ["pending"] * 2 + ["spam"] * 18


def test_whoever_has_one_address_of_ipv6_has_all_of_its_network() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") == "2001:db8::/64"
    assert network_of("192.0.2.1") == "192.0.2.1"


async def test_a_source_that_is_off_or_has_no_form_shows_none(db: Database) -> None:
    async with admin(db) as client, visitor(db) as stranger:
        await told(client, "PATCH", "/sources/web", {"active": False, "off_reason": "moved"})
        assert [(await stranger.get(f"/forms/{slug}")).status_code for slug in ("web", "fair")] == [404, 404]


async def test_a_form_is_changed_by_managers_against_the_version_they_saw(db: Database) -> None:
    async with admin(db) as client, visitor(db) as stranger:
        shown = await told(client, "GET", "/sources/web/form")
        assert (shown["version"], shown["path"]) == (2, "/forms/web")
        assert shown["snippet"] == '<script src="http://dealwire.test/forms/web/embed.js" async></script>'
        await told(client, "PUT", "/sources/web/form", FORM_SETTINGS, expect=412, headers={"if-match": '"1"'})
        await told(client, "PUT", "/sources/web/form", FORM_SETTINGS | {"fields": [{"name": "last_name"}]}, expect=422)
        await told(stranger, "PUT", "/sources/web/form", FORM_SETTINGS, expect=401)
        await told(client, "DELETE", "/sources/web/form", expect=204)
        await told(client, "GET", "/sources/web/form", expect=404)
        assert (await stranger.get("/forms/web")).status_code == 404


async def test_who_will_get_a_mail_is_told_so(db: Database) -> None:
    await with_opt_in(db)
    async with visitor(db) as client:
        answer = await send(client)
        assert answer.headers["location"] == "web/thanks?confirm=1"
        assert "We have sent you an e-mail" in (await client.get("/forms/web/thanks?confirm=1")).text


async def test_markup_that_somebody_writes_stays_text(db: Database) -> None:
    async with visitor(db) as client:
        page = await send(client, need="</textarea><script>alert(1)</script>", email="")
    assert "<script>alert" not in page.text
    assert json.loads((await submissions_of(db) or [{"raw": "null"}])[0]["raw"]) is None
    assert await leads_of(db) == []
