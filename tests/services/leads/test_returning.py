"""What was handed over to sales is taken back, and begins anew."""

from typing import Any

from services.leads.main import service
from shared.database import Database, utcnow
from shared.events import DealClosed, LeadAssigned, LeadQualified, LeadReturned, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import hear, said
from tests.services.leads.builders import admin, carried, fresh, heard, of, rep, submission, the_lead, told

WHY = {"reason": "wants to rent, not to buy"}


async def a_converted_lead(db: Database) -> dict[str, Any]:
    await carried(db, submission(person={"email": "ana@acme.example"}))
    lead = await the_lead(db)
    opened = OpportunityOpened(opportunity_id="o", version=1, lead_id=lead["_id"], name="x", pipeline="p", stage="s", opened_at=utcnow())
    await hear(service, db, opened)
    return await the_lead(db)


async def test_a_lead_that_sales_gives_back_is_nobodys_and_waits_to_be_judged_by_a_person(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await a_converted_lead(db)
    async with rep(db, lead["owner_id"], "europe") as owner:
        shown = await told(owner, "POST", f"/leads/{lead['_id']}/unconvert", WHY)
        history = (await told(owner, "GET", f"/leads/{lead['_id']}/history"))["items"]
        await told(owner, "POST", f"/leads/{lead['_id']}/unconvert", WHY, expect=409)
    (returned,) = await said(db)
    assert isinstance(returned, LeadReturned)
    assert (returned.version, returned.opportunity_id, returned.owner_id) == (lead["version"] + 1, "o", lead["owner_id"])
    assert (shown["status"], shown["owner_id"], shown["outcome"], shown["reason"]) == ("captured", None, None, WHY["reason"])
    assert (history[0]["what"], history[0]["before"]["owner_id"], history[0]["why"]) == ("returned", lead["owner_id"], WHY["reason"])
    events = await heard(db, submission(person={"email": "ana@acme.example"}, interest={"budget": "99999"}))
    assert of(LeadQualified, events) == []


async def test_a_lead_that_is_qualified_again_is_sold_to_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await a_converted_lead(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/unconvert", WHY)
        shown = await told(client, "POST", f"/leads/{lead['_id']}/qualify", {"reason": "has changed their mind"})
        events = await said(db)
        (assigned,) = of(LeadAssigned, [*events, *await carried(db, *(event for event in events if event.topic == "lead.routed"))])
        await told(client, "POST", f"/leads/{lead['_id']}/unconvert", WHY)
    (qualified,) = of(LeadQualified, events)
    assert (shown["status"], shown["outcome"], shown["opportunity_id"]) == ("qualified", "converted", "o")
    assert of(LeadReturned, events)[0].version < qualified.version < assigned.version


async def test_a_lead_that_was_given_back_and_contacted_since_can_be_qualified_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lead = await a_converted_lead(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/unconvert", WHY)
        await told(client, "POST", f"/leads/{lead['_id']}/claim")
        await told(client, "POST", f"/leads/{lead['_id']}/contact")
        shown = await told(client, "POST", f"/leads/{lead['_id']}/qualify", {"reason": "has changed their mind"})
        await told(client, "POST", f"/leads/{lead['_id']}/qualify", {"reason": "once more"}, expect=409)
    (qualified,) = of(LeadQualified, await said(db))
    assert (shown["status"], shown["outcome"], qualified.owner_id) == ("contacted", "converted", "ana")


async def test_only_what_is_being_sold_is_given_back_and_only_by_its_owner(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    lead = await the_lead(db)
    async with admin(db) as client, rep(db, "somebody", "europe") as other:
        path = f"/leads/{lead['_id']}/unconvert"
        await told(client, "POST", path, WHY, expect=409)
        await told(other, "POST", path, WHY, expect=403)
        await told(client, "POST", path, {"reason": ""}, expect=422)
        times = {"closed_at": utcnow(), "cycle_seconds": 1, "effort_seconds": 1}
        await hear(service, db, DealClosed(opportunity_id="o", version=2, lead_id=lead["_id"], outcome="lost", reason="x", **times))
        refused = await told(client, "POST", path, WHY, expect=409)
    assert refused["violations"][0]["detail"] == "Its sale is lost already"
