"""A sale worked by hand: described, moved, shared, closed, reopened, stalled."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from services.opportunities.main import service
from shared.database import utcnow
from shared.events import DealClosed, DealReopened, OpportunityOpened, OpportunityStageChanged, OpportunityStalled
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time, said
from tests.services.opportunities.builders import lead_assigned, manager, opened, rep_changed, rules_broken, seller, show, told

MONEY = {"amount": "9000.00", "currency": "EUR"}
WON = {"outcome": "won", "reason": "best_fit"}


async def test_a_rep_opens_an_opportunity_by_hand(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, rep_changed("ana", team_id="south"))
    body = {"company": {"name": "Acme"}, "person": {"email": "ada@acme.example"}, **MONEY, "close_date": "2026-05-31", "needs": ["pumps"]}
    async with seller(db) as ana:
        response = await ana.post("/opportunities", json=body)
    shown = response.json()
    assert (response.status_code, response.headers["etag"], response.headers["location"]) == (201, '"1"', f"/opportunities/{shown['id']}")
    assert (shown["name"], shown["owner_id"], shown["team_id"], shown["close_date"]) == ("Acme", "ana", "south", "2026-05-31")
    (event,) = await said(db)
    assert isinstance(event, OpportunityOpened)
    assert (event.lead_id, event.owner_id, event.amount) == (None, "ana", Decimal("9000.00"))


async def test_only_a_manager_opens_one_for_somebody_else(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, rep_changed("bob"))
    async with seller(db) as ana, manager(db) as max_:
        await told(ana, "POST", "/opportunities", {"owner_id": "bob"}, expect=403)
        shown = await told(max_, "POST", "/opportunities", {"owner_id": "bob"}, expect=201)
        problem = await told(max_, "POST", "/opportunities", {"owner_id": "nobody"}, expect=422)
    assert shown["owner_id"] == "bob"
    assert rules_broken(problem) == {"owner_id": "known_rep"}


async def test_what_was_learned_is_written_down(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    changes = {
        "name": "Ten pumps",
        **MONEY,
        "close_date": "2026-06-30",
        "needs": ["quiet", "cheap"],
        "expectations": [{"text": "delivered in a week", "measure": "7 days"}],
        "competitors": [{"name": "Pumpco"}],
        "contacts": [{"first_name": "Joe", "email": "joe@acme.example", "role": "decides"}],
    }
    async with seller(db) as ana:
        shown = await told(ana, "PATCH", f"/opportunities/{opportunity_id}", changes, expect=200)
        cleared = await told(ana, "PATCH", f"/opportunities/{opportunity_id}", {"close_date": None}, expect=200)
        history = await told(ana, "GET", f"/opportunities/{opportunity_id}/history?limit=2", expect=200)
    assert {name: shown[name] for name in ("name", "amount", "close_date", "needs")} == {
        name: changes[name] for name in ("name", "amount", "close_date", "needs")
    }
    assert (shown["expectations"][0]["measure"], shown["contacts"][0]["role"]) == ("7 days", "decides")
    assert (cleared["close_date"], cleared["amount"]) == (None, "9000.00")
    last, first = history["items"]
    assert (last["before"], last["after"], last["by"]) == ({"close_date": "2026-06-30"}, {"close_date": None}, "user:ana")
    assert first["after"]["amount"] == "9000.00"


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"amount": "10"}, {"currency": "required"}),
        ({"amount": 10.5, "currency": "EUR"}, {"amount": "value_error"}),
        ({"amount": "-1", "currency": "EUR"}, {"amount": "greater_than_equal"}),
        ({"amount": "1000000000000", "currency": "EUR"}, {"amount": "less_than"}),
        ({"amount": "1", "currency": "XYZ"}, {"currency": "iso4217"}),
        ({"name": None}, {"name": "string_type"}),
        ({"owner_id": "bob"}, {"owner_id": "extra_forbidden"}),
        ({"close_date": "soon"}, {"close_date": "date_from_datetime_parsing"}),
        ({"expectations": [{"text": "On time"}, {"text": " "}]}, {"expectations.1.text": "string_too_short"}),
        ({"competitors": [{"name": ""}]}, {"competitors.0.name": "string_too_short"}),
        ({"contacts": [{"title": "CEO", "role": "decides"}]}, {"contacts.0": "someone"}),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(database_of: DatabaseOf, changes: dict[str, object], broken: dict[str, str]) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    async with seller(db) as ana:
        problem = await told(ana, "PATCH", f"/opportunities/{opportunity_id}", changes, expect=422)
    assert rules_broken(problem) == broken
    assert (await show(db, opportunity_id))["version"] == 2


@pytest.mark.parametrize(
    ("draft", "broken"),
    [
        ({"company": {"name": "Acme", "country": "Germany"}}, {"company.country": "country"}),
        ({"company": {"country": "ZZ"}}, {"company.country": "country"}),
    ],
)
async def test_no_sale_is_opened_in_a_country_that_there_is_not(
    database_of: DatabaseOf, draft: dict[str, object], broken: dict[str, str]
) -> None:
    async with seller(await database_of("opportunities")) as ana:
        problem = await told(ana, "POST", "/opportunities", draft, expect=422)
    assert rules_broken(problem) == broken


async def test_nothing_is_worth_less_than_nothing(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    async with seller(db) as ana:
        shown = await told(ana, "POST", "/opportunities", {"amount": "-0.00", "currency": "EUR"}, expect=201)
    assert shown["amount"] == "0.00"


async def test_control_characters_go_into_no_event(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db) as ana:
        assert set(rules_broken(await told(ana, "PATCH", path, {"name": "line\nbreak"}, expect=422))) == {"name"}
        assert set(rules_broken(await told(ana, "POST", f"{path}/reopen", {"reason": "\x1b[0m"}, expect=422))) == {"reason"}


async def test_a_change_meant_for_an_older_version_is_refused(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    async with seller(db) as ana:
        path = f"/opportunities/{opportunity_id}"
        etag = (await ana.get(path)).headers["etag"]
        assert (await ana.patch(path, json={"name": "A"}, headers={"If-Match": etag})).headers["etag"] == '"3"'
        commands = [
            ("PATCH", path, {"name": "B"}),
            ("POST", f"{path}/stage", {"stage": "discovery"}),
            ("POST", f"{path}/close", {"outcome": "lost", "reason": "price"}),
            ("PUT", f"{path}/team", {"members": [{"rep_id": "ana"}]}),
            ("POST", f"{path}/activities", {"kind": "call", "subject": "Hello"}),
            ("POST", f"{path}/commitments", {"promisor": "us", "counterparty": "Ada", "text": "call", "due": "2099-01-01T00:00:00Z"}),
            ("POST", f"{path}/proposals", MONEY),
        ]
        for method, where, body in commands:
            await told(ana, method, where, body, expect=412, if_match=etag)
    assert (await show(db, opportunity_id))["version"] == 3


async def test_moving_a_stage_tells_the_time_spent_in_the_last(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    async with seller(db) as ana:
        shown = await told(ana, "POST", f"/opportunities/{opportunity_id}/stage", {"stage": "discovery"}, expect=200)
    (event,) = await said(db)
    assert isinstance(event, OpportunityStageChanged)
    assert (event.from_stage, event.to_stage, event.probability, event.forecast_category) == ("new", "discovery", Decimal(25), "pipeline")
    first, second = shown["stages"]
    assert first["spent_seconds"] == event.spent_seconds >= 0
    assert (first["left_at"], second["stage"], second["left_at"]) == (second["entered_at"], "discovery", None)
    assert (shown["probability"], shown["version"]) == ("25", event.version)


async def test_every_missing_field_is_named_when_a_stage_needs_it(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    path = f"/opportunities/{opportunity_id}"
    async with seller(db) as ana:
        problem = await told(ana, "POST", f"{path}/stage", {"stage": "negotiation"}, expect=409)
        assert rules_broken(problem) == {"amount": "required", "currency": "required", "proposal_sent": "required"}
        await told(ana, "PATCH", path, MONEY, expect=200)
        await told(ana, "POST", f"{path}/stage", {"stage": "proposal"}, expect=200)
        problem = await told(ana, "POST", f"{path}/stage", {"stage": "negotiation"}, expect=409)
        assert rules_broken(problem) == {"proposal_sent": "required"}
        await told(ana, "POST", f"{path}/proposals", MONEY, expect=201)
        await told(ana, "POST", f"{path}/stage", {"stage": "negotiation"}, expect=200)
        await told(ana, "POST", f"{path}/stage", {"stage": "new"}, expect=200)


async def test_only_stages_of_the_pipeline_can_be_entered_and_only_other_ones(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}/stage"
    async with seller(db) as ana:
        problem = await told(ana, "POST", path, {"stage": "won"}, expect=422)
        assert rules_broken(problem) == {"stage": "known_stage"}
        assert "new, discovery, proposal, negotiation" in problem["detail"]
        await told(ana, "POST", path, {"stage": "new"}, expect=409)


async def test_a_won_deal_tells_what_it_took(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db, rep_changed("bob"))
    path = f"/opportunities/{opportunity_id}"
    lines = [{"product": "pump", "quantity": "3", "unit_price": "3000"}]
    members = [{"rep_id": "ana", "role": "owner", "split": "60.5"}, {"rep_id": "bob", "role": "engineer", "split": "39.5"}]
    async with seller(db) as ana:
        await told(ana, "PATCH", path, {"expectations": [{"text": "delivered in a week"}]}, expect=200)
        for minutes in (30, 45, 0):
            await told(ana, "POST", f"{path}/activities", {"kind": "call", "subject": "Talk", "effort_minutes": minutes}, expect=201)
        proposal = await told(ana, "POST", f"{path}/proposals", {"currency": "EUR", "lines": lines}, expect=201)
        await told(ana, "POST", f"{path}/proposals/{proposal['id']}/accept", {}, expect=200)
        await told(ana, "PUT", f"{path}/team", {"members": members}, expect=200)
        await said(db)
        shown = await told(ana, "POST", f"{path}/close", WON, expect=200)
    (event,) = await said(db)
    assert isinstance(event, DealClosed)
    assert (event.outcome, event.reason, event.amount, event.currency) == ("won", "best_fit", Decimal(9000), "EUR")
    assert event.effort_seconds == 75 * 60
    assert event.cycle_seconds == (event.closed_at - datetime.fromisoformat(shown["opened_at"])).total_seconds() > 0
    assert (event.lines[0].product, event.lines[0].currency) == ("pump", "EUR")
    assert sum(member.split for member in event.team) == 100
    assert (event.person.email, event.company.name, event.lead_id) == ("ada@acme.example", "Acme", shown["lead_id"])
    assert event.expectations[0].text == "delivered in a week"
    assert (shown["status"], shown["probability"], shown["forecast_category"], shown["version"]) == ("won", "100", "closed", event.version)


async def test_a_deal_is_closed_only_for_a_known_reason(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}/close"
    async with seller(db) as ana:
        problem = await told(ana, "POST", path, {"outcome": "lost", "reason": "best_fit"}, expect=422)
        assert rules_broken(problem) == {"reason": "known_reason"}
        assert "no_budget, no_decision, competitor" in problem["detail"]
        shown = await told(ana, "POST", path, {"outcome": "lost", "reason": "competitor", "note": "Pumpco"}, expect=200)
    (event,) = await said(db)
    assert isinstance(event, DealClosed)
    assert (event.outcome, event.amount, shown["close_note"], shown["forecast_category"]) == ("lost", None, "Pumpco", "omitted")


async def test_winning_needs_an_amount_which_may_come_with_it(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}/close"
    async with seller(db) as ana:
        problem = await told(ana, "POST", path, WON, expect=409)
        assert rules_broken(problem) == {"amount": "required", "currency": "required"}
        assert (await told(ana, "POST", path, WON | MONEY, expect=200))["amount"] == "9000.00"


async def test_a_closed_deal_refuses_everything_but_reopening(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db) as ana:
        await told(ana, "POST", f"{path}/close", WON | MONEY, expect=200)
        await said(db)
        commands = [
            ("PATCH", path, {"name": "B"}),
            ("POST", f"{path}/stage", {"stage": "discovery"}),
            ("POST", f"{path}/close", WON),
            ("PUT", f"{path}/team", {"members": [{"rep_id": "ana"}]}),
            ("POST", f"{path}/activities", {"kind": "call", "subject": "Hello"}),
            ("POST", f"{path}/commitments", {"promisor": "us", "counterparty": "Ada", "text": "call", "due": "2099-01-01T00:00:00Z"}),
            ("POST", f"{path}/proposals", MONEY),
        ]
        for method, where, body in commands:
            problem = await told(ana, method, where, body, expect=409)
            assert rules_broken(problem) == {"status": "open"}
        assert await said(db) == []
        shown = await told(ana, "POST", f"{path}/reopen", {"reason": "they called"}, expect=200)
        await told(ana, "POST", f"{path}/reopen", {"reason": "again"}, expect=409)
        await told(ana, "POST", f"{path}/stage", {"stage": "discovery"}, expect=200)
    (reopened, *_) = await said(db)
    assert isinstance(reopened, DealReopened)
    assert (reopened.stage, reopened.reason, reopened.version) == ("new", "they called", shown["version"])
    assert (shown["status"], shown["closed_at"], shown["close_reason"], shown["probability"]) == ("open", None, None, "10")
    assert [stay["stage"] for stay in shown["stages"]] == ["new", "new"]


async def test_the_credit_for_a_closed_deal_stays_until_it_is_reopened(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    lead_id = (await show(db, opportunity_id))["lead_id"]
    async with seller(db) as ana:
        await told(ana, "POST", f"/opportunities/{opportunity_id}/close", WON | MONEY, expect=200)
    await hear(service, db, lead_assigned(lead_id, "bob", version=9))
    closed = await show(db, opportunity_id)
    assert (closed["owner_id"], closed["team"][0]["rep_id"]) == ("bob", "ana")
    async with seller(db, "bob") as bob:
        shown = await told(bob, "POST", f"/opportunities/{opportunity_id}/reopen", {"reason": "they called"}, expect=200)
    assert shown["team"][0]["rep_id"] == "bob"


async def test_a_team_is_checked_as_a_whole(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db, rep_changed('bob', active=False))}/team"
    async with seller(db) as ana:
        members = [{"rep_id": "bob", "role": "engineer", "split": "50"}, {"rep_id": "bob", "role": "owner", "split": "49.9"}]
        problem = await told(ana, "PUT", path, {"members": members}, expect=422)
        shown = await told(ana, "GET", path, expect=200)
    assert {(violation["field"], violation["rule"]) for violation in problem["violations"]} == {
        ("team", "splits"),
        ("team.1.rep_id", "once"),
        ("team.0.rep_id", "known_rep"),
        ("team.1.rep_id", "known_rep"),
        ("team", "owner"),
    }
    assert shown == {"version": 2, "owner_id": "ana", "items": [{"rep_id": "ana", "role": "owner", "split": "100"}]}


async def test_an_opportunity_that_nobody_touches_is_stalled_once(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    begun = utcnow()
    await pass_time(service, db, begun + timedelta(days=6))
    assert await said(db) == []
    await pass_time(service, db, begun + timedelta(days=8))
    await pass_time(service, db, begun + timedelta(days=30))
    (event,) = await said(db)
    assert isinstance(event, OpportunityStalled)
    assert (event.opportunity_id, event.stage, event.owner_id, event.version) == (opportunity_id, "new", "ana", 3)
    assert event.idle_seconds >= 7 * 24 * 3600
    assert (await show(db, opportunity_id))["stalled_at"] is not None


async def test_work_on_a_stalled_opportunity_starts_the_watch_anew(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    await pass_time(service, db, utcnow() + timedelta(days=8))
    await said(db)
    async with seller(db) as ana:
        await told(ana, "POST", f"{path}/activities", {"kind": "call", "subject": "Hello"}, expect=201)
        assert (await told(ana, "GET", path, expect=200))["stalled_at"] is None
    await said(db)
    await pass_time(service, db, utcnow() + timedelta(days=8))
    assert [event.topic for event in await said(db)] == ["opportunity.stalled"]


async def test_a_closed_deal_does_not_stall(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with seller(db) as ana:
        await told(ana, "POST", f"{path}/close", {"outcome": "lost", "reason": "price"}, expect=200)
    await said(db)
    assert await pass_time(service, db, utcnow() + timedelta(days=400)) == 0
    assert await said(db) == []


async def test_a_command_sent_twice_under_one_key_is_carried_out_once(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}/activities"
    async with seller(db) as ana:
        body = {"kind": "call", "subject": "Hello", "effort_minutes": 5}
        first = await told(ana, "POST", path, body, expect=201, idempotency_key="k1")
        second = await told(ana, "POST", path, body, expect=201, idempotency_key="k1")
    assert first == second
    assert [event.topic for event in await said(db)] == ["activity.logged"]


async def test_an_agent_reads_but_does_not_sell(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    path = f"/opportunities/{await opened(db)}"
    async with api_client(service, db, roles={"agent"}) as agent, api_client(service, db, signed_in=False) as stranger:
        await told(agent, "GET", path, expect=200)
        await told(agent, "PATCH", path, {"name": "B"}, expect=403)
        await told(stranger, "GET", path, expect=401)
