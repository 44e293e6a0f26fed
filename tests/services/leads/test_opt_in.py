"""Double opt-in: who is asked, what waits for the answer, and what the answer changes."""

from datetime import timedelta
from typing import Any

import pytest

from services.leads.main import service
from services.leads.rules.capture.stamps import stamped
from services.leads.service.policies import forget_policy
from services.leads.settings import lead_settings
from shared.database import Database, utcnow
from shared.events import ConsentGiven, ConsentRequested, LeadCaptured, LeadDisqualified, LeadQualified
from tests.conftest import DatabaseOf
from tests.road import pass_time, said
from tests.services.leads.builders import admin, carried, fresh, from_outside, leads_of, of, submission, the_lead, told
from tests.services.leads.forms import OPT_IN, send, visitor, with_form, with_opt_in
from tests.services.leads.knowers import provided

ANA = {"email": "ana@acme.example"}


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await fresh(database_of)
    await with_opt_in(db)
    return db


def path_of(request: ConsentRequested) -> str:
    return request.link.removeprefix("http://dealwire.test")


async def confirm(db: Database, request: ConsentRequested) -> int:
    async with visitor(db) as client:
        return (await client.post(path_of(request))).status_code


async def statuses(db: Database) -> list[str]:
    return sorted([row["status"] for row in await db.collection("submissions").find().to_list(None)])


async def test_nobody_is_a_lead_before_they_have_confirmed(db: Database) -> None:
    events = await carried(db, submission(person=ANA))
    (asked,) = events
    assert (asked.email, asked.source, asked.sender, asked.text) == ("ana@acme.example", "web", OPT_IN["sender"], OPT_IN["text"])
    assert asked.expires_at - asked.requested_at == timedelta(hours=168)
    assert (await leads_of(db), await statuses(db)) == ([], ["unconfirmed"])


async def test_opening_the_link_confirms_nothing_and_the_button_does(db: Database) -> None:
    (asked,) = await carried(db, submission(person=ANA))
    async with visitor(db) as client:
        page = await client.get(path_of(asked))
        assert (page.status_code, "Yes, I agree" in page.text, OPT_IN["text"] in page.text) == (200, True, True)
        assert await statuses(db) == ["unconfirmed"]
        answer = await client.post(path_of(asked))
        assert (answer.status_code, "that is confirmed" in answer.text) == (200, True)
    lead, events = await the_lead(db), await said(db)
    (given,) = of(ConsentGiven, events)
    assert (given.lead_id, given.version, given.source, given.basis) == (lead["_id"], lead["version"], "web", "double_opt_in")
    assert [len(of(kind, events)) for kind in (LeadCaptured, LeadQualified)] == [1, 1]
    assert (lead["consent"]["marketing"], lead["consent"]["given_at"]) == (True, given.given_at)
    assert await statuses(db) == ["captured"]


async def test_the_consent_is_kept_with_its_words_its_time_and_where_it_came_from(db: Database) -> None:
    (asked,) = await carried(db, submission(person=ANA))
    await confirm(db, asked)
    lead = await the_lead(db)
    async with admin(db) as client:
        (consent,) = (await told(client, "GET", f"/leads/{lead['_id']}/consents"))["items"]
        history = (await told(client, "GET", f"/leads/{lead['_id']}/history"))["items"]
    assert {name: consent[name] for name in ("status", "text", "source", "given_from", "email", "purpose")} == {
        "status": "given",
        "text": OPT_IN["text"],
        "source": "web",
        "given_from": "127.0.0.1",
        "email": "ana@acme.example",
        "purpose": "marketing",
    }
    assert "consented" in [change["what"] for change in history]


async def test_who_confirms_twice_has_confirmed_once(db: Database) -> None:
    (asked,) = await carried(db, submission(person=ANA))
    assert [await confirm(db, asked) for _ in range(2)] == [200, 200]
    assert len(of(ConsentGiven, await said(db))) == 1
    assert len(await leads_of(db)) == 1


async def test_who_submits_again_gets_no_second_mail_for_an_hour(db: Database) -> None:
    events = await carried(db, submission(person=ANA), submission(person=ANA))
    events += await carried(db, submission(person=ANA))
    assert len(events) == 1
    await db.collection("consents").update_many({}, {"$set": {"asked_at": utcnow() - timedelta(hours=2)}})
    (again,) = await carried(db, submission(person=ANA))
    assert (again.consent_id, again.version) == (events[0].consent_id, 2)
    await confirm(db, events[0])
    assert await statuses(db) == ["captured", "merged", "merged", "merged"]
    assert len(of(ConsentGiven, await said(db))) == 1


async def test_who_has_confirmed_once_is_not_asked_again(db: Database) -> None:
    (asked,) = await carried(db, submission(person=ANA))
    await confirm(db, asked)
    await said(db)
    events = await carried(db, submission(person=ANA))
    assert of(ConsentRequested, events) == []
    assert await statuses(db) == ["captured", "merged"]


async def test_what_nobody_confirms_expires_and_leaves_nothing_of_the_person(db: Database) -> None:
    (asked,) = await carried(db, submission(person=ANA))
    await pass_time(service, db, asked.expires_at - timedelta(seconds=1))
    assert await statuses(db) == ["unconfirmed"]
    await db.collection("consents").update_many({}, {"$set": {"expires_at": utcnow() - timedelta(seconds=1)}})
    async with visitor(db) as client:
        assert (await client.get(path_of(asked))).status_code == 410
        assert (await client.post(path_of(asked))).status_code == 410
    await pass_time(service, db, asked.expires_at)
    assert await statuses(db) == ["expired"]
    (row,), (consent,) = [await db.collection(name).find().to_list(None) for name in ("submissions", "consents")]
    assert (consent["status"], consent["email"], "raw" in row) == ("expired", None, False)
    assert await leads_of(db) == []


