"""A lead is given back: its opportunity is closed, and neither won nor lost."""

from services.opportunities.main import service
from services.opportunities.models import opportunity_id_of
from shared.database import utcnow
from shared.events import DealReopened, LeadReturned, OpportunityReturned
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.opportunities.builders import lead_assigned, lead_qualified, manager, opened, seller, show, told

CLOSING = {"outcome": "lost", "reason": "price"}


def lead_returned(lead_id: str, version: int = 7) -> LeadReturned:
    return LeadReturned(lead_id=lead_id, version=version, owner_id="ana", reason="wants to rent", returned_at=utcnow())


async def test_an_opportunity_whose_lead_was_given_back_is_closed_and_counts_for_nothing(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    lead_id = (await show(db, opportunity_id))["lead_id"]
    await hear(service, db, lead_returned(lead_id), lead_returned(lead_id))
    (returned,) = await said(db)
    shown = await show(db, opportunity_id)
    assert isinstance(returned, OpportunityReturned)
    assert (returned.version, returned.lead_id, returned.reason, returned.stage) == (shown["version"], lead_id, "wants to rent", "new")
    assert (shown["status"], shown["close_reason"], shown["forecast_category"]) == ("returned", "returned", "omitted")
    assert await pass_time(service, db, utcnow().replace(year=2100)) == 0
    async with seller(db) as ana, manager(db) as max_:
        await told(ana, "POST", f"/opportunities/{opportunity_id}/close", CLOSING, expect=409)
        await told(ana, "POST", f"/opportunities/{opportunity_id}/reopen", {"reason": "hope"}, expect=409)
        assert (await told(max_, "GET", "/forecasts", expect=200))["items"] == []


async def test_it_is_open_again_when_the_lead_qualifies_again_in_whichever_order_that_is_heard(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    for lead_id, events in (
        ("in-order", [lead_qualified("in-order"), lead_returned("in-order"), lead_qualified("in-order", version=9)]),
        ("late", [lead_qualified("late"), lead_qualified("late", version=9), lead_returned("late")]),
        ("early", [lead_returned("early"), lead_qualified("early"), lead_qualified("early", version=9)]),
    ):
        for event in events:
            await hear(service, db, event)
        assert (await show(db, opportunity_id_of(lead_id)))["status"] == "open"
    topics = [(event.topic, event.version) for event in await said(db)]  # type: ignore[attr-defined]
    assert topics[:3] == [("opportunity.opened", 1), ("opportunity.returned", 2), ("deal.reopened", 3)]
    assert [topic for topic, _ in topics[3:]] == ["opportunity.opened", "opportunity.opened", "opportunity.returned", "deal.reopened"]


async def test_what_is_lost_already_stays_lost(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    async with seller(db) as ana:
        await told(ana, "POST", f"/opportunities/{opportunity_id}/close", CLOSING, expect=200)
    before = await show(db, opportunity_id)
    await hear(service, db, lead_returned(before["lead_id"]))
    assert await show(db, opportunity_id) == before


async def test_who_gets_the_lead_next_owns_the_opportunity_that_is_open_again(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    lead_id = (await show(db, opportunity_id))["lead_id"]
    await hear(service, db, lead_returned(lead_id))
    await hear(service, db, lead_qualified(lead_id, version=9), lead_assigned(lead_id, "bob", version=10))
    shown = await show(db, opportunity_id)
    assert (shown["status"], shown["owner_id"], shown["team"][0]["rep_id"]) == ("open", "bob", "bob")
    assert [type(event) for event in await said(db)][-1] is DealReopened


async def test_one_that_had_stalled_does_not_come_back_stalled(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("l1"))
    await pass_time(service, db, utcnow().replace(year=2100))
    assert (await show(db, opportunity_id_of("l1")))["stalled_at"] is not None
    await hear(service, db, lead_returned("l1"))
    await hear(service, db, lead_qualified("l1", version=9))
    shown = await show(db, opportunity_id_of("l1"))
    assert (shown["status"], shown["stalled_at"]) == ("open", None)
