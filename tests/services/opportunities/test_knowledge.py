"""Activities, commitments and proposals."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.opportunities.main import service
from shared.database import utcnow
from shared.events import ActivityLogged, CommitmentKept, CommitmentMade, CommitmentMissed, ProposalDecided, ProposalSent
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.opportunities.builders import lead_assigned, opened, rules_broken, seller, show, told


async def promise(client: httpx.AsyncClient, path: str, due: datetime) -> Any:
    body = {"promisor": "Ana", "counterparty": "Ada", "text": "send the drawing", "due": due.isoformat()}
    return await told(client, "POST", f"{path}/commitments", body, expect=201)


async def commitments(client: httpx.AsyncClient, path: str, **filters: str) -> Any:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return (await told(client, "GET", f"{path}/commitments?{query}", expect=200))["items"]


async def test_activities_add_up_to_the_effort(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    path = f"/opportunities/{opportunity_id}/activities"
    async with seller(db) as ana:
        first = await told(
            ana, "POST", path, {"kind": "call", "subject": "Hello", "effort_minutes": 20, "occurred_at": "2026-03-01T10:00:00Z"}, expect=201
        )
        await told(ana, "POST", path, {"kind": "note", "subject": "They like it", "notes": "a lot"}, expect=201)
        listed = await told(ana, "GET", path, expect=200)
        calls = await told(ana, "GET", f"{path}?kind=call", expect=200)
    events = await said(db)
    assert all(isinstance(event, ActivityLogged) for event in events)
    assert [(event.version, event.effort_minutes, event.by) for event in events if isinstance(event, ActivityLogged)] == [
        (3, 20, "ana"),
        (4, 0, "ana"),
    ]
    assert [activity["kind"] for activity in listed["items"]] == ["note", "call"]
    assert calls["items"] == [first]
    shown = await show(db, opportunity_id)
    assert (shown["effort_minutes"], shown["version"]) == (20, first["opportunity_version"] + 1)


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"effort_minutes": -1}, {"effort_minutes": "greater_than_equal"}),
        ({"effort_minutes": 1.5}, {"effort_minutes": "int_type"}),
        ({"kind": "party"}, {"kind": "literal_error"}),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, {"occurred_at": "past"}),
        ({"occurred_at": "2026-01-01T00:00:00"}, {"occurred_at": "timezone_aware"}),
        ({"subject": ""}, {"subject": "string_too_short"}),
    ],
)
async def test_an_activity_that_makes_no_sense_is_refused(
    database_of: DatabaseOf, fields: dict[str, object], broken: dict[str, str]
) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}/activities"
    async with seller(db) as ana:
        problem = await told(ana, "POST", path, {"kind": "call", "subject": "Hello"} | fields, expect=422)
    assert rules_broken(problem) == broken


async def test_a_commitment_kept_in_time_is_never_missed(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db) as ana:
        made = await promise(ana, path, utcnow() + timedelta(days=1))
        kept = await told(ana, "POST", f"{path}/commitments/{made['id']}/keep", {"evidence": "sent by mail"}, expect=200, if_match='"1"')
        await told(ana, "POST", f"{path}/commitments/{made['id']}/keep", {}, expect=409)
    assert await pass_time(service, db, utcnow() + timedelta(days=2)) == 0
    first, second = await said(db)
    assert isinstance(first, CommitmentMade)
    assert isinstance(second, CommitmentKept)
    assert (kept["status"], kept["late"], second.evidence, second.owner_id) == ("kept", False, "sent by mail", "ana")
    assert (first.version, second.version) == (3, 4)


async def test_a_timer_that_is_replayed_after_the_promise_was_kept_says_nothing(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db) as ana:
        made = await promise(ana, path, utcnow() + timedelta(days=1))
        (timer,) = await db.collection("timers").find({"name": "commitment.due"}).to_list(None)
        kept = await told(ana, "POST", f"{path}/commitments/{made['id']}/keep", {}, expect=200)
        await said(db)
        await db.collection("timers").insert_one(timer)
        assert await pass_time(service, db, utcnow() + timedelta(days=2)) == 1
        assert await commitments(ana, path) == [kept]
    assert await said(db) == []


async def test_commitments_that_come_due_are_missed_once(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    path = f"/opportunities/{opportunity_id}"
    async with seller(db) as ana:
        for hours in (1, 2, 99):
            await promise(ana, path, utcnow() + timedelta(hours=hours))
        await said(db)
        await pass_time(service, db, utcnow() + timedelta(hours=3))
        await pass_time(service, db, utcnow() + timedelta(hours=4))
        missed = await commitments(ana, path, status="missed")
    events = await said(db)
    assert [type(event) for event in events] == [CommitmentMissed, CommitmentMissed]
    assert [event.version for event in events if isinstance(event, CommitmentMissed)] == [6, 7]
    assert [commitment["opportunity_version"] for commitment in missed] == [6, 7]
    assert all(commitment["missed_at"] >= commitment["due"] for commitment in missed)
    assert (await show(db, opportunity_id))["version"] == 7


async def test_whoever_owns_the_opportunity_by_then_is_told_of_a_broken_promise(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    async with seller(db) as ana:
        await promise(ana, f"/opportunities/{opportunity_id}", utcnow() + timedelta(hours=1))
    await hear(service, db, lead_assigned((await show(db, opportunity_id))["lead_id"], "bob", version=9))
    await said(db)
    await pass_time(service, db, utcnow() + timedelta(hours=2))
    (missed,) = await said(db)
    assert isinstance(missed, CommitmentMissed)
    assert missed.owner_id == "bob"


async def test_a_missed_commitment_may_be_kept_late_even_after_the_closing(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db) as ana:
        made = await promise(ana, path, utcnow() + timedelta(minutes=1))
        await pass_time(service, db, utcnow() + timedelta(minutes=2))
        await told(ana, "POST", f"{path}/close", {"outcome": "lost", "reason": "price"}, expect=200)
        kept = await told(ana, "POST", f"{path}/commitments/{made['id']}/keep", expect=200)
    assert (kept["status"], kept["late"], kept["missed_at"] is not None) == ("kept", True, True)
    assert [event.topic for event in await said(db)] == ["commitment.made", "commitment.missed", "deal.closed", "commitment.kept"]


async def test_a_commitment_is_due_in_the_future(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}/commitments"
    async with seller(db) as ana:
        body = {"promisor": "Ana", "counterparty": "Ada", "text": "call", "due": "2026-01-01T00:00:00Z"}
        assert rules_broken(await told(ana, "POST", path, body, expect=422)) == {"due": "future"}


async def test_a_commitment_is_found_only_under_its_opportunity(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    mine, other = await opened(db), await opened(db)
    async with seller(db) as ana:
        made = await promise(ana, f"/opportunities/{mine}", utcnow() + timedelta(days=1))
        await told(ana, "POST", f"/opportunities/{other}/commitments/{made['id']}/keep", {}, expect=404)
        await told(ana, "POST", f"/opportunities/{mine}/commitments/{made['id']}/keep", {}, expect=412, if_match='"7"')


async def test_a_proposal_is_worth_what_its_lines_add_up_to(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    lines = [{"product": "pump", "quantity": "3", "unit_price": "10.10"}, {"product": "hose", "quantity": "0.5", "unit_price": "3"}]
    async with seller(db) as ana:
        proposal = await told(ana, "POST", f"/opportunities/{opportunity_id}/proposals", {"currency": "EUR", "lines": lines}, expect=201)
    (event,) = await said(db)
    assert isinstance(event, ProposalSent)
    assert (proposal["amount"], str(event.amount), event.currency) == ("31.80", "31.80", "EUR")
    shown = await show(db, opportunity_id)
    assert (shown["amount"], shown["currency"], [line["product"] for line in shown["lines"]]) == ("31.80", "EUR", ["pump", "hose"])


async def test_an_accepted_proposal_says_what_the_deal_is_worth(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    path = f"/opportunities/{opportunity_id}"
    async with seller(db) as ana:
        await told(ana, "PATCH", path, {"amount": "500", "currency": "USD"}, expect=200)
        first = await told(ana, "POST", f"{path}/proposals", {"amount": "400", "currency": "EUR"}, expect=201)
        second = await told(ana, "POST", f"{path}/proposals", {"amount": "450", "currency": "EUR"}, expect=201)
        assert (await show(db, opportunity_id))["currency"] == "USD"
        await told(ana, "POST", f"{path}/proposals/{first['id']}/decline", {"reason": "too little"}, expect=200)
        assert (await show(db, opportunity_id))["amount"] == "500"
        await told(ana, "POST", f"{path}/proposals/{second['id']}/accept", expect=200)
        await told(ana, "POST", f"{path}/proposals/{second['id']}/decline", {}, expect=409)
        accepted = await told(ana, "GET", f"{path}/proposals?status=accepted", expect=200)
    decided = [event for event in await said(db) if isinstance(event, ProposalDecided)]
    assert [(event.decision, event.reason) for event in decided] == [("declined", "too little"), ("accepted", None)]
    assert [proposal["id"] for proposal in accepted["items"]] == [second["id"]]
    shown = await show(db, opportunity_id)
    assert (shown["amount"], shown["currency"]) == ("450", "EUR")


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ({"amount": "10"}, {"currency": "missing"}),
        ({"currency": "EUR"}, {"amount": "required"}),
        ({"currency": "XXZ", "amount": "1"}, {"currency": "iso4217"}),
        ({"currency": "EUR", "lines": [{"product": "pump"}]}, {"lines.0.unit_price": "required"}),
        ({"currency": "EUR", "lines": [{"product": " ", "unit_price": "1"}]}, {"lines.0.product": "string_too_short"}),
        ({"currency": "EUR", "lines": [{"product": "pump", "unit_price": "1", "currency": "USD"}]}, {"lines.0.currency": "same"}),
        ({"currency": "EUR", "lines": [{"product": "pump", "unit_price": 1.1}]}, {"lines.0.unit_price": "value_error"}),
        ({"currency": "EUR", "lines": [{"product": "pump", "unit_price": "1", "quantity": "0"}]}, {"lines.0.quantity": "greater_than"}),
        (
            {"currency": "EUR", "lines": [{"product": "pump", "unit_price": "99999999999", "quantity": "99999999999"}]},
            {"lines": "too_much"},
        ),
    ],
)
async def test_a_proposal_that_makes_no_sense_is_refused(database_of: DatabaseOf, body: dict[str, object], broken: dict[str, str]) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}/proposals"
    async with seller(db) as ana:
        assert rules_broken(await told(ana, "POST", path, body, expect=422)) == broken
    assert await said(db) == []
