"""The doors of the leads service: handing leads in, and finding them again."""

import asyncio
from typing import Any

from services.leads.main import service
from shared.api_keys import NewKey, issue_key
from shared.database import Database
from shared.events import DealClosed, EngagementRecorded, LeadSubmitted, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said
from tests.services.leads.builders import admin, bare, carried, fresh, heard, leads_of, of, rep, submission, the_lead, told

LEAD = {"source": "web", "person": {"email": "ana@acme.example"}, "interest": {"product": "pumps"}}


async def test_a_posted_lead_goes_the_same_way_as_a_published_one(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        answer = await client.post("/leads", json=LEAD, headers={"x-correlation-id": "c7"})
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")
        place = answer.headers["location"]
        assert place == f"/submissions/{answer.json()['submission_id']}"
        assert (await told(client, "GET", place))["status"] == "pending"
        (submitted,) = await said(db)
        assert isinstance(submitted, LeadSubmitted)
        assert (submitted.envelope.id, submitted.envelope.correlation_id) == (answer.json()["submission_id"], "c7")
        assert submitted.envelope.causation_id is None
        (captured, *_) = await heard(db, submitted)
        fate = await told(client, "GET", place)
    assert (captured.submission_id, captured.envelope.correlation_id) == (submitted.envelope.id, "c7")
    assert (fate["status"], fate["lead_id"]) == ("captured", captured.lead_id)


async def test_many_who_post_at_once_share_transactions_and_each_gets_their_own_answer(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        bodies = [LEAD | {"person": {"email": f"p{number}@x.example"}} for number in range(40)]
        bodies[7] = LEAD | {"person": {"email": "jo@"}}
        answers = await asyncio.gather(*(client.post("/leads", json=body) for body in bodies))
    assert [answer.status_code for answer in answers] == [202] * 7 + [422] + [202] * 32
    submitted = of(LeadSubmitted, await said(db))
    assert {event.envelope.id for event in submitted} == {answer.json()["submission_id"] for answer in answers if answer.status_code == 202}
    assert await db.collection("outbox").count_documents({}) == 0


async def test_a_lead_posted_twice_under_one_key_is_submitted_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        answers = [await client.post("/leads", json=LEAD, headers={"idempotency-key": "k1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await said(db)) == 1


async def test_the_fates_of_many_are_looked_up_at_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        ids = [(await told(client, "POST", "/leads", LEAD, expect=202))["submission_id"] for _ in range(3)]
        await heard(db, *await said(db))
        found = (await told(client, "POST", "/submissions/lookup", {"ids": [*ids, "nobody"]}))["items"]
        await told(client, "POST", "/submissions/lookup", {"ids": ["x"] * 1001}, expect=422)
    assert sorted(fate["status"] for fate in found) == ["captured", "merged", "merged"]
    assert {fate["submission_id"] for fate in found} == set(ids)


async def test_a_source_submits_with_its_key_under_its_own_name_and_reads_no_leads(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    key = await db.transact(lambda tx: issue_key(tx, NewKey(name="partner")))
    await heard(db, submission())
    lead = await the_lead(db)
    async with api_client(service, db, signed_in=False) as client:
        client.headers["x-api-key"] = key.key
        ours = await told(client, "POST", "/leads", LEAD | {"source": "partner"}, expect=202)
        await told(client, "POST", "/leads", LEAD, expect=403)
        await told(client, "GET", f"/submissions/{ours['submission_id']}")
        await told(client, "GET", f"/submissions/{lead['submission_id']}", expect=404)
        await told(client, "GET", "/leads", expect=403)
        await told(client, "GET", f"/leads/{lead['_id']}", expect=403)
        await told(client, "PATCH", "/reps/ana", {"available": False}, expect=403)


async def test_nobody_comes_in_without_proof_of_who_they_are(database_of: DatabaseOf) -> None:
    db = await database_of("leads")
    async with api_client(service, db, signed_in=False) as client:
        for method, path in (("POST", "/leads"), ("GET", "/leads"), ("POST", "/imports"), ("GET", "/reps"), ("POST", "/engagements")):
            await told(client, method, path, {}, expect=401)


async def test_a_lead_shows_its_score_and_what_each_criterion_said(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"phone": "call me"}))
    async with admin(db) as client:
        lead = await told(client, "GET", f"/leads/{(await the_lead(db))['_id']}")
    said_so = {reason["criterion"]: reason["passed"] for reason in lead["reasons"]}
    assert said_so["budget"] is True
    assert said_so["phone"] is False
    assert lead["score"] == sum(reason["points"] for reason in lead["reasons"] if reason["passed"])
    assert lead["corrections"] == [{"field": "person.phone", "was": "call me", "now": None}]


async def test_a_lead_is_found_by_what_it_is_called_where_it_comes_from_registered_or_not(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    told_twice = submission(source="web", external_id="7|a")
    await carried(db, told_twice, submission(source="web", external_id="7"), submission(source="nowhere", external_id="7"))
    await carried(db, submission(source="web-shop", external_id="8", person={"email": told_twice.person.email}))
    async with admin(db) as client, rep(db, "nobody") as stranger:

        async def found(query: str, client: Any = client) -> list[str]:
            return sorted(lead["external_id"] for lead in (await told(client, "GET", f"/leads?{query}"))["items"])

        assert await found("external_id=7") == ["7", "7"]
        assert await found("external_id=7&source=unknown") == ["7"]
        assert await found("external_id=7%7Ca") == await found("external_id=8") == ["7|a"]
        assert await found(f"external_id=8&q={told_twice.person.email}") == ["7|a"]
        assert await found("external_id=8&q=nobody") == await found("external_id=a") == await found("external_id=7", stranger) == []


async def test_leads_are_listed_filtered_sorted_and_searched(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "zoe@zebra.example", "last_name": "Zander"}, company={"name": "Zebra AG"}))
    await carried(db, *(submission(source="partner") for _ in range(4)), bare(person={"email": "weak@x.example"}))
    async with admin(db) as client:

        async def listed(query: str) -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = (await told(client, "GET", f"/leads?{query}"))["items"]
            return items

        assert len(await listed("")) == 6
        assert len(await listed("status=qualified&source=partner")) == 4
        assert [lead["person"]["email"] for lead in await listed("status=disqualified")] == ["weak@x.example"]
        for query in ("q=zoe@", "q=ZEBRA", "q=Zebra%20AG"):
            assert [lead["person"]["last_name"] for lead in await listed(query)] == ["Zander"], query
        assert await listed("q=nobody") == []
        times = [lead["updated_at"] for lead in await listed("sort=updated_at")]
        assert times == sorted(times)
        first = await told(client, "GET", "/leads?limit=4")
        second = await told(client, "GET", f"/leads?limit=4&cursor={first['next']}")
        assert [lead["id"] for lead in first["items"] + second["items"]] == [lead["_id"] for lead in reversed(await leads_of(db))]
        assert second["next"] is None
        await told(client, "GET", "/leads?shoe_size=3", expect=422)
        await told(client, "GET", "/leads?status=qualified&status=disqualified", expect=422)


async def test_leads_are_summed_up_by_status_source_and_owner(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission(source="partner") for _ in range(3)), bare(person={"email": "weak@x.example"}))
    async with admin(db) as client:
        summary = await told(client, "GET", "/leads/summary")
    assert summary == {
        "leads": 4,
        "by_status": {"qualified": 3, "disqualified": 1},
        "by_source": {"partner": 3, "web": 1},
        "by_owner": {"": 1, "ana": 1, "bruno": 1, "chloe": 1},
    }


async def test_an_engagement_is_kept_with_the_lead_that_it_is_of(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "ana@acme.example"}))
    async with admin(db) as client:
        body = {"email": "Ana@Acme.example", "kind": "call", "occurred_at": "2026-03-02T10:00:00Z"}
        await told(client, "POST", "/engagements", body, expect=202)
        await told(client, "POST", "/engagements", body | {"email": "who@x.example"}, expect=202)
        await told(client, "POST", "/engagements", body | {"occurred_at": "2026-03-02T10:00:00"}, expect=422)
    engagements = of(EngagementRecorded, await said(db))
    await hear(service, db, *engagements)
    rows = await db.collection("engagements").find().to_list(None)
    lead = await the_lead(db)
    assert sorted((row["lead_id"] for row in rows), key=str) == [lead["_id"], None]
    assert lead["last_engaged_at"].isoformat() == "2026-03-02T10:00:00+00:00"


