"""How an opportunity comes from a lead, and follows it."""

import asyncio
from decimal import Decimal
from typing import Any

from pymongo import AsyncMongoClient

from services.opportunities.main import service
from services.opportunities.models import opportunity_id_of
from shared.events import Interest, OpportunityOpened, Person
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said
from tests.services.opportunities.builders import (
    ADA,
    account_opened,
    lead_assigned,
    lead_merged,
    lead_qualified,
    opened,
    rep_changed,
    seller,
    show,
    told,
)


async def test_a_qualified_lead_opens_an_opportunity(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    lead = lead_qualified("l1", interest=Interest(product="pumps", need="ten pumps", budget=Decimal("1200.50"), currency="EUR"))
    await hear(service, db, lead)

    (event,) = await said(db)
    assert isinstance(event, OpportunityOpened)
    assert (event.lead_id, event.version, event.pipeline, event.stage) == ("l1", 1, "default", "new")
    assert (event.amount, event.currency, event.person) == (Decimal("1200.50"), "EUR", ADA)
    assert event.envelope.correlation_id == lead.envelope.correlation_id
    assert event.envelope.causation_id == lead.envelope.id
    shown = await show(db, event.opportunity_id)
    assert (shown["name"], shown["status"], shown["amount"], shown["needs"]) == ("Acme: pumps", "open", "1200.50", ["ten pumps"])


async def test_a_lead_opens_only_one_opportunity(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("l1"), lead_qualified("l1", version=3))
    await hear(service, db, lead_qualified("l1", version=5))
    assert [event.topic for event in await said(db)] == ["opportunity.opened"]
    assert await db.collection("opportunities").count_documents({}) == 1


async def test_a_redelivered_event_changes_nothing(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    events = [lead_qualified("l1"), lead_assigned("l1"), lead_merged("l1", interest=Interest(product="valves"))]
    await hear(service, db, *events)
    before = await show(db, opportunity_id_of("l1"))
    await said(db)
    await hear(service, db, *events)
    assert await show(db, opportunity_id_of("l1")) == before
    assert await said(db) == []


async def test_a_budget_without_a_currency_is_no_amount(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db, interest=Interest(budget=Decimal(100)))
    assert (await show(db, opportunity_id))["amount"] is None


async def test_the_owner_is_the_same_in_whichever_order_qualified_and_assigned_arrive(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("first"), lead_assigned("first"))
    await hear(service, db, lead_assigned("second"))
    await hear(service, db, lead_qualified("second"))
    for lead_id in ("first", "second"):
        shown = await show(db, opportunity_id_of(lead_id))
        assert (shown["owner_id"], shown["team_id"]) == ("ana", "north")
        assert shown["team"] == [{"rep_id": "ana", "role": "owner", "split": "100"}]
    last = [event for event in await said(db) if isinstance(event, OpportunityOpened)][-1]
    assert (last.lead_id, last.owner_id) == ("second", "ana")
    assert await db.collection("waiting").count_documents({}) == 0


async def test_qualified_and_assigned_at_the_same_moment_miss_nothing(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    leads = [f"l{number}" for number in range(20)]
    await asyncio.gather(
        *(hear(service, db, lead_qualified(lead_id)) for lead_id in leads),
        *(hear(service, db, lead_assigned(lead_id)) for lead_id in leads),
        *(hear(service, db, lead_qualified(lead_id, version=3)) for lead_id in leads),
    )
    assert {(await show(db, opportunity_id_of(lead_id)))["owner_id"] for lead_id in leads} == {"ana"}
    assert [event.topic for event in await said(db)] == ["opportunity.opened"] * 20
    assert await db.collection("waiting").count_documents({}) == 0


async def test_of_two_assignments_that_waited_the_newer_counts(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_assigned("l1", "bob", version=5), lead_assigned("l1", "ana", version=3))
    await hear(service, db, lead_qualified("l1"))
    assert (await show(db, opportunity_id_of("l1")))["owner_id"] == "bob"


async def test_an_older_assignment_is_ignored(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("l1"), lead_assigned("l1", "bob", version=5))
    before = await show(db, opportunity_id_of("l1"))
    await hear(service, db, lead_assigned("l1", "ana", version=4))
    assert await show(db, opportunity_id_of("l1")) == before


async def test_a_new_owner_takes_over_the_split_of_the_last(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db, rep_changed("bob"))
    lead_id = (await show(db, opportunity_id))["lead_id"]
    async with seller(db) as ana:
        members = [{"rep_id": "ana", "role": "owner", "split": "70"}, {"rep_id": "bob", "role": "engineer", "split": "30"}]
        await told(ana, "PUT", f"/opportunities/{opportunity_id}/team", {"members": members}, expect=200)
    await hear(service, db, lead_assigned(lead_id, "cy", version=9))
    team = (await show(db, opportunity_id))["team"]
    assert team == [{"rep_id": "cy", "role": "owner", "split": "70"}, {"rep_id": "bob", "role": "engineer", "split": "30"}]


async def test_an_assignment_without_a_team_takes_the_team_of_the_rep(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, rep_changed("bob", team_id="south"))
    await hear(service, db, lead_assigned("early", "bob", team_id=None))
    await hear(service, db, lead_qualified("early"), lead_qualified("late"), lead_assigned("late", "bob", team_id=None))
    assert {(await show(db, opportunity_id_of(lead_id)))["team_id"] for lead_id in ("early", "late")} == {"south"}


async def test_a_rep_is_known_as_last_told(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, rep_changed("bob", version=2, team_id="south"), rep_changed("bob", version=1, team_id="west"))
    await hear(service, db, lead_qualified("l1"), lead_assigned("l1", "bob", team_id=None))
    assert (await show(db, opportunity_id_of("l1")))["team_id"] == "south"


async def test_a_merger_updates_the_open_opportunity(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    lead_id = (await show(db, opportunity_id))["lead_id"]
    await hear(service, db, lead_merged(lead_id, person=Person(email="ada@new.example"), interest=Interest(product="valves")))
    shown = await show(db, opportunity_id)
    assert (shown["person"]["email"], shown["interest"]["product"]) == ("ada@new.example", "valves")
    await hear(service, db, lead_merged(lead_id, version=3, person=Person(email="ada@old.example")))
    assert (await show(db, opportunity_id))["person"]["email"] == "ada@new.example"


async def test_a_merger_that_comes_before_the_opening_waits_for_it(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("l1", version=4, person=Person(email="ada@new.example")))
    await hear(service, db, lead_qualified("l1", version=2))
    assert (await show(db, opportunity_id_of("l1")))["person"]["email"] == "ada@new.example"


async def test_the_opportunities_of_merged_leads_are_linked(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("kept"), lead_qualified("gone"), lead_merged("kept", merged_lead_id="gone"))
    kept, gone = opportunity_id_of("kept"), opportunity_id_of("gone")
    assert (await show(db, kept))["linked_ids"] == [gone]
    assert (await show(db, gone))["linked_ids"] == [kept]


async def test_a_link_waits_for_the_later_of_the_two(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"), lead_qualified("kept"))
    assert (await show(db, opportunity_id_of("kept")))["linked_ids"] == []
    await hear(service, db, lead_qualified("gone"))
    assert (await show(db, opportunity_id_of("kept")))["linked_ids"] == [opportunity_id_of("gone")]


async def test_an_account_is_attached_even_before_the_opportunity_is_known(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, account_opened(opportunity_id_of("late")), lead_qualified("late"))
    known = await opened(db)
    await hear(service, db, account_opened(known, "known"))
    assert (await show(db, opportunity_id_of("late")))["account_id"] == "acme"
    assert (await show(db, known))["account_id"] == "known"


async def test_a_batch_takes_as_many_queries_as_a_single_event(database_of: DatabaseOf, mongo: AsyncMongoClient[dict[str, Any]]) -> None:
    db = await database_of("opportunities")
    single: list[int] = []
    batch: list[int] = []
    await hear(service, db, lead_qualified("warm"))
    for prefix, number, counts in (("a", 1, single), ("b", 40, batch)):
        leads = [f"{prefix}{n}" for n in range(number)]
        for events in (
            [lead_qualified(lead_id) for lead_id in leads],
            [lead_assigned(lead_id) for lead_id in leads],
            [lead_merged(lead_id, version=5, interest=Interest(product="valves")) for lead_id in leads],
            [account_opened(opportunity_id_of(lead_id)) for lead_id in leads],
        ):
            before = await _operations(mongo)
            await hear(service, db, *events)
            counts.append(await _operations(mongo) - before)
    assert batch == single


async def test_the_history_says_what_was_heard_and_why(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    async with api_client(service, db) as admin:
        page = await told(admin, "GET", f"/opportunities/{opportunity_id}/history", expect=200)
    assigned, first = page["items"]
    assert (first["what"], first["why"], first["by"]) == ("opened", "A, 70 points", "lead.qualified")
    assert (assigned["what"], assigned["why"], assigned["after"]["owner_id"]) == ("assigned", "next in turn", "ana")


async def _operations(mongo: AsyncMongoClient[dict[str, Any]]) -> int:
    """How many statements the server has been asked to run."""
    counters = (await mongo.admin.command("serverStatus"))["metrics"]["commands"]
    return sum(int(counters[name]["total"]) for name in ("find", "update", "insert", "delete", "aggregate"))
