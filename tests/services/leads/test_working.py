"""What people do with leads."""

import asyncio
from datetime import timedelta
from typing import Any

from services.leads.main import service
from shared.database import Database, utcnow
from shared.events import LeadAssigned, LeadContacted, LeadDisqualified, LeadMerged, LeadQualified, LeadResponseOverdue, LeadRouted
from tests.conftest import DatabaseOf
from tests.road import api_client, pass_time, said
from tests.services.leads.builders import admin, bare, carried, fresh, heard, leads_of, of, rep, submission, the_lead, told


async def an_assigned_lead(db: Database, **fields: Any) -> dict[str, Any]:
    await carried(db, submission(**fields))
    return (await leads_of(db))[-1]


async def an_unclaimed_lead(db: Database) -> dict[str, Any]:
    """Routed to Europe, where nobody is there to take it."""
    async with admin(db) as client:
        for name in ("ana", "bruno", "chloe"):
            await told(client, "PATCH", f"/reps/{name}", {"available": False})
    await carried(db, submission())
    return await the_lead(db)


async def test_of_many_who_claim_at_once_one_gets_the_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_unclaimed_lead(db)
    clients = [rep(db, f"rep{number}", "europe") for number in range(20)]
    answers = await asyncio.gather(*(client.post(f"/leads/{lead['_id']}/claim") for client in clients))
    for client in clients:
        await client.aclose()
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    (assigned,) = of(LeadAssigned, await said(db))
    assert (assigned.rule, assigned.owner_id, assigned.version) == ("claim", (await the_lead(db))["owner_id"], 3)


async def test_a_claimed_lead_is_to_be_answered_in_time_too(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_unclaimed_lead(db)
    async with rep(db, "ana", "europe") as ana:
        await told(ana, "POST", f"/leads/{lead['_id']}/claim")
    await said(db)
    await pass_time(service, db, utcnow() + timedelta(hours=5))
    (overdue,) = of(LeadResponseOverdue, await said(db))
    assert overdue.owner_id == "ana"


async def test_contacting_a_lead_tells_how_long_it_took(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    at = (lead["assigned_at"] + timedelta(seconds=0.001)).isoformat()
    async with rep(db, lead["owner_id"], "europe") as owner:
        shown = await told(owner, "POST", f"/leads/{lead['_id']}/contact", {"channel": "call", "contacted_at": at})
        await told(owner, "POST", f"/leads/{lead['_id']}/contact", {}, expect=409)
    (contacted,) = of(LeadContacted, await said(db))
    assert (contacted.owner_id, contacted.channel, contacted.response_seconds) == (lead["owner_id"], "call", 0.001)
    assert (shown["status"], shown["version"]) == ("contacted", contacted.version) == ("contacted", 4)


async def test_nobody_was_contacted_before_there_were_telephones(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    async with rep(db, lead["owner_id"], "europe") as owner:
        problem = await told(owner, "POST", f"/leads/{lead['_id']}/contact", {"contacted_at": "1800-01-01T00:00:00Z"}, expect=422)
    assert [one["field"] for one in problem["violations"]] == ["contacted_at"]


async def test_only_its_owner_contacts_a_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    async with rep(db, "somebody", "europe") as other:
        await told(other, "POST", f"/leads/{lead['_id']}/contact", {}, expect=403)


async def test_a_person_may_qualify_what_the_criteria_did_not(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "ana@acme.example"}, company={"country": "DE"}))
    lead = await the_lead(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/qualify", {"reason": "met her at the fair"})
        await told(client, "POST", f"/leads/{lead['_id']}/qualify", {"reason": "again"}, expect=409)
    qualified, routed = sorted(await said(db), key=lambda event: event.topic)
    assert isinstance(qualified, LeadQualified)
    assert (qualified.version, qualified.reasons[0].criterion, qualified.reasons[0].detail) == (3, "by-hand", "met her at the fair")
    (assigned,) = await carried(db, routed)
    assert (assigned.team_id, assigned.version) == ("europe", 4)


async def test_who_has_a_lead_that_is_good_again_is_to_answer_in_time_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/disqualify", {"reason": "no budget"})
        await pass_time(service, db, utcnow() + timedelta(hours=5))
        await told(client, "POST", f"/leads/{lead['_id']}/qualify", {"reason": "found some"})
    await said(db)
    assert (await the_lead(db))["respond_by"] > lead["respond_by"]
    await pass_time(service, db, utcnow() + timedelta(hours=5))
    (overdue,) = of(LeadResponseOverdue, await said(db))
    assert overdue.owner_id == lead["owner_id"]


async def test_a_lead_that_is_good_again_goes_to_others_once_its_owner_has_left(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/disqualify", {"reason": "no budget"})
        await told(client, "PATCH", f"/reps/{lead['owner_id']}", {"active": False})
        await told(client, "POST", f"/leads/{lead['_id']}/qualify", {"reason": "found some"})
    (assigned,) = of(LeadAssigned, await carried(db, *of(LeadRouted, await said(db))))
    assert assigned.owner_id not in (lead["owner_id"], None)


async def test_what_a_person_disqualified_stays_so_when_more_is_submitted(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db, person={"email": "ana@acme.example"})
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/disqualify", {"reason": "a competitor"})
    (disqualified,) = await said(db)
    assert isinstance(disqualified, LeadDisqualified)
    assert disqualified.reason == "a competitor"
    (merged,) = await heard(db, submission(person={"email": "ana@acme.example"}, interest={"budget": "99999"}))
    assert isinstance(merged, LeadMerged)
    assert (await the_lead(db))["status"] == "disqualified"


async def test_a_lead_is_assigned_by_hand_to_an_active_rep_only(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/assign", {"owner_id": "nobody"}, expect=422)
        await told(client, "POST", f"/leads/{lead['_id']}/assign", {"owner_id": "fay", "reason": "speaks Malay"})
    (assigned,) = of(LeadAssigned, await said(db))
    assert (assigned.owner_id, assigned.team_id, assigned.previous_owner_id) == ("fay", "world", lead["owner_id"])


async def test_two_leads_become_one_by_hand_and_are_found_by_all_they_were_known_by(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "ana@x.example", "title": "CEO"}, interest={"product": "pumps"}))
    await heard(db, bare(person={"phone": "+491713920090", "title": "Boss"}, interest={"product": "valves"}))
    kept, other = await leads_of(db)
    async with admin(db) as client:
        shown = await told(client, "POST", f"/leads/{kept['_id']}/merge", {"lead_id": other["_id"]})
        gone = await told(client, "GET", f"/leads/{other['_id']}")
        await told(client, "POST", f"/leads/{kept['_id']}/merge", {"lead_id": other["_id"]}, expect=409)
        await told(client, "POST", f"/leads/{kept['_id']}/merge", {"lead_id": kept["_id"]}, expect=422)
    (merged,) = of(LeadMerged, await said(db))
    assert (merged.lead_id, merged.merged_lead_id, merged.version) == (kept["_id"], other["_id"], 3)
    assert (shown["person"]["title"], shown["person"]["phone"], shown["interest"]["product"]) == ("CEO", "+491713920090", "valves")
    assert (gone["status"], gone["merged_into"]) == ("merged", kept["_id"])
    (again, *_) = await heard(db, bare(person={"phone": "+491713920090"}))
    assert again.lead_id == kept["_id"]


async def test_two_leads_that_are_good_enough_together_qualify_together(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "ana@acme.example", "title": "CEO"}, interest={"product": "pumps"}))
    await heard(db, bare(person={"phone": "+491713920090"}, interest={"budget": "90000"}, consent={"marketing": True}))
    one, other = await leads_of(db)
    assert {one["status"], other["status"]} == {"disqualified"}
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{one['_id']}/merge", {"lead_id": other["_id"]})
    events = await said(db)
    assert len(of(LeadQualified, events)) == len(of(LeadRouted, events)) == 1