async def test_what_becomes_of_the_sale_is_seen_at_the_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    lead = await the_lead(db)
    opened = OpportunityOpened(
        opportunity_id="o1", version=1, lead_id=lead["_id"], name="x", pipeline="p", stage="s", opened_at=lead["created_at"]
    )
    await hear(service, db, opened, OpportunityOpened(**opened.model_dump(exclude={"lead_id"}), lead_id="nobody"))
    assert (await _shown(db))[:2] == ("converted", "o1")
    times = {"closed_at": lead["created_at"], "cycle_seconds": 1, "effort_seconds": 1}
    won = DealClosed(opportunity_id="o1", version=5, lead_id=lead["_id"], outcome="won", reason="price", **times)
    await hear(service, db, won)
    await hear(service, db, DealClosed(opportunity_id="o1", version=4, lead_id=lead["_id"], outcome="lost", reason="late", **times))
    assert await _shown(db) == ("won", "o1", 5)


async def _shown(db: Database) -> tuple[str, str, int]:
    async with admin(db) as client:
        lead = await told(client, "GET", f"/leads/{(await the_lead(db))['_id']}")
    return lead["outcome"], lead["opportunity_id"], lead["version"]


async def test_a_second_criteria_set_judges_from_its_activation_on(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    everybody = {"name": "anybody", "text": "is anybody", "expression": "true", "points": 77}
    async with admin(db) as client:
        drafted = await client.post("/criteria", json={"criteria": [everybody]})
        assert (drafted.status_code, drafted.headers["location"]) == (201, "/criteria/2")
        (before,) = [event for event in await heard(db, submission()) if event.topic == "lead.qualified"]
        await told(client, "POST", "/criteria/2/activate")
        await told(client, "POST", "/criteria/2/activate", expect=409)
        (after,) = [event for event in await heard(db, bare(person={"email": "x@x.example"})) if event.topic == "lead.qualified"]
        assert [(one["version"], one["status"]) for one in (await told(client, "GET", "/criteria"))["items"]] == [
            (2, "active"),
            (1, "retired"),
        ]
        assert (await told(client, "GET", "/criteria/1"))["status"] == "retired"
        await told(client, "GET", "/criteria/9", expect=404)
    assert (before.criteria_version, after.criteria_version, after.score, after.grade) == (1, 2, 77, "A4")


async def test_a_draft_that_does_not_compile_is_refused_with_rule_and_place(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        wrong = {"name": "x", "text": "x", "expression": "1 +"}
        problem = await told(client, "POST", "/criteria", {"criteria": [wrong]}, expect=422)
        assert (problem["violations"][0]["field"], problem["violations"][0]["rule"]) == ("criteria.0.expression", "cel_syntax")
        unknown_team = {"name": "x", "text": "x", "expression": "true", "team_id": "nowhere"}
        await told(client, "POST", "/routing", {"rules": [unknown_team]}, expect=422)
        await told(client, "POST", "/criteria", {"criteria": [wrong, wrong]}, expect=422)
    assert await said(db) == []


async def test_another_routing_sends_leads_elsewhere_with_its_own_deadline(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    rule = {"name": "all", "text": "all go there", "expression": "score > 10", "team_id": "world", "respond_within_seconds": 60}
    async with admin(db) as client:
        await told(client, "POST", "/routing", {"rules": [rule]}, expect=201)
        await told(client, "POST", "/routing/2/activate")
    (assigned,) = [event for event in await carried(db, submission()) if event.topic == "lead.assigned"]
    assert (assigned.team_id, assigned.rule) == ("world", "all")
    assert (assigned.respond_by - assigned.envelope.time).total_seconds() == 60


async def test_teams_and_reps_are_kept_with_versions_and_history(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        team = await told(client, "POST", "/teams", {"id": "apac", "name": "Asia"}, expect=201)
        assert team["version"] == 1
        await told(client, "PATCH", "/teams/apac", {"name": "Asia and Pacific"}, headers={"if-match": '"1"'})
        await told(client, "PATCH", "/teams/apac", {"name": "Pacific"}, headers={"if-match": '"1"'}, expect=412)
        await told(client, "POST", "/reps", {"id": "gus", "name": "Gus", "email": "g@x.example", "team_id": "nowhere"}, expect=422)
        await told(client, "POST", "/reps", {"id": "gus", "name": "Gus", "email": "g@x.example", "team_id": "apac"}, expect=201)
        moved = await told(client, "PATCH", "/reps/gus", {"team_id": "world"})
        same = await told(client, "PATCH", "/reps/gus", {"team_id": "world"})
        history = (await told(client, "GET", "/reps/gus/history"))["items"]
        listed = (await told(client, "GET", "/reps?team_id=world"))["items"]
    assert (moved["version"], same["version"]) == (2, 2)
    assert [(row["what"], row["after"].get("team_id")) for row in history] == [("changed", "world"), ("added", "apac")]
    assert [one["id"] for one in listed] == ["devi", "emeka", "fay", "gus"]


async def test_a_fresh_installation_is_set_up_once_however_many_processes_start(database_of: DatabaseOf) -> None:
    db = await database_of("leads")
    await asyncio.gather(*(service.prepare(db) for _ in range(4)))
    await service.prepare(db)
    events = await said(db)
    assert len(events) == await db.collection("reps").count_documents({}) == 6
    assert await db.collection("criteria").count_documents({}) == await db.collection("routing").count_documents({}) == 1
