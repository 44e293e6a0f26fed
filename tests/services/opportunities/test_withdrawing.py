"""A lead that was none takes its opportunity with it, unless somebody has worked on that."""

from services.opportunities.main import service
from services.opportunities.models import opportunity_id_of
from shared.database import Database
from shared.events import Interest, OpportunityWithdrawn
from tests.conftest import DatabaseOf
from tests.road import hear, said
from tests.services.opportunities.builders import (
    lead_assigned,
    lead_merged,
    lead_qualified,
    lead_withdrawn,
    seller,
    show,
    submission_taken_out,
    told,
)


async def opened_for(db: Database, lead_id: str) -> str:
    await hear(service, db, lead_qualified(lead_id), lead_assigned(lead_id))
    await said(db)
    return opportunity_id_of(lead_id)


async def test_an_opportunity_that_nobody_has_worked_on_goes_with_its_lead(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened_for(db, "l1")
    await hear(service, db, lead_withdrawn("l1"))
    (event,) = await said(db)
    assert isinstance(event, OpportunityWithdrawn)
    assert (event.opportunity_id, event.lead_id) == (opportunity_id, "l1")
    assert await db.collection("opportunities").count_documents({}) == 0
    assert await db.collection("timers").count_documents({}) == 0


async def test_one_that_somebody_has_worked_on_stays_and_its_history_says_so(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened_for(db, "l1")
    async with seller(db) as client:
        await told(client, "PATCH", f"/opportunities/{opportunity_id}", {"name": "Acme: more pumps"}, expect=200)
        await said(db)
        await hear(service, db, lead_withdrawn("l1"))
        history = await told(client, "GET", f"/opportunities/{opportunity_id}/history", expect=200)
    assert await said(db) == []
    assert (await show(db, opportunity_id))["status"] == "open"
    assert history["items"][0]["what"] == "lead_withdrawn"


async def test_a_lead_that_is_heard_to_be_withdrawn_before_it_is_heard_to_be_qualified_opens_nothing(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_assigned("l1"), lead_merged("l1"))
    await hear(service, db, lead_withdrawn("l1"))
    await hear(service, db, lead_qualified("l1"))
    assert await said(db) == []
    assert await db.collection("opportunities").count_documents({}) == 0
    assert await db.collection("waiting").count_documents({}) == 0


async def test_what_was_taken_out_of_a_lead_is_taken_out_of_its_opportunity(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened_for(db, "l1")
    await hear(service, db, lead_merged("l1", version=4, interest=Interest(product="valves")))
    await hear(service, db, submission_taken_out("l1", version=5, interest=Interest(product="pumps")))
    assert (await show(db, opportunity_id))["interest"]["product"] == "pumps"
    await hear(service, db, submission_taken_out("l2", version=5, interest=Interest(product="seals")))
    await hear(service, db, lead_qualified("l2", version=3))
    assert (await show(db, opportunity_id_of("l2")))["interest"]["product"] == "seals"


async def test_one_that_somebody_closed_as_a_duplicate_was_worked_on_and_stays(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened_for(db, "l1")
    async with seller(db) as client:
        promise = {"promisor": "Ana", "counterparty": "Ada", "text": "call back", "due": "2100-01-01T00:00:00Z"}
        await told(client, "POST", f"/opportunities/{opportunity_id}/commitments", promise, expect=201)
        await told(client, "POST", f"/opportunities/{opportunity_id}/close", {"outcome": "lost", "reason": "duplicate"}, expect=200)
    await hear(service, db, lead_withdrawn("l1"))
    assert (await show(db, opportunity_id))["close_reason"] == "duplicate"
