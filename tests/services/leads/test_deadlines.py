"""Reminded before a response is due, and what a rule says is to become of a lead once it is overdue."""

from datetime import timedelta
from typing import Any

from services.leads.main import service
from shared.database import Database, utcnow
from shared.events import LeadAssigned, LeadResponseDue, LeadResponseOverdue, LeadRouted
from tests.conftest import DatabaseOf
from tests.road import pass_time, said
from tests.services.leads.builders import admin, carried, fresh, of, rep, submission, the_lead, told
from tests.services.leads.test_routing import route_by

HOUR = timedelta(hours=1)
WITHIN = {"team_id": "europe", "respond_within_seconds": 3600}


async def test_the_owner_is_reminded_while_there_is_time_left(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await route_by(db, WITHIN | {"remind_before_seconds": 600})
    (assigned,) = of(LeadAssigned, await carried(db, submission()))
    assert await pass_time(service, db, assigned.respond_by - timedelta(seconds=601)) == 0
    await pass_time(service, db, assigned.respond_by - timedelta(seconds=600))
    (reminder,) = of(LeadResponseDue, await said(db))
    assert (reminder.owner_id, reminder.respond_by, reminder.version) == (assigned.owner_id, assigned.respond_by, 4)


async def test_who_has_responded_or_has_it_no_more_is_not_reminded(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await route_by(db, WITHIN | {"remind_before_seconds": 600})
    first, second = of(LeadAssigned, await carried(db, submission(), submission()))
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{first.lead_id}/contact", {})
        await told(client, "POST", f"/leads/{second.lead_id}/assign", {"owner_id": "fay"})
    await said(db)
    await pass_time(service, db, first.respond_by - timedelta(seconds=600))
    assert of(LeadResponseDue, await said(db)) == []
    await pass_time(service, db, utcnow() + HOUR - timedelta(seconds=500))
    (reminder,) = of(LeadResponseDue, await said(db))
    assert (reminder.lead_id, reminder.owner_id) == (second.lead_id, "fay")


async def test_after_so_many_others_it_goes_to_the_manager_and_stays(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await told(client, "PATCH", "/teams/europe", {"manager_id": "max"})
    await route_by(db, WITHIN | {"when_overdue": "escalate", "reroutes": 1})
    await carried(db, submission())
    first, second, third = [await _overdue(db) for _ in range(3)]
    assert len(of(LeadRouted, first)) == 1
    (escalated,) = of(LeadAssigned, second)
    assert (escalated.owner_id, escalated.reason) == ("max", f"to the manager: {escalated.previous_owner_id} did not respond in time")
    assert [event.topic for event in third] == ["lead.response_overdue"]
    versions = [event.version for event in (*second, *third)]
    assert versions == sorted(set(versions))
    assert (await the_lead(db))["owner_id"] == "max"
    async with rep(db, "max", "europe") as manager:
        await told(manager, "POST", f"/leads/{escalated.lead_id}/contact", {})


async def test_what_is_to_be_kept_stays_and_what_has_no_manager_too(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await route_by(
        db, WITHIN | {"when_overdue": "keep", "expression": "company.country == 'DE'"}, {"team_id": "world", "when_overdue": "escalate"}
    )
    await carried(db, submission(), submission(company={"country": "BR"}))
    await pass_time(service, db, utcnow() + HOUR * 5)
    assert [type(event) for event in await said(db)] == [LeadResponseOverdue] * 2


async def _overdue(db: Database) -> list[Any]:
    await pass_time(service, db, utcnow() + HOUR * 2)
    events = await said(db)
    await carried(db, *of(LeadRouted, events))
    return events