async def test_a_lead_may_go_on_without_the_consent_that_is_not_confirmed_yet(db: Database) -> None:
    await with_opt_in(db, mode="go_on")
    events = await carried(db, submission(person=ANA))
    lead = await the_lead(db)
    assert (lead["status"], lead["consent"]) == ("qualified", {})
    (asked,) = of(ConsentRequested, events)
    await confirm(db, asked)
    after = await the_lead(db)
    assert after["consent"]["marketing"] is True
    assert after["score"] == lead["score"] + 5
    assert await statuses(db) == ["captured"]


async def test_a_consent_can_make_a_good_lead_of_one_that_was_not(db: Database) -> None:
    await with_opt_in(db, mode="go_on")
    weak = {"interest": {"product": None, "need": None, "timeline": None}, "company": {"employees": 10}, "person": ANA | {"title": None}}
    async with admin(db) as client:
        criteria = {"threshold": 5, "criteria": [{"name": "consent", "text": "agrees", "expression": "consent.marketing", "points": 5}]}
        drafted = await told(client, "POST", "/criteria", criteria, expect=201)
        await told(client, "POST", f"/criteria/{drafted['version']}/activate")
    events = await carried(db, submission(**weak))
    assert len(of(LeadDisqualified, events)) == 1
    (asked,) = of(ConsentRequested, events)
    await confirm(db, asked)
    assert [len(of(kind, await said(db))) for kind in (LeadQualified,)] == [1]
    assert (await the_lead(db))["status"] == "qualified"


async def test_who_does_not_want_mail_is_not_asked_for_it(db: Database) -> None:
    await with_opt_in(db, mode="go_on")
    events = await carried(db, submission(consent=None), submission(person={"email": None, "phone": "+493012345678"}))
    assert of(ConsentRequested, events) == []
    assert len(await leads_of(db)) == 2


async def test_another_source_of_the_same_person_asks_for_itself_only(db: Database) -> None:
    events = await carried(db, submission(person=ANA, source="fair"), submission(person=ANA))
    assert [event.source for event in of(ConsentRequested, events)] == ["web"]
    assert await statuses(db) == ["captured", "unconfirmed"]


async def test_a_published_submission_waits_like_any_other_and_a_redelivery_changes_nothing(db: Database) -> None:
    event = from_outside(submission(person=ANA), event_id="1")
    (asked,) = await carried(db, event)
    await db.collection("inbox").delete_many({})
    assert await carried(db, event) == []
    await confirm(db, asked)
    assert await statuses(db) == ["captured"]


async def test_a_link_that_is_not_ours_opens_nothing(db: Database) -> None:
    (asked,) = await carried(db, submission(person=ANA))
    keys = lead_settings().keys
    forged = [
        stamped("consent", asked.consent_id, utcnow(), ["some-other-key-of-thirty-two-characters"]),
        stamped("form", asked.consent_id, utcnow(), keys),
        stamped("consent", "nobody", utcnow(), keys),
        path_of(asked)[:-5],
        "x" * 3000,
    ]
    async with visitor(db, **{"accept-language": "de"}) as client:
        answers = [await client.post(f"/confirm/{one.rpartition('/')[2]}") for one in forged]
    assert {answer.status_code for answer in answers} == {404}
    assert "Dieser Link ist nicht vollständig" in answers[0].text
    assert await statuses(db) == ["unconfirmed"]


async def test_the_mail_and_the_page_speak_the_language_of_the_form(db: Database) -> None:
    await with_form(db)
    async with visitor(db, **{"accept-language": "de"}) as client:
        await send(client)
    (asked,) = await carried(db, *await said(db))
    assert asked.language == "de"
    async with visitor(db) as client:
        assert "Ja, ich stimme zu" in (await client.get(path_of(asked))).text


async def test_switching_it_off_lets_everybody_in_again(db: Database) -> None:
    async with admin(db) as client:
        assert (await told(client, "GET", "/sources/web/opt-in"))["mode"] == "wait"
        await told(client, "DELETE", "/sources/web/opt-in", expect=204)
        await told(client, "GET", "/sources/web/opt-in", expect=404)
        await told(client, "PUT", "/sources/web/opt-in", {"sender": "x"}, expect=422)
    forget_policy(db)
    await carried(db, submission(person=ANA))
    assert await statuses(db) == ["captured"]


async def test_nobody_can_be_asked_without_a_link_to_answer_by(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEALWIRE_LEADS_PUBLIC_URL", "DEALWIRE_LEADS_SECRET_KEY"):
        with monkeypatch.context() as without:
            without.delenv(name)
            lead_settings.cache_clear()
            async with admin(db) as client:
                refused: Any = await told(client, "PUT", "/sources/fair/opt-in", OPT_IN, expect=409)
        assert name.removeprefix("DEALWIRE_LEADS_") in refused["detail"]
    lead_settings.cache_clear()


async def test_nobody_else_is_asked_about_somebody_before_they_have_confirmed_and_then_they_are_waited_for(db: Database) -> None:
    await provided(db)
    (asked,) = await carried(db, submission(person=ANA))
    assert await db.collection("enrichments").count_documents({}) == 0
    await confirm(db, asked)
    lead = await the_lead(db)
    assert (lead["waits_for"], lead["status"], lead["consent"]["marketing"]) == (["firms"], "captured", True)
