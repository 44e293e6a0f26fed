"""Criteria are tried on the leads that there are, come into force, and are taken back."""

from typing import Any

from services.leads.service import rejudge_leads
from shared.database import Database
from shared.events import LeadDisqualified, LeadQualified
from tests.conftest import DatabaseOf
from tests.road import said
from tests.services.leads.builders import admin, bare, carried, fresh, heard, leads_of, of, rep, submission, told

EASY = {"criteria": [{"name": "email", "text": "has an address", "expression": "person.email != ''", "points": 50}]}
FAILING = {
    "threshold": 0,
    "criteria": [{"name": "tier", "text": "is gold", "expression": "attributes.tier == 'gold'", "points": 50}],
}


async def a_few_leads(db: Database) -> None:
    """Three that qualify, two that don't, one that a person ruled out."""
    await carried(db, *(submission() for _ in range(3)), *(bare(person={"email": f"p{number}@x.example"}) for number in range(3)))
    async with admin(db) as client:
        last = (await leads_of(db))[-1]
        await db.collection("leads").update_one({"_id": last["_id"]}, {"$set": {"by_hand": "a competitor"}})
        await told(client, "POST", "/criteria", EASY, expect=201)


async def test_a_simulation_tells_who_would_change_and_writes_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await a_few_leads(db)
    before = await leads_of(db)
    async with admin(db) as client:
        simulated = await told(client, "POST", "/criteria/2/simulate")
    assert (simulated["leads"], simulated["qualified"], simulated["regraded"], simulated["unchanged"]) == (6, 2, 3, 1)
    assert (simulated["grades_before"], simulated["grades"]) == ({"A4": 3, "D4": 3}, {"C4": 6})
    assert {change["step"] for change in simulated["changes"]} == {"qualified", "regraded"}
    assert simulated["next"] is None
    assert await leads_of(db) == before
    assert await said(db) == []


async def test_a_simulation_goes_on_where_it_ended(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await a_few_leads(db)
    seen: list[str] = []
    where: str | None = None
    async with admin(db) as client:
        for _ in range(3):
            part = await told(client, "POST", "/criteria/2/simulate", {"leads": 2, "before": where})
            seen, where = seen + [change["lead_id"] for change in part["changes"]], part["next"]
        end = await told(client, "POST", "/criteria/2/simulate", {"leads": 2, "before": where})
        await told(client, "POST", "/criteria/2/simulate", {"leads": 0}, expect=422)
        await told(client, "POST", "/criteria/7/simulate", expect=404)
    assert (len(set(seen)), end["leads"], end["next"]) == (5, 0, None)


async def test_what_was_simulated_comes_true_when_it_is_activated(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await a_few_leads(db)
    async with admin(db) as client:
        simulated = await told(client, "POST", "/criteria/2/simulate")
        await told(client, "POST", "/criteria/2/activate", {"rejudge": True})
        while await rejudge_leads(db):
            pass
        progress = (await told(client, "GET", "/criteria/2"))["rejudging"]
    qualified = of(LeadQualified, await said(db))
    assert progress == {**{name: simulated[name] for name in ("leads", "qualified", "disqualified", "regraded")}, "done": True}
    said_of = {event.lead_id: "regraded" if event.previous_grade else "qualified" for event in qualified}
    assert said_of == {change["lead_id"]: change["step"] for change in simulated["changes"]}
    leads = {lead["_id"]: lead for lead in await leads_of(db)}
    assert all(leads[change["lead_id"]]["grade"] == change["grade"] for change in simulated["changes"])


async def test_without_being_asked_leads_that_were_judged_keep_their_verdict(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await a_few_leads(db)
    async with admin(db) as client:
        await told(client, "POST", "/criteria/2/activate")
        assert (await told(client, "GET", "/criteria/2"))["rejudging"] is None
    assert await rejudge_leads(db) == 0
    assert {lead["criteria_version"] for lead in await leads_of(db)} == {1}


async def test_criteria_that_are_taken_back_before_all_leads_were_judged_judge_no_more(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await a_few_leads(db)
    async with admin(db) as client:
        await told(client, "POST", "/criteria/2/activate", {"rejudge": True})
        back = await told(client, "POST", "/criteria/rollback")
        assert (back["version"], back["status"]) == (1, "active")
        await rejudge_leads(db)
        assert (await told(client, "GET", "/criteria/2"))["rejudging"] == {
            "leads": 0,
            "qualified": 0,
            "disqualified": 0,
            "regraded": 0,
            "done": True,
        }
        assert (await told(client, "POST", "/criteria/rollback"))["version"] == 2
    assert {lead["criteria_version"] for lead in await leads_of(db)} == {1}


async def test_there_is_nothing_to_go_back_to_from_the_first_version(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client, rep(db) as ana:
        for noun in ("criteria", "routing", "models"):
            await told(client, "POST", f"/{noun}/rollback", expect=409)
            await told(ana, "POST", f"/{noun}/rollback", expect=403)
        await told(ana, "POST", "/criteria/1/simulate", expect=403)


async def test_a_criterion_that_cannot_be_told_of_some_leads_is_counted(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "POST", "/criteria", FAILING, expect=201)
        await told(client, "POST", "/criteria/2/activate")
        await heard(db, *(submission() for _ in range(3)), submission(attributes={"tier": "gold"}))
        await heard(db, submission())
        shown = await told(client, "GET", "/criteria/2")
        simulated = await told(client, "POST", "/criteria/2/simulate")
        assert (await told(client, "GET", "/criteria/1"))["failures"] == []
    (failure,) = shown["failures"]
    last = (await leads_of(db))[-1]
    assert (failure["criterion"], failure["count"], failure["reason"], failure["lead_id"]) == ("tier", 4, "'tier' is missing", last["_id"])
    assert (simulated["failures"][0]["criterion"], simulated["failures"][0]["count"]) == ("tier", 4)


async def test_a_lead_that_nobody_took_on_is_given_up_when_other_criteria_say_so(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, submission())
    nobody: dict[str, Any] = {"criteria": [{"name": "nobody", "text": "is nobody", "expression": "false", "gate": True}]}
    async with admin(db) as client:
        await told(client, "POST", "/criteria", nobody, expect=201)
        await told(client, "POST", "/criteria/2/activate", {"rejudge": True})
    await rejudge_leads(db)
    (disqualified,) = await said(db)
    assert isinstance(disqualified, LeadDisqualified)
    assert disqualified.reason == "not so: is nobody"
