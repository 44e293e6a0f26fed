"""Leads go to those who are there and can take them, and wait for the very moment at which somebody can."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from services.leads.main import service
from services.leads.service import current_policy
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import DealClosed, LeadAssigned, LeadRouted
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, carried, fresh, heard, leads_of, of, rep, submission, told
from tests.services.leads.clock import at, pass_time_until

OFFICE = {"zone": "Europe/Berlin", "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}, "holidays": "DE"}
MONDAY_NOON, MONDAY_NIGHT = datetime(2026, 3, 2, 11, tzinfo=UTC), datetime(2026, 3, 2, 22, tzinfo=UTC)
TUESDAY_OPENING = datetime(2026, 3, 3, 8, tzinfo=UTC)


async def change_reps(db: Database, **reps: dict[str, Any]) -> None:
    async with admin(db) as client:
        for rep_id, fields in reps.items():
            await told(client, "PATCH", f"/reps/{rep_id}", fields)
    await pass_time(service, db, utcnow())
    await said(db)


async def only_ana(db: Database, **fields: Any) -> None:
    await change_reps(db, bruno={"active": False}, chloe={"active": False}, ana=fields)


async def owners(db: Database) -> list[str]:
    return [event.owner_id for event in of(LeadAssigned, await said(db))]


async def test_at_night_leads_wait_for_the_very_moment_at_which_work_begins(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    with at(MONDAY_NOON):
        await change_reps(db, ana={"hours": OFFICE}, bruno={"hours": OFFICE | {"zone": "Europe/Lisbon"}}, chloe={"active": False})
    with at(MONDAY_NIGHT):
        assert of(LeadAssigned, await carried(db, submission(), submission())) == []
    await pass_time_until(db, TUESDAY_OPENING - timedelta(seconds=1))
    assert await owners(db) == []
    await pass_time_until(db, TUESDAY_OPENING)
    assert await owners(db) == ["ana", "ana"]


async def test_the_hours_of_a_team_are_those_of_its_reps(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        shown = await told(client, "PATCH", "/teams/europe", {"hours": OFFICE})
        refused = await told(client, "PATCH", "/teams/europe", {"hours": OFFICE | {"zone": "Mars"}}, expect=422)
        history = (await told(client, "GET", "/teams/europe/history"))["items"]
    assert shown["hours"]["zone"] == "Europe/Berlin"
    assert (refused["violations"][0]["field"], refused["violations"][0]["rule"]) == ("hours.zone", "zone")
    assert history[0]["after"]["hours"]["holidays"] == "DE"
    with at(MONDAY_NIGHT):
        assert of(LeadAssigned, await carried(db, submission())) == []
    with at(MONDAY_NOON):
        (assigned,) = of(LeadAssigned, await carried(db, submission()))
    assert assigned.respond_by == MONDAY_NOON + timedelta(hours=4)


async def test_a_response_is_due_in_the_working_time_of_the_owner(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    with at(MONDAY_NOON):
        await only_ana(db, hours=OFFICE)
    with at(MONDAY_NOON + timedelta(hours=3)):
        (assigned,) = of(LeadAssigned, await carried(db, submission()))
    assert assigned.respond_by == TUESDAY_OPENING + timedelta(hours=2)


async def test_who_is_on_leave_is_passed_over_and_the_lead_says_so(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    now = utcnow()
    leave = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=9)).isoformat(), "stand_in": "bruno"}
    await change_reps(db, ana={"leave": [leave]})
    assigned = of(LeadAssigned, await carried(db, *(submission() for _ in range(4))))
    assert Counter(event.owner_id for event in assigned) == {"bruno": 2, "chloe": 2}
    assert assigned[0].reason == "next in turn of 2, without ana (on leave): the company is in Europe"
    async with admin(db) as client:
        lead = await told(client, "GET", f"/leads/{assigned[0].lead_id}")
    assert lead["dealing"] == {"strategy": "round_robin", "candidates": ["bruno", "chloe"], "passed_over": [["ana", "on leave"]]}


async def test_a_stand_in_is_another_rep_of_the_same_team(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    leave = {"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-09T00:00:00Z"}
    async with admin(db) as client:
        for stand_in in ("ana", "fay", "nobody"):
            refused = await told(client, "PATCH", "/reps/ana", {"leave": [leave | {"stand_in": stand_in}]}, expect=422)
            assert refused["violations"][0]["field"] == "leave.stand_in"
        await told(client, "PATCH", "/reps/ana", {"leave": [{"starts_at": leave["ends_at"], "ends_at": leave["starts_at"]}]}, expect=422)


async def test_nobody_has_more_open_than_they_can_take_however_many_deal_at_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await change_reps(db, ana={"max_open": 5}, bruno={"max_open": 7}, chloe={"max_open": 0})
    batches = [of(LeadRouted, await heard(db, *(submission() for _ in range(5)))) for _ in range(5)]
    await asyncio.gather(*(hear(service, db, *routed) for routed in batches))
    dealt = Counter(await owners(db))
    assert dealt == {"ana": 5, "bruno": 7}
    assert await db.collection("claim_queue").count_documents({"pool_id": "europe"}) == 13


async def test_who_has_responded_has_room_for_the_lead_that_waited_longest(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await only_ana(db, max_open=2)
    await carried(db, *(submission() for _ in range(5)))
    forget_policy(db)
    first, second, third, *_ = await leads_of(db)
    await said(db)
    async with rep(db, "ana", "europe") as ana:
        await told(ana, "POST", f"/leads/{first['_id']}/contact", {})
        await told(ana, "POST", f"/leads/{second['_id']}/disqualify", {"reason": "a student"})
    await pass_time(service, db, utcnow())
    assigned = of(LeadAssigned, await said(db))
    assert (len(assigned), assigned[0].lead_id) == (2, third["_id"])
    assert (await pool_of(db))["open"]["ana"] == 2


async def test_what_is_sold_without_a_response_weighs_no_more(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await only_ana(db, max_open=1)
    await carried(db, submission(), submission())
    forget_policy(db)
    first, _ = await leads_of(db)
    times = {"closed_at": utcnow(), "cycle_seconds": 1, "effort_seconds": 1}
    closed = DealClosed(opportunity_id="o", version=2, lead_id=first["_id"], outcome="won", reason="price", **times)
    await hear(service, db, closed)
    await hear(service, db, closed.model_copy(update={"version": 3}))
    await pass_time(service, db, utcnow())
    assert await owners(db) == ["ana"]
    assert (await pool_of(db))["open"]["ana"] == 1


async def test_what_was_not_noticed_is_right_after_the_next_count(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await only_ana(db, max_open=2)
    await carried(db, submission(), submission(), submission())
    first, *_ = await leads_of(db)
    await db.collection("leads").update_one({"_id": first["_id"]}, {"$set": {"status": "contacted"}})
    await said(db)
    await pass_time_until(db, utcnow() + timedelta(seconds=100))
    assert await owners(db) == ["ana"]


async def test_enough_for_today_is_enough_until_midnight_where_they_are(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    with at(MONDAY_NOON):
        await only_ana(db, max_per_day=2, hours=OFFICE | {"week": {day: [["00:00", "24:00"]] for day in ("mon", "tue")}})
        assert len(of(LeadAssigned, await carried(db, *(submission() for _ in range(5))))) == 2
    midnight = datetime(2026, 3, 2, 23, tzinfo=UTC)
    await pass_time_until(db, midnight - timedelta(seconds=1))
    assert await owners(db) == []
    await pass_time_until(db, midnight)
    assert await owners(db) == ["ana", "ana"]


async def test_a_rep_takes_what_they_have_open_into_another_team(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await change_reps(db, devi={"active": False}, emeka={"active": False}, fay={"max_open": 9})
    await carried(db, submission(company={"country": "BR"}))
    await only_ana(db)
    await carried(db, *(submission() for _ in range(3)))
    await change_reps(db, ana={"team_id": "world"})
    assert (await pool_of(db, "world"))["open"] == {"fay": 1, "ana": 3}
    assert "fay" in (await current_policy(db)).counted


async def pool_of(db: Database, pool_id: str = "europe") -> dict[str, Any]:
    pool = await db.collection("pools").find_one({"_id": pool_id})
    return {name: dict(pool.get(name, ())) for name in ("dealt", "open")}
