"""Sources: registered with their terms, which hold on every path; keys that rotate; limits that lose nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.leads.main import service
from services.leads.service import read_imports
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import LeadCaptured, LeadMerged, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import api_client, hear_raw, raw, said
from tests.services.leads.builders import admin, bare, fresh, from_outside, heard, leads_of, of, submission, the_lead, told
from tests.services.leads.files import read_all, rejected, send

LEAD = {"source": "kiosk", "person": {"email": "ana@acme.example", "title": "CEO"}, "interest": {"product": "pumps", "notes": "loud"}}
FEW = {"allowed_fields": ["person.email", "interest.product", "company"], "default_fields": {"company.country": "AT"}}


@pytest.fixture
async def db(database_of: DatabaseOf) -> AsyncIterator[Database]:
    database = await fresh(database_of)
    yield database
    forget_policy(database)


async def with_source(db: Database, **terms: Any) -> None:
    async with admin(db) as client:
        await told(client, "POST", "/sources", {"id": "kiosk", "name": "Kiosk", "kind": "event", **terms}, expect=201)


async def change(db: Database, **terms: Any) -> Any:
    async with admin(db) as client:
        return await told(client, "PATCH", "/sources/kiosk", terms)


async def fates(db: Database) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await db.collection("submissions").find().sort("_id", 1).to_list(None)
    return rows


async def by_http(db: Database) -> None:
    async with admin(db) as client:
        await told(client, "POST", "/leads", LEAD, expect=202)
    await heard(db, *await said(db))


async def by_kafka(db: Database) -> None:
    await heard(db, from_outside(bare(**LEAD)))


async def by_file(db: Database) -> None:
    row = "email,title,product,notes\nana@acme.example,CEO,pumps,loud\n"
    async with admin(db) as client:
        await client.post("/imports", files={"file": ("l.csv", row)}, data={"source": "kiosk"})
    while await read_imports(db):
        pass
    await heard(db, *await said(db))


@pytest.mark.parametrize("submitted", [by_http, by_kafka, by_file])
async def test_the_terms_of_a_source_hold_on_every_path(db: Database, submitted: Any) -> None:
    await with_source(db, **FEW, consent_basis="asked at the kiosk")
    await submitted(db)
    lead, (fate,) = await the_lead(db), await fates(db)
    assert (lead["person"], lead["interest"]) == ({"email": "ana@acme.example"}, {"product": "pumps"})
    assert (lead["company"]["country"], lead["consent"]) == ("AT", {"basis": "asked at the kiosk"})
    assert fate["dropped"] == ["person.title", "interest.notes"]
    assert b"loud" in fate["raw"]
    async with admin(db) as client:
        assert (await told(client, "GET", f"/submissions/{fate['_id']}"))["dropped"] == fate["dropped"]


async def test_a_source_is_kept_with_its_terms_its_versions_and_its_history(db: Database) -> None:
    cost = {"amount": "1500.00", "currency": "EUR"}
    await with_source(db, owner_id="ana", monthly_cost=cost, limits={"per_day": 10}, **FEW)
    changed = await change(db, monthly_cost={"amount": "99.50", "currency": "CHF"}, limits={"per_minute": 3})
    same = await change(db, owner_id="ana")
    async with admin(db) as client:
        shown = await told(client, "GET", "/sources/kiosk")
        mine = await told(client, "GET", "/sources?owner_id=ana&kind=event")
        later, first = (await told(client, "GET", "/sources/kiosk/history"))["items"]
        stale = {"if-match": '"1"'}
        await told(client, "PATCH", "/sources/kiosk", {"name": "Stand"}, headers=stale, expect=412)
        await told(client, "PATCH", "/sources/kiosk", {"monthly_cost": {"amount": "5"}}, expect=422)
        await told(client, "POST", "/sources", {"id": "kiosk", "name": "Kiosk"}, expect=409)
        wrong = await told(client, "PATCH", "/sources/kiosk", {"allowed_fields": ["shoe_size"]}, expect=422)
    assert (changed["version"], same["version"]) == (2, 2)
    assert shown["monthly_cost"] == {"amount": "99.50", "currency": "CHF"}
    assert (shown["limits"], shown["usage"]) == ({"per_minute": 3, "per_day": None}, {"minute": 0, "day": 0})
    assert [one["id"] for one in mine["items"]] == ["kiosk"]
    assert (first["what"], later["what"], later["before"]["monthly_cost"]) == ("added", "changed", cost)
    assert (wrong["violations"][0]["field"], wrong["violations"][0]["rule"]) == ("allowed_fields.shoe_size", "known_field")


async def test_a_source_that_is_switched_off_is_refused_and_says_why(db: Database) -> None:
    await with_source(db)
    await change(db, active=False, off_reason="the fair is over")
    async with admin(db) as client:
        problem = await told(client, "POST", "/leads", LEAD, expect=403)
        await told(client, "PATCH", "/sources/web", {"active": False}, expect=422)
        file = await client.post("/imports", files={"file": ("l.csv", "email\na@x.example\n")}, data={"source": "kiosk"})
    assert file.status_code == 403
    assert "the fair is over" in problem["detail"]
    assert (problem["violations"][0]["field"], problem["violations"][0]["rule"]) == ("source", "switched_off")
    assert await fates(db) == []
    await by_kafka(db)
    (fate,) = await fates(db)
    assert (fate["status"], fate["rule"]) == ("refused", "switched_off")
    assert "the fair is over" in fate["reason"]
    assert await leads_of(db) == []


async def test_what_was_refused_while_a_source_was_off_is_replayed_once_it_is_on(db: Database) -> None:
    await with_source(db)
    await change(db, active=False, off_reason="the fair is over")
    await by_kafka(db)
    (fate,) = await fates(db)
    path = f"/submissions/{fate['_id']}"
    async with admin(db) as client:
        await told(client, "POST", f"{path}/replay", expect=409)
        on = await change(db, active=True)
        replayed = await told(client, "POST", f"{path}/replay", expect=202)
        (captured, *_) = await heard(db, *await said(db))
        after = await told(client, "GET", path)
        (row,) = (await told(client, "GET", f"{path}/history"))["items"]
        (parked,) = (await told(client, "GET", "/parked"))["items"]
        await told(client, "POST", f"{path}/replay", expect=409)
        assert (await told(client, "GET", "/submissions?status=refused&source=kiosk"))["items"] == []
    assert (on["active"], on["off_reason"]) == (True, None)
    assert (replayed["status"], replayed["tries"]) == ("pending", 1)
    assert (after["status"], after["lead_id"], after["rule"]) == ("captured", captured.lead_id, None)
    assert (captured.submission_id, captured.source) == (fate["_id"], "kiosk")
    assert (row["what"], row["before"]["rule"]) == ("submitted_again", "switched_off")
    assert parked["status"] == "replayed"
    assert len(await fates(db)) == 1


async def test_what_was_taken_before_its_source_was_switched_off_is_not_lost(db: Database) -> None:
    await with_source(db)
    async with admin(db) as client:
        await told(client, "POST", "/leads", LEAD, expect=202)
    await change(db, active=False, off_reason="the fair is over")
    (captured, *_) = await heard(db, *await said(db))
    assert captured.source == "kiosk"


async def test_the_one_beyond_its_limit_is_told_to_come_again_and_by_kafka_it_is_taken_and_counted(db: Database) -> None:
    await with_source(db, limits={"per_day": 2})
    people = [{**LEAD, "person": {"email": f"p{number}@x.example"}} for number in range(4)]
    async with admin(db) as client:
        await told(client, "POST", "/leads", people[0], expect=202)
        await told(client, "POST", "/leads", people[1] | {"person": {"email": "jo@"}}, expect=422)
        await told(client, "POST", "/leads", people[1], expect=202, headers={"idempotency-key": "k"})
        answer = await client.post("/leads", json=people[2])
        await told(client, "POST", "/leads", people[2] | {"source": "web"}, expect=202)
        await heard(db, *await said(db))
        await hear_raw(service, db, *(from_partition(person, number) for number, person in enumerate(people[2:])))
        shown = await told(client, "GET", "/sources/kiosk")
    assert answer.status_code == 429
    assert answer.json()["violations"][0]["rule"] == "per_day"
    assert 0 < int(answer.headers["retry-after"]) <= 24 * 3600
    assert shown["usage"]["day"] == 4
    assert len(await leads_of(db)) == 4


def from_partition(person: dict[str, Any], number: int) -> Any:
    return raw("lead.submitted", bare(**person).model_dump_json(exclude_none=True).encode(), offset=number)


async def test_many_at_once_in_several_processes_get_no_further_than_the_limit(db: Database) -> None:
    await with_source(db, limits={"per_day": 5})

    async def knock(number: int) -> int:
        async with admin(db) as client:
            return (await client.post("/leads", json={**LEAD, "person": {"email": f"p{number}@x.example"}})).status_code

    codes = await asyncio.gather(*(knock(number) for number in range(8)))
    assert sorted(codes) == [202] * 5 + [429] * 3


async def test_sources_without_a_limit_are_not_counted(db: Database) -> None:
    await by_http(db)
    assert await db.collection("source_counts").count_documents({}) == 0


async def test_a_source_that_nobody_registered_is_taken_under_unknown_whatever_the_others_may_say(db: Database) -> None:
    await with_source(db, **FEW)
    (captured,) = of(LeadCaptured, await heard(db, submission(source="pop-up")))
    assert (captured.source, captured.interest.need) == ("unknown", "quieter ones")


async def submit(client: httpx.AsyncClient, key: str) -> int:
    client.headers["x-api-key"] = key
    return (await client.post("/leads", json=LEAD)).status_code


async def test_a_key_hands_in_files_for_its_own_source_alone(db: Database) -> None:
    async with admin(db) as client:
        key = (await told(client, "POST", "/sources/chat/keys", {}, expect=201))["key"]
    rows = "email,source\na@x.example,chat\nb@x.example,fair\n"
    async with api_client(service, db, signed_in=False) as knocking:
        knocking.headers["x-api-key"] = key
        await send(knocking, rows, expect=403)
        draft = await send(knocking, rows, draft=True, source="chat")
        await told(knocking, "PATCH", f"/imports/{draft['import_id']}", {"source": "fair"}, expect=403)
        await told(knocking, "POST", f"/imports/{draft['import_id']}/start", expect=202)
        await read_all(db)
        (row,) = await rejected(knocking, draft)
    assert (row["line"], row["column"], row["rule"]) == ("3", "source", "own_source")
    assert {event.source for event in of(LeadSubmitted, await said(db))} == {"chat"}


async def test_an_old_key_is_good_for_the_overlap_and_no_longer(db: Database) -> None:
    await with_source(db)
    async with admin(db) as client, api_client(service, db, signed_in=False) as knocking:
        first = await told(client, "POST", "/sources/kiosk/keys", {}, expect=201)
        assert await submit(knocking, first["key"]) == 202
        second = await told(client, "POST", "/sources/kiosk/keys", {"overlap_seconds": 3600}, expect=201)
        assert [await submit(knocking, one["key"]) for one in (first, second)] == [202, 202]
        await db.collection("api_keys").update_one({"_id": first["id"]}, {"$set": {"expires_at": utcnow() - timedelta(seconds=1)}})
        listed = (await told(client, "GET", "/sources/kiosk/keys"))["items"]
    async with api_client(service, db, signed_in=False) as elsewhere:
        assert [await submit(elsewhere, one["key"]) for one in (first, second)] == [401, 202]
    assert [one["id"] for one in listed] == [second["id"], first["id"]]
    assert all("key" not in one for one in listed)


async def test_without_an_overlap_the_old_key_ends_at_once(db: Database) -> None:
    await with_source(db)
    async with admin(db) as client:
        first = await told(client, "POST", "/sources/kiosk/keys", {}, expect=201)
        await told(client, "POST", "/sources/kiosk/keys", {"overlap_seconds": 0}, expect=201)
        await told(client, "POST", "/sources/nowhere/keys", {}, expect=404)
    async with api_client(service, db, signed_in=False) as knocking:
        assert await submit(knocking, first["key"]) == 401


async def test_only_those_in_charge_change_sources_and_their_keys(db: Database) -> None:
    for roles, doors in (
        (("rep",), [("POST", "/sources"), ("PATCH", "/sources/web"), ("POST", "/sources/web/keys"), ("PUT", "/sources/web/mapping")]),
        (("manager",), [("POST", "/sources/web/keys"), ("GET", "/sources/web/keys")]),
    ):
        async with api_client(service, db, roles=roles) as client:
            body = {"id": "x", "name": "x"}
            for method, path in doors:
                sent = {"platform": "meta", "sample": {}} if path.endswith("mapping") else {} if "/" in path[9:] else body
                await told(client, method, path, sent if path != "/sources/web" else {"name": "x"}, expect=403)


async def test_a_refused_submission_is_replayed_from_whatever_envelope_it_came_in(db: Database) -> None:
    await with_source(db)
    await change(db, active=False, off_reason="the fair is over")
    data = bare(**LEAD).model_dump_json(exclude_none=True)
    structured = f'{{"specversion":"1.0","id":"7","source":"/x","type":"lead.submitted","data":{data}}}'.encode()
    headers = [("content-type", b"application/cloudevents+json")]
    await hear_raw(service, db, raw("lead.submitted", structured, headers=headers), raw("lead.submitted", data.encode(), offset=1))
    await change(db, active=True)
    async with admin(db) as client:
        for fate in await fates(db):
            await told(client, "POST", f"/submissions/{fate['_id']}/replay", expect=202)
        events = await heard(db, *await said(db))
    assert (len(of(LeadCaptured, events)), len(of(LeadMerged, events))) == (1, 1)
    assert sorted(fate["status"] for fate in await fates(db)) == ["captured", "merged"]


async def test_what_is_still_wrong_with_a_submission_is_the_answer_to_its_replay(db: Database) -> None:
    await heard(db, from_outside(bare(person={"email": "jo@"})))
    (fate,) = await fates(db)
    async with admin(db) as client:
        problem = await told(client, "POST", f"/submissions/{fate['_id']}/replay", expect=422)
        await told(client, "POST", "/submissions/nothing/replay", expect=404)
        payload = await client.get(f"/submissions/{fate['_id']}/payload")
    assert (problem["violations"][0]["field"], problem["violations"][0]["rule"]) == ("person.email", "email")
    assert payload.json()["person"] == {"email": "jo@"}
    assert (await fates(db))[0]["status"] == "refused"
