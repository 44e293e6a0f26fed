"""Interest that leads show moves their score within seconds, and so does its fading."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from services.leads.main import service
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import EngagementRecorded, LeadDisqualified, LeadMerged, LeadQualified, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, bare, carried, fresh, from_outside, heard, leads_of, of, submission, the_lead, told

# 25 points by the default criteria: 15 short of the threshold.
WEAK = {"person": {"email": "ana@acme.example", "title": "CEO"}}


def shown(kind: str = "call", *, at: datetime | None = None, **fields: Any) -> EngagementRecorded:
    fields = fields or {"email": "ana@acme.example"}
    return EngagementRecorded.model_validate({"kind": kind, "occurred_at": at or utcnow(), **fields})


async def settled(db: Database, **fields: Any) -> dict[str, Any]:
    """A qualified lead that somebody owns and sells to."""
    await carried(db, submission(person={"email": "ana@acme.example"}, **fields))
    lead = await the_lead(db)
    opened = OpportunityOpened(opportunity_id="o", version=1, lead_id=lead["_id"], name="x", pipeline="p", stage="s", opened_at=utcnow())
    await heard(db, opened)
    return await the_lead(db)


async def test_interest_qualifies_a_lead_that_did_not_fit_enough(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    (*_, disqualified) = await heard(db, bare(**WEAK))
    assert (disqualified.score, disqualified.fit, disqualified.engagement, disqualified.grade) == (25, 25, 0, "D4")
    call = from_outside(shown())
    (qualified,) = of(LeadQualified, await heard(db, call))
    assert (qualified.score, qualified.fit, qualified.engagement, qualified.grade) == (40, 25, 15, "D3")
    assert qualified.envelope.causation_id == call.envelope.id
    assert qualified.envelope.correlation_id == disqualified.envelope.correlation_id
    assert (qualified.reasons[-1].criterion, qualified.reasons[-1].points) == ("engagement", 15)
    assert 0 < disqualified.probability < qualified.probability < 1
    lead = await the_lead(db)
    assert (lead["status"], lead["version"], lead["pool_id"]) == ("qualified", 3, "world")


async def test_interest_that_fades_takes_back_what_nobody_has_taken_on(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(**WEAK))
    await heard(db, shown("meeting"))
    (timer,) = await db.collection("timers").find({"name": "lead.turn_due"}).to_list(None)
    assert timer["key"] == (await the_lead(db))["_id"]
    told_of: list[Any] = []
    for days in (30, 30, 200):
        await _wait(db, timedelta(days=days))
        told_of += await said(db)
    (regraded, disqualified) = told_of
    assert (regraded.grade, regraded.previous_grade, regraded.engagement) == ("D3", "D2", 19)
    assert isinstance(disqualified, LeadDisqualified)
    assert disqualified.reason == "score 39 is below 40"
    assert (await the_lead(db))["status"] == "disqualified"


async def _wait(db: Database, span: timedelta) -> None:
    """As if the lead had been there for so long already: its past is moved, and its timer with it."""
    lead = await the_lead(db)
    (timer,) = await db.collection("timers").find({"name": "lead.turn_due"}).to_list(None)
    back = timer["due"] - utcnow() + timedelta(milliseconds=5)
    lead["engaged"]["at"] -= back
    await db.collection("leads").replace_one({"_id": lead["_id"]}, lead)
    await db.collection("timers").update_one({"_id": timer["_id"]}, {"$set": {"due": timer["due"] - back}})
    assert back < span
    assert await pass_time(service, db, utcnow()) == 1


async def test_what_is_being_sold_to_stays_qualified_and_its_grade_is_told_anew(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await settled(db)
    (again,) = await heard(db, shown("meeting"))
    assert isinstance(again, LeadQualified)
    assert (again.grade, again.previous_grade, again.owner_id) == ("A2", "A4", lead["owner_id"])
    assert again.version == lead["version"] + 1
    assert await heard(db, shown("page_view")) == []
    async with admin(db) as client:
        (row, *_) = (await told(client, "GET", f"/leads/{lead['_id']}/history"))["items"]
    assert (row["what"], row["why"], row["after"]["grade"]) == ("regraded", "interest was shown", "A2")


async def test_many_signs_at_once_in_two_workers_are_all_counted_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(**WEAK))
    signs = [from_outside(shown("page_view")) for _ in range(40)]
    await asyncio.gather(hear(service, db, *signs[:25]), hear(service, db, *signs[15:]))
    lead = await the_lead(db)
    assert lead["engaged"]["kinds"]["page_view"]["count"] == await db.collection("engagements").count_documents({}) == 40
    assert lead["engagement"] == 40


async def test_a_sign_of_the_future_is_of_now(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(**WEAK))
    await heard(db, shown("page_view", at=utcnow() + timedelta(days=400)))
    lead = await the_lead(db)
    assert lead["engagement"] == 1
    assert lead["last_engaged_at"] <= utcnow()


async def test_what_a_stranger_looked_at_counts_when_they_become_a_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, shown("meeting"), shown("page_view", email="somebody@else.example"))
    forget_policy(db)
    (*_, qualified) = of(LeadQualified, await heard(db, bare(**WEAK)))
    assert (qualified.score, qualified.engagement, qualified.grade) == (50, 25, "D2")
    rows = await db.collection("engagements").find({"stranger": {"$exists": True}}).to_list(None)
    assert [row["stranger"] for row in rows] == ["somebody@else.example"]
    assert await pass_time(service, db, utcnow() + timedelta(seconds=20)) == 1
    assert (await the_lead(db))["engaged"]["kinds"]["meeting"]["count"] == 1


async def test_what_is_published_again_after_the_inbox_has_forgotten_it_changes_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(**WEAK))
    call, other = from_outside(shown(), event_id="1"), from_outside(shown("page_view"), event_id="2")
    await heard(db, call)
    before = await the_lead(db)
    await db.collection("inbox").delete_many({})
    await heard(db, call)
    assert await the_lead(db) == before
    await db.collection("inbox").delete_many({})
    await heard(db, call, other)
    assert await db.collection("engagements").count_documents({}) == 2
    assert await db.collection("parked").count_documents({}) == 0


async def test_a_stranger_who_became_a_lead_unseen_is_looked_for_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, shown("meeting"))
    # What is known of strangers is two seconds old: this batch does not ask for them.
    await heard(db, bare(**WEAK))
    assert "engaged" not in await the_lead(db)
    await pass_time(service, db, utcnow() + timedelta(seconds=20))
    assert len(of(LeadQualified, await said(db))) == 1
    assert await db.collection("engagements").count_documents({"lead_id": (await the_lead(db))["_id"]}) == 1


async def test_two_leads_that_are_one_have_shown_the_interest_of_both(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "ana@acme.example"}), bare(person={"email": "ana@home.example"}))
    kept, other = await leads_of(db)
    await heard(db, shown("form"), shown("form", email="ana@home.example"))
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{kept['_id']}/merge", {"lead_id": other["_id"]})
    await heard(db, shown("form", lead_id=other["_id"]))
    kept, other = await leads_of(db)
    assert (kept["engaged"]["kinds"]["form"]["count"], other["status"]) == (3, "merged")
    assert len(of(LeadMerged, await said(db))) == 0


async def test_the_score_at_any_time_follows_from_what_is_kept(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await settled(db)
    await heard(db, shown("meeting"))
    async with admin(db) as client:
        path = f"/leads/{lead['_id']}/score"
        now = await told(client, "GET", path)
        later = await told(client, "GET", path, params={"at": (utcnow() + timedelta(days=60)).isoformat()})
        turned = await told(client, "GET", path, params={"at": now["next_change"]})
        (found,) = (await told(client, "GET", "/leads?grade=A"))["items"]
        assert (await told(client, "GET", "/leads?grade=1"))["items"] == []
    assert (now["engagement"], now["grade"], later["engagement"], later["grade"]) == (25, "A2", 12, "A3")
    assert (turned["grade"], turned["engagement"]) == ("A3", 19)
    assert found["id"] == lead["_id"]
    assert now["traits"] == []


async def test_other_half_lives_sum_up_anew_what_was_recorded(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(**WEAK))
    await heard(db, shown("page_view", at=utcnow() - timedelta(days=2)))
    slow = {"kinds": {"page_view": {"weight": 50, "half_life_days": 1}}}
    anybody = {"name": "anybody", "text": "is anybody", "expression": "true", "points": 10}
    async with admin(db) as client:
        await told(client, "POST", "/criteria", {"criteria": [anybody], "engagement": slow}, expect=201)
        await told(client, "POST", "/criteria/2/activate")
    await heard(db, shown("page_view"))
    lead = await the_lead(db)
    assert (lead["engagement"], lead["fit"]) == (62, 10)
