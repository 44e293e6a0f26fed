"""Leads are dealt out fairly, waited for, and taken back from who does not respond."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from services.leads.main import service
from services.leads.service.distribution import dealing as distribution
from shared.database import Database, utcnow
from shared.events import LeadAssigned, LeadCaptured, LeadQualified, LeadResponseOverdue, LeadRouted, RepChanged
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, carried, fresh, heard, leads_of, of, submission, the_lead, told

LATER = timedelta(hours=4, minutes=1)
EUROPEANS = {"ana", "bruno", "chloe"}


async def test_round_robin_is_exact(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    for _ in range(4):
        await carried(db, *(submission() for _ in range(25)))
    dealt = Counter(lead["owner_id"] for lead in await leads_of(db))
    assert dealt.keys() == EUROPEANS
    assert max(dealt.values()) - min(dealt.values()) <= 1


async def test_round_robin_is_exact_over_several_workers_at_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    routed = [
        event
        for number in range(8)
        for event in await heard(db, *(submission() for _ in range(10 + number)))
        if isinstance(event, LeadRouted)
    ]
    await asyncio.gather(*(hear(service, db, event) for event in routed))
    assigned = of(LeadAssigned, await said(db))
    dealt = Counter(event.owner_id for event in assigned)
    assert len(assigned) == len({event.lead_id for event in assigned}) == 108
    assert max(dealt.values()) - min(dealt.values()) <= 1


async def test_a_lead_that_is_routed_twice_is_assigned_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    (routed,) = of(LeadRouted, await heard(db, submission()))
    await hear(service, db, routed)
    await hear(service, db, LeadRouted(**routed.model_dump()))
    assert len(of(LeadAssigned, await said(db))) == 1


async def test_leads_go_to_the_team_of_the_first_rule_that_holds(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    assigned = of(LeadAssigned, await carried(db, submission(company={"country": "SE"}), submission(company={"country": "BR"})))
    assert {(event.team_id, event.rule) for event in assigned} == {("europe", "europe"), ("world", "everyone-else")}


async def test_more_than_one_transaction_can_take_goes_round_again(database_of: DatabaseOf, monkeypatch: Any) -> None:
    monkeypatch.setattr(distribution, "MOST_AT_ONCE", 10)
    db = await fresh(database_of)
    routed = [event for _ in range(5) for event in of(LeadRouted, await heard(db, *(submission() for _ in range(6))))]
    await hear(service, db, *routed)
    events = await said(db)
    assert (len(of(LeadAssigned, events)), len(of(LeadRouted, events))) == (12, 3)
    assert len(of(LeadAssigned, await _until_quiet(db, events))) == 18


async def test_a_rep_on_leave_gets_nothing_and_is_not_flooded_on_return(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/ana", {"available": False})
        away = Counter(event.owner_id for event in of(LeadAssigned, await carried(db, *(submission() for _ in range(20)))))
        await told(client, "PATCH", "/reps/ana", {"available": True})
    back = Counter(event.owner_id for event in of(LeadAssigned, await carried(db, *(submission() for _ in range(9)))))
    assert away == {"bruno": 10, "chloe": 10}
    assert back == {"ana": 3, "bruno": 3, "chloe": 3}


async def test_leads_wait_while_nobody_is_there_and_are_dealt_out_when_somebody_comes(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        for name in EUROPEANS:
            await told(client, "PATCH", f"/reps/{name}", {"available": False})
        await pass_time(service, db, utcnow())
        assert of(LeadAssigned, await carried(db, submission(), submission())) == []
        waiting = (await told(client, "GET", "/leads?owner_id=&status=qualified&team_id=europe"))["items"]
        assert len(waiting) == 2
        await told(client, "PATCH", "/reps/chloe", {"available": True})
    await pass_time(service, db, utcnow())
    assert [event.owner_id for event in of(LeadAssigned, await said(db))] == ["chloe", "chloe"]
    assert await db.collection("claim_queue").count_documents({}) == 0


async def test_a_change_of_a_rep_is_told_to_everybody(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "PATCH", "/reps/ana", {"available": False})
        await told(client, "POST", "/reps", {"id": "gus", "name": "Gus", "email": "gus@x.example", "team_id": "world"}, expect=201)
    changed, joined = of(RepChanged, await said(db))
    assert (changed.rep_id, changed.version, changed.available) == ("ana", 2, False)
    assert (joined.rep_id, joined.version, joined.team_id) == ("gus", 1, "world")


async def test_who_does_not_respond_loses_the_lead_to_another_of_the_team(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    (first,) = of(LeadAssigned, await carried(db, submission()))
    assert first.respond_by - first.envelope.time == timedelta(hours=4)
    await pass_time(service, db, utcnow() + LATER)
    overdue, routed = await said(db)
    assert (overdue.owner_id, overdue.version) == (first.owner_id, 4)
    (second,) = of(LeadAssigned, await carried(db, routed))
    assert (second.previous_owner_id, second.version) == (first.owner_id, 5)
    assert second.owner_id != first.owner_id


async def test_who_responded_in_time_keeps_the_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    lead = await the_lead(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/contact", {"channel": "call"})
    await said(db)
    assert await pass_time(service, db, utcnow() + LATER) == 1
    assert await said(db) == []


async def test_a_lead_that_nobody_responds_to_goes_round_three_times_and_then_stays(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    overdue: list[Any] = []
    for _ in range(6):
        await pass_time(service, db, utcnow() + LATER)
        events = await said(db)
        overdue += of(LeadResponseOverdue, events)
        await carried(db, *of(LeadRouted, events))
    lead = await the_lead(db)
    assert len(overdue) == 4
    assert (lead["reroutes"], lead["owner_id"]) == (3, overdue[-1].owner_id)


async def test_leads_that_were_dealt_out_together_come_due_each_by_itself(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission() for _ in range(45)))
    kept = (await leads_of(db))[7]
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{kept['_id']}/contact", {})
    await said(db)
    await pass_time(service, db, utcnow() + LATER)
    assert len(of(LeadResponseOverdue, await said(db))) == 44


async def test_a_lead_that_only_its_old_owner_could_take_goes_back_to_them(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        for name in ("ana", "bruno"):
            await told(client, "PATCH", f"/reps/{name}", {"active": False})
    await carried(db, submission())
    await pass_time(service, db, utcnow() + LATER)
    (assigned,) = of(LeadAssigned, await carried(db, *of(LeadRouted, await said(db))))
    assert (assigned.owner_id, assigned.previous_owner_id) == ("chloe", "chloe")


async def test_a_thousand_leads_of_two_ingest_workers_are_each_captured_and_assigned_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    halves = [[submission() for _ in range(500)] for _ in range(2)]
    await asyncio.gather(*(hear(service, db, *half) for half in halves))
    events = await _until_quiet(db, await said(db))
    dealt = Counter(event.owner_id for event in of(LeadAssigned, events))
    assert len({event.lead_id for event in of(LeadAssigned, events)}) == sum(dealt.values()) == len(await leads_of(db)) == 1000
    assert max(dealt.values()) - min(dealt.values()) <= 1
    assert not of(LeadCaptured, events)
    assert not of(LeadQualified, events)


async def _until_quiet(db: Database, events: list[Any]) -> list[Any]:
    return await carried(db, *of(LeadRouted, events))
