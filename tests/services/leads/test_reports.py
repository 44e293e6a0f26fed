"""Reports are exact: whatever happened, however often it was told, the counters are what a recount of everything finds."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.leads.main import service
from services.leads.models.counting import counts_of_lead, counts_of_submission, fate_of, standing_of
from services.leads.rules.attribution import earned
from services.leads.service import add_up_counters, count_deals_due, touches_of
from services.leads.store import read_counters
from shared.database import Database, utcnow
from shared.events import DealClosed, EngagementRecorded, LeadAssigned, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, bare, carried, fresh, leads_of, of, rep, submission, the_lead, told
from tests.services.leads.files import read_all, taken

KINDS = ("flow", "rep", "why", "now")


async def counted(db: Database, kinds: Sequence[str] = KINDS) -> Counter[Any]:
    sums = await read_counters(db, kinds, "", "2199-12-31")
    return Counter({(cell, measure): number for cell, measures in sums.items() for measure, number in measures.items() if number})


async def recounted(db: Database) -> Counter[Any]:
    """From the leads and submissions that there are; how often somebody was late is in the history alone."""
    found: Counter[Any] = Counter()
    for lead in await leads_of(db):
        for cell, measure, number in counts_of_lead(standing_of(lead)):
            found[cell, measure] += number
    for row in await db.collection("submissions").find().to_list(None):
        fate = fate_of(row)
        for cell, measure, number in counts_of_submission(fate) if fate else ():
            found[cell, measure] += number
    return Counter({key: number for key, number in found.items() if number})


async def close(db: Database, lead: dict[str, Any], outcome: str, version: int = 2, **more: Any) -> None:
    opportunity_id = f"o-{lead['_id']}"
    times = {"closed_at": utcnow(), "cycle_seconds": 1, "effort_seconds": 1}
    opened = OpportunityOpened(
        opportunity_id=opportunity_id, version=1, lead_id=lead["_id"], name="x", pipeline="p", stage="s", opened_at=utcnow()
    )
    await hear(service, db, opened)
    closed = DealClosed(opportunity_id=opportunity_id, version=version, lead_id=lead["_id"], outcome=outcome, reason="x", **times, **more)
    await hear(service, db, closed)


async def test_after_everything_that_can_happen_the_counters_are_what_a_recount_finds(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = [submission(source=("web", "fair", "nowhere")[n % 3], attribution={"campaign": ("spring", "")[n % 2]}) for n in range(30)]
    await carried(db, *events, bare(person={"email": "cy@x.example"}), bare(person={"email": "jo@"}))
    await carried(db, *events[:10], *(submission(person={"email": events[n].person.email}) for n in range(5)))
    assert await counted(db) == await recounted(db)
    await add_up_counters(db)
    first, second, third, fourth, fifth, sixth, *_ = [lead for lead in await leads_of(db) if lead["status"] == "qualified"]
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{first['_id']}/contact", {})
        await told(client, "POST", f"/leads/{second['_id']}/disqualify", {"reason": "no_budget"})
        await told(client, "POST", f"/leads/{second['_id']}/qualify", {"reason": "found some"})
        await told(client, "POST", f"/leads/{third['_id']}/merge", {"lead_id": fourth["_id"]})
        others = [one["id"] for one in (await told(client, "GET", "/reps"))["items"] if one["id"] != fifth["owner_id"]]
        await told(client, "POST", f"/leads/{fifth['_id']}/assign", {"owner_id": others[0]})
        await taken(db, client, "email,campaign\nnew@x.example,spring\n" + f"{sixth['person']['email']},\njo@,\n")
        state = await taken(db, client, "email,campaign\nbrand@x.example,spring\n" + f"{sixth['person']['email']},autumn\n")
        assert await counted(db) == await recounted(db)
        await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=202)
        await read_all(db)
    await close(db, first, "won")
    await close(db, fifth, "won")
    await close(db, fifth, "lost", version=4)
    async with admin(db) as client:
        for email in (sixth["person"]["email"], fourth["person"]["email"]):
            await told(client, "POST", "/erasures", {"email": email, "reason": "asked to"})
    assert await counted(db) == await recounted(db)
    while await add_up_counters(db):
        pass
    assert await db.collection("tallies").count_documents({}) == 0
    assert await counted(db) == await recounted(db)


async def test_what_is_delivered_twice_is_counted_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = [submission() for _ in range(5)]
    await carried(db, *events)
    before = await counted(db)
    await db.collection("inbox").delete_many({})
    await carried(db, *events)
    assert await counted(db) == before


async def test_the_funnel_shows_how_far_leads_came_by_source_campaign_and_rep(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await db.collection("sources").update_one({"_id": "web"}, {"$set": {"monthly_cost": {"amount": Decimal(310), "currency": "EUR"}}})
    good = submission(source="web", attribution={"campaign": "spring"})
    await carried(db, good, bare(person={"email": "cy@x.example"}), submission(person={"email": good.person.email}))
    lead = next(lead for lead in await leads_of(db) if lead["status"] == "qualified")
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/contact", {})
        await close(db, lead, "won", amount=Decimal(900), currency="EUR")
        day = utcnow().date().isoformat()
        (web,) = (await told(client, "GET", f"/reports/funnel?by=source&period=day&from={day}"))["items"]
        campaigns = {row["name"]: row for row in (await told(client, "GET", "/reports/funnel?by=campaign"))["items"]}
        (owner,) = (await told(client, "GET", "/reports/funnel?by=rep&period=month"))["items"]
        (answers,) = (await told(client, "GET", "/reports/response-times?by=rep"))["items"]
        await told(client, "GET", "/reports/funnel?from=2026-03-02&to=2026-03-01", expect=422)
        await told(client, "GET", "/reports/funnel?from=1990-01-01", expect=422)
        await told(client, "GET", "/reports/funnel?by=weather", expect=422)
    assert (web["period"], web["name"], web["submitted"], web["merged"], web["captured"], web["qualified"]) == (day, "web", 3, 1, 2, 1)
    assert (web["assigned"], web["contacted"], web["won"], web["duplicate_share"]) == (1, 1, 1, 1 / 3)
    assert Decimal(9) < Decimal(web["cost"]["amount"]) < Decimal(12)
    assert web["cost"]["per_won"] == web["cost"]["amount"]
    assert (campaigns["spring"]["won"], campaigns[""]["won"]) == (1, 0)
    assert (owner["name"], owner["assigned"], owner["contacted"], owner["won"]) == (lead["owner_id"], 1, 1, 1)
    assert (answers["answered"], answers["median_within"], answers["within"]["60"], answers["overdue"]) == (1, 60, 1, 0)


async def test_who_does_not_answer_in_time_is_counted(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    (assigned,) = of(LeadAssigned, await carried(db, submission()))
    await pass_time(service, db, utcnow() + timedelta(hours=5))
    async with admin(db) as client:
        rows = {row["name"]: row for row in (await told(client, "GET", "/reports/response-times"))["items"]}
    assert rows[assigned.owner_id]["overdue"] == 1


async def test_reasons_are_counted_by_source_without_what_differs_from_lead_to_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, *(bare(person={"email": f"p{n}@x.example"}, interest={"product": "pumps"} if n else None or {}) for n in range(3)))
    async with admin(db) as client:
        rows = (await told(client, "GET", "/reports/disqualifications"))["items"]
    assert sum(row["leads"] for row in rows) == 3
    assert all(not any(digits in row["reason"] for digits in ("score 0", "score 1")) for row in rows)


async def test_every_submission_and_engagement_is_a_touch(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "a@x.example"}, source="fair", attribution={"campaign": "spring", "medium": "stand"}))
    lead = await the_lead(db)
    await hear(service, db, EngagementRecorded(email="a@x.example", kind="email_click", detail="brochure", occurred_at=utcnow()))
    await carried(db, submission(person={"email": "a@x.example"}, source="web"))
    async with admin(db) as client:
        touches = await told(client, "GET", f"/leads/{lead['_id']}/touches")
    assert [(one["kind"], one["source"], one["campaign"]) for one in touches["items"]] == [
        ("submission", "fair", "spring"),
        ("engagement", "email_click", None),
        ("submission", "web", None),
    ]
    assert (touches["first"]["medium"], touches["last"]["source"]) == ("stand", "web")
    assert [one["credit"]["first"] for one in touches["items"]] == [1, 0, 0]
    assert sum(one["credit"]["time_decay"] for one in touches["items"]) == 1


async def test_what_a_platform_sends_in_its_own_words_is_a_touch_of_the_campaign_that_it_was_read_as(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    mapping = {"fields": {"external_id": "id", "person.email": "mail", "attribution.campaign": "ad"}}
    async with admin(db) as client:
        await told(client, "PUT", "/sources/chat/mapping", {"mapping": mapping, "sample": {"id": 1, "mail": "a@x.example"}})
        key = (await told(client, "POST", "/sources/chat/keys", {}, expect=201))["key"]
        payload = {"id": 1, "mail": "a@x.example", "ad": "spring", "submitted_at": "0001-01-01T00:00:00+14:00"}
        await told(client, "POST", "/sources/chat/webhook", payload, expect=202, headers={"x-api-key": key})
        await carried(db, *await said(db))
        touches = await told(client, "GET", f"/leads/{(await the_lead(db))['_id']}/touches")
    assert [(one["source"], one["campaign"]) for one in touches["items"]] == [("chat", "spring")]


async def test_the_touches_of_a_lead_go_with_it_when_it_is_merged(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(source="web"), submission(source="fair"), submission(source="partner"))
    leads = {lead["source"]: lead["_id"] for lead in await leads_of(db)}
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{leads['fair']}/merge", {"lead_id": leads["partner"]})
        await told(client, "POST", f"/leads/{leads['web']}/merge", {"lead_id": leads["fair"]})
        touches = await told(client, "GET", f"/leads/{leads['web']}/touches")
    assert {one["source"] for one in touches["items"]} == {"web", "fair", "partner"}


async def test_only_who_may_see_a_lead_sees_its_touches(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    lead = await the_lead(db)
    async with rep(db, "somebody-else") as client:
        await told(client, "GET", f"/leads/{lead['_id']}/touches", expect=404)
        await told(client, "GET", "/reports/funnel", expect=403)


async def test_won_deals_are_credited_to_what_brought_them(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "a@x.example"}, source="fair", attribution={"campaign": "spring"}))
    await carried(db, submission(person={"email": "a@x.example"}, source="web"))
    await carried(db, submission(source="partner"))
    leads = {lead["source"]: lead for lead in await leads_of(db)}
    await close(db, leads["fair"], "won", amount=Decimal(100), currency="EUR")
    await close(db, leads["partner"], "won", amount=Decimal(50), currency="USD")
    await close(db, leads["partner"], "lost", version=5)
    await carried(db, submission(person={"email": "a@x.example"}, source="mail"))
    async with admin(db) as client:
        rows = (await told(client, "GET", "/reports/attribution"))["items"]
    assert {
        (row["model"], row["source"], row["campaign"], row["deals"], row["amounts"].get("EUR"))
        for row in rows
        if row["model"] != "time_decay"
    } == {
        ("first", "fair", "spring", 1, "100.00"),
        ("last", "web", None, 1, "100.00"),
        ("linear", "fair", "spring", 0.5, "50.00"),
        ("linear", "web", None, 0.5, "50.00"),
    }
    assert sum(row["deals"] for row in rows if row["model"] == "time_decay") == 1


async def test_a_lead_that_became_part_of_another_is_credited_to_what_brought_either(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(source="fair"), submission(source="web"))
    leads = {lead["source"]: lead for lead in await leads_of(db)}
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{leads['fair']['_id']}/merge", {"lead_id": leads["web"]["_id"]})
        await close(db, leads["web"], "won", amount=Decimal(100), currency="EUR")
        rows = (await told(client, "GET", "/reports/attribution?model=linear"))["items"]
    assert {(row["source"], row["deals"]) for row in rows} == {("fair", 0.5), ("web", 0.5)}


async def test_credit_is_counted_once_everything_that_led_to_a_deal_has_arrived(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    people = [{"email": f"p{number}@x{number}.example"} for number in range(6)]
    for source, campaign in (("fair", "spring"), ("web", None), ("fair", "spring"), ("mail", "autumn")):
        await carried(db, *(submission(person=one, source=source, attribution={"campaign": campaign}) for one in people))
    leads = await leads_of(db)
    await hear(service, db, EngagementRecorded(lead_id=leads[0]["_id"], kind="call", occurred_at=utcnow()))
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{leads[0]['_id']}/merge", {"lead_id": leads[1]["_id"]})
        for number, lead in enumerate(leads[2:]):
            await close(db, lead, "won", amount=Decimal("100.01"), currency=("EUR", "USD")[number % 2])
        await close(db, leads[0], "won")
        before = await told(client, "GET", "/reports/attribution")
        assert await count_deals_due(db) == 0
        await deals_are_due(db)
        assert await count_deals_due(db) == 5
        assert await told(client, "GET", "/reports/attribution") == before
        await recounted_credit(db)
        while await add_up_counters(db):
            pass
        assert await told(client, "GET", "/reports/attribution") == before
        first, last = (utcnow().date() + timedelta(days=days) for days in (-370, 40))
        assert (await told(client, "GET", f"/reports/attribution?from={first}&to={last}"))["items"] == before["items"]
        assert sum(row["deals"] for row in before["items"] if row["model"] == "linear") == pytest.approx(5)
        euros = [Decimal(row["amounts"]["EUR"]) for row in before["items"] if row["model"] == "last" and row["amounts"]]
        assert sum(euros) == Decimal("200.02")
        for lead in leads[2:]:
            await close(db, lead, "lost", version=5)
        await close(db, leads[0], "won", version=5, amount=Decimal(7), currency="EUR")
        again = await told(client, "GET", "/reports/attribution?model=first")
        assert [(row["source"], row["deals"], row["amounts"]) for row in again["items"]] == [("fair", 1, {"EUR": "7.00"})]
    await recounted_credit(db)


async def deals_are_due(db: Database) -> None:
    await db.collection("won_deals").update_many({"due_at": {"$exists": True}}, {"$set": {"due_at": utcnow()}})


async def recounted_credit(db: Database) -> None:
    """What is counted is what the deals that are counted say, each by the touches of its lead."""
    found: Counter[Any] = Counter()
    for deal in await db.collection("won_deals").find({"due_at": {"$exists": False}}).to_list(None):
        touches = await touches_of(db, deal["lead_id"])
        for source, campaign, worth in earned(touches, deal["closed_at"], deal.get("amount"), deal.get("currency")):
            for measure, number in worth.items():
                for kind, day in (("credit", deal["closed_at"].date()), ("credit_of_month", deal["closed_at"].date().replace(day=1))):
                    found[(kind, day.isoformat(), source, campaign), measure] += number
    assert await counted(db, ["credit", "credit_of_month"]) == found


async def test_a_report_reads_what_is_not_added_up_yet(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(), submission())
    before = await counted(db)
    assert await add_up_counters(db) > 0
    assert await counted(db) == before
    assert await said(db) == []
