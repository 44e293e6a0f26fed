"""All the leads of who leaves go to others, in steps that may be interrupted."""

from collections import Counter
from typing import Any

from services.leads.service import hand_over
from services.leads.service.distribution import handovers
from shared.database import Database
from shared.events import LeadAssigned, LeadRouted, RepChanged
from tests.conftest import DatabaseOf
from tests.road import said
from tests.services.leads.builders import admin, carried, fresh, leads_of, of, submission, told

LEAVES = {"reason": "left", "leaves": True}


async def dealt_to_ana(db: Database, count: int) -> list[dict[str, Any]]:
    async with admin(db) as client:
        for name in ("bruno", "chloe"):
            await told(client, "PATCH", f"/reps/{name}", {"available": False})
        await carried(db, *(submission() for _ in range(count)))
        for name in ("bruno", "chloe"):
            await told(client, "PATCH", f"/reps/{name}", {"available": True})
    await said(db)
    return await leads_of(db)


async def until_done(db: Database) -> list[Any]:
    while await hand_over(db):
        pass
    events = await said(db)
    return [*events, *await carried(db, *of(LeadRouted, events))]


async def test_the_leads_of_who_leaves_are_dealt_out_to_the_team(database_of: DatabaseOf, monkeypatch: Any) -> None:
    monkeypatch.setattr(handovers, "LEADS_PER_STEP", 7)
    db = await fresh(database_of)
    leads = await dealt_to_ana(db, 20)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{leads[0]['_id']}/contact", {})
        await told(client, "POST", f"/leads/{leads[1]['_id']}/disqualify", {"reason": "no"})
        begun = await told(client, "POST", "/reps/ana/handover", LEAVES, expect=202)
        await told(client, "POST", "/reps/ana/handover", LEAVES, expect=409)
        await hand_over(db)
        under_way = await told(client, "GET", f"/handovers/{begun['id']}")
        events = await until_done(db)
        done = await told(client, "GET", f"/handovers/{begun['id']}")
        listed = await told(client, "GET", "/handovers?rep_id=ana")
    assert (begun["status"], begun["total"], under_way["status"], under_way["moved"]) == ("waiting", 20, "running", 6)
    assert (done["status"], done["moved"], len(listed["items"])) == ("done", 19, 1)
    assert of(RepChanged, events)[0].active is False
    dealt = Counter(event.owner_id for event in of(LeadAssigned, events))
    assert sorted(dealt.values()) == [9, 10]
    assert dealt.keys() == {"bruno", "chloe"}
    assert {event.previous_owner_id for event in of(LeadAssigned, events)} == {"ana"}
    assert "handed over by ana: left" in of(LeadAssigned, events)[0].reason
    assert Counter(lead["owner_id"] for lead in await leads_of(db))["ana"] == 1


async def test_leads_are_handed_over_to_one_rep_of_another_team(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    leads = await dealt_to_ana(db, 5)
    async with admin(db) as client:
        await told(client, "POST", "/reps/ana/handover", {"to": "fay", "reason": "on a long leave"}, expect=202)
        events = await until_done(db)
        history = (await told(client, "GET", f"/leads/{leads[0]['_id']}/history"))["items"]
    assigned = of(LeadAssigned, events)
    assert {(event.owner_id, event.team_id, event.rule) for event in assigned} == {("fay", "world", "handover")}
    assert {lead["owner_id"] for lead in await leads_of(db)} == {"fay"}
    assert (history[0]["what"], history[0]["before"], history[0]["why"]) == ("assigned", {"owner_id": "ana"}, "on a long leave")


async def test_leads_go_to_an_active_rep_who_is_somebody_else(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        for to in ("ana", "nobody"):
            refused = await told(client, "POST", "/reps/ana/handover", {"to": to, "reason": "x"}, expect=422)
            assert refused["violations"][0]["field"] == "to"
        await told(client, "POST", "/reps/nobody/handover", {"reason": "x"}, expect=404)
        await told(client, "GET", "/handovers/none", expect=404)


async def test_a_step_that_is_taken_by_two_at_once_moves_each_lead_once(database_of: DatabaseOf) -> None:
    import asyncio

    db = await fresh(database_of)
    await dealt_to_ana(db, 30)
    async with admin(db) as client:
        await told(client, "POST", "/reps/ana/handover", {"to": "bruno", "reason": "left"}, expect=202)
    await asyncio.gather(*(hand_over(db) for _ in range(4)))
    assigned = of(LeadAssigned, await until_done(db))
    assert len(assigned) == len({event.lead_id for event in assigned}) == 30