async def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    path, stale = f"/leads/{lead['_id']}", {"headers": {"if-match": '"2"'}}
    async with admin(db) as client:
        answer = await client.get(path)
        assert answer.headers["etag"] == '"3"'
        await told(client, "POST", f"{path}/disqualify", {"reason": "no"}, expect=412, **stale)
        await told(client, "POST", f"{path}/disqualify", {"reason": "no"}, headers={"if-match": '"3"'})


async def test_a_command_sent_twice_under_one_key_is_carried_out_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db)
    async with admin(db) as client:
        for _ in range(2):
            await told(client, "POST", f"/leads/{lead['_id']}/contact", {}, headers={"idempotency-key": "k1"})
    assert len(of(LeadContacted, await said(db))) == 1


async def test_a_rep_sees_their_own_leads_and_their_teams_and_no_others(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission() for _ in range(3)), submission(company={"country": "BR"}))
    ours, theirs = [lead for lead in await leads_of(db) if lead["team_id"] == "europe"], "world"
    async with (
        rep(db, "ana") as alone,
        rep(db, "ana", "europe") as in_a_team,
        api_client(service, db, roles=("manager",), teams=("*",)) as boss,
    ):
        assert {lead["owner_id"] for lead in (await told(alone, "GET", "/leads"))["items"]} == {"ana"}
        assert {lead["id"] for lead in (await told(in_a_team, "GET", "/leads"))["items"]} == {lead["_id"] for lead in ours}
        assert len((await told(boss, "GET", "/leads"))["items"]) == 4
        (foreign,) = (await told(boss, "GET", f"/leads?team_id={theirs}"))["items"]
        await told(in_a_team, "GET", f"/leads/{foreign['id']}", expect=404)
        await told(in_a_team, "GET", f"/leads/{foreign['id']}/history", expect=404)
        await told(in_a_team, "POST", f"/leads/{foreign['id']}/disqualify", {"reason": "mine"}, expect=404)


async def test_every_change_of_a_lead_is_in_its_history(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await an_assigned_lead(db, person={"email": "ana@acme.example"})
    await heard(db, submission(person={"email": "ana@acme.example"}, interest={"product": "valves"}))
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/contact", {"channel": "call"})
        rows = (await told(client, "GET", f"/leads/{lead['_id']}/history?sort=version"))["items"]
    assert [(row["version"], row["what"]) for row in rows] == [(2, "captured"), (3, "assigned"), (4, "merged"), (5, "contacted")]
    assert rows[0]["after"]["steps"] == ["captured", "qualified", "routed"]
    assert (rows[2]["before"]["interest.product"], rows[2]["after"]["interest.product"]) == ("pumps", "valves")
    assert [row["by"] for row in rows] == ["lead.submitted", "lead.routed", "lead.submitted", "user:ana"]
