"""The doors: who may knock, what they show, and that what enters by HTTP goes the same way as what enters by Kafka."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.accounts.main import service
from shared.database import Database, utcnow
from shared.events import AccountChanged, CaseSubmitted, Company, Event, OrderUpdated, Person, SurveyAnswered
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said
from tests.services.accounts.builders import case, line, rep, won_deal


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("accounts")


@pytest.fixture
async def account_id(db: Database) -> str:
    await hear(service, db, rep(), won_deal())
    (opened,) = await said(db)
    return opened.key()


def client_as(db: Database, role: str, subject: str = "ana", *teams: str) -> httpx.AsyncClient:
    return api_client(service, db, roles={role}, subject=subject, teams=teams)


def violations(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [(violation["field"], violation["rule"]) for violation in answer.json()["violations"]]


def an_order(**fields: Any) -> dict[str, Any]:
    return {"order_id": "o-1", "status": "placed", "occurred_at": "2026-03-02T12:00:00Z", "lines": [line()]} | fields


def a_case(**fields: Any) -> dict[str, Any]:
    return {"contact": {"email": "ana@acme.example"}, "subject": "It leaks", "severity": "high", "channel": "web"} | fields


async def test_an_order_that_enters_by_http_becomes_the_event_and_then_the_order(db: Database, account_id: str) -> None:
    async with client_as(db, "integration") as client:
        answer = await client.post("/orders", json=an_order(account_id=account_id))
        assert (answer.status_code, answer.headers["location"], answer.json()) == (202, "/orders/o-1", {"id": "o-1", "look": "/orders/o-1"})
        assert (await client.get("/orders/o-1")).status_code == 404
        (event,) = await said(db)
        assert isinstance(event, OrderUpdated)
        await hear(service, db, event)
        shown = (await client.get("/orders/o-1")).json()
    assert (shown["status"], shown["amount"], shown["account_id"]) == ("placed", "3980", account_id)


@pytest.mark.parametrize("order_id", ["2026/117", "注文 1", "50%?#a"])
async def test_an_order_is_found_under_whatever_id_its_system_gave_it(db: Database, account_id: str, order_id: str) -> None:
    async with client_as(db, "integration") as client:
        answer = await client.post("/orders", json=an_order(account_id=account_id, order_id=order_id))
        await hear(service, db, *await said(db))
        shown = await client.get(answer.headers["location"])
        history = await client.get(answer.headers["location"] + "/history")
    assert (shown.json()["id"], len(history.json()["items"])) == (order_id, 1)


async def test_a_case_that_enters_by_http_is_found_where_it_was_said_to_be(db: Database, account_id: str) -> None:
    async with client_as(db, "agent") as client:
        answer = await client.post("/cases", json=a_case())
        assert answer.status_code == 202
        (event,) = await said(db)
        assert isinstance(event, CaseSubmitted)
        await hear(service, db, event)
        shown = await client.get(answer.headers["location"])
        assert (shown.status_code, shown.json()["id"], shown.json()["account_id"]) == (200, answer.json()["id"], account_id)
        (listed,) = (await client.get("/cases", params={"status": "open", "severity": "high"})).json()["items"]
        assert listed["id"] == answer.json()["id"]


async def test_an_answer_that_enters_by_http_is_found_where_it_was_said_to_be(db: Database, account_id: str) -> None:
    async with client_as(db, "integration") as client:
        answer = await client.post("/surveys", json={"account_id": account_id, "kind": "nps", "score": 9})
        (event,) = await said(db)
        assert isinstance(event, SurveyAnswered)
        await hear(service, db, event)
        (shown,) = (await client.get(answer.headers["location"])).json()["items"]
    assert (answer.status_code, shown["score"], shown["against_expectation"]) == (202, 90, "exceeded")


async def test_the_correlation_id_goes_from_the_door_to_the_last_event(db: Database, account_id: str) -> None:
    async with client_as(db, "integration") as client:
        await client.post("/orders", json=an_order(account_id=account_id, status="delivered"), headers={"x-correlation-id": "corr-1"})
    entered = await said(db)
    await hear(service, db, *entered)
    everything: list[Event] = [*entered, *await said(db)]
    assert len({event.envelope.correlation_id for event in everything}) == 1
    assert [event.topic for event in everything] == ["order.updated", "order.fulfilled", "survey.requested"]


async def test_the_same_command_key_submits_once(db: Database, account_id: str) -> None:
    async with client_as(db, "integration") as client:
        answers = [await client.post("/cases", json=a_case(), headers={"idempotency-key": "k-1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await said(db)) == 1


@pytest.mark.parametrize(
    ("path", "body", "violation"),
    [
        ("/orders", an_order(), ("account_id", "account_or_opportunity")),
        ("/orders", an_order(account_id="nowhere"), ("account_id", "known")),
        ("/orders", an_order(account_id="ID", occurred_at="2099-01-01T00:00:00Z"), ("occurred_at", "believable_moment")),
        ("/orders", an_order(account_id="ID", lines=[line(unit_price="-1")]), ("lines.0.unit_price", "greater_than_equal")),
        ("/orders", an_order(account_id="ID", occurred_at="2026-03-02T12:00:00"), ("occurred_at", "timezone_aware")),
        ("/cases", a_case(contact={"email": "nobody"}), ("contact.email", "email")),
        ("/cases", a_case(subject=""), ("subject", "required")),
        ("/surveys", {"account_id": "ID", "kind": "csat", "score": 6}, ("score", "csat_1_to_5")),
        ("/surveys", {"account_id": "ID", "kind": "nps", "score": 11}, ("score", "less_than_equal")),
        ("/surveys", {"account_id": "nowhere", "kind": "nps", "score": 1}, ("account_id", "known")),
    ],
)
async def test_bad_input_is_refused_at_the_door_with_field_and_rule(
    db: Database, account_id: str, path: str, body: dict[str, Any], violation: tuple[str, str]
) -> None:
    if body.get("account_id") == "ID":
        body = body | {"account_id": account_id}
    async with client_as(db, "integration") as client:
        answer = await client.post(path, json=body)
    assert (answer.status_code, violations(answer)) == (422, [violation])
    assert await said(db) == []


async def test_an_order_of_an_opportunity_not_yet_won_is_accepted_and_waits(db: Database) -> None:
    async with client_as(db, "integration") as client:
        assert (await client.post("/orders", json=an_order(opportunity_id="opp-1"))).status_code == 202


@pytest.mark.parametrize(("path", "body"), [("/orders", an_order(opportunity_id="o")), ("/cases", a_case()), ("/surveys", {})])
async def test_reps_do_not_send_for_outside_systems(db: Database, path: str, body: dict[str, Any]) -> None:
    body = body or {"account_id": "a", "kind": "nps", "score": 1}
    async with client_as(db, "rep") as client:
        assert (await client.post(path, json=body)).status_code == 403


async def test_nobody_enters_without_a_token(db: Database) -> None:
    async with api_client(service, db, signed_in=False) as client:
        assert {(await client.get(path)).status_code for path in ("/accounts", "/cases", "/orders/o-1")} == {401}


@pytest.mark.parametrize(
    ("role", "subject", "teams", "sees"),
    [
        ("rep", "rep-1", (), True),
        ("rep", "rep-9", ("north",), True),
        ("rep", "rep-9", ("south",), False),
        ("manager", "mia", ("south",), False),
        ("manager", "mia", ("*",), True),
        ("agent", "abe", (), True),
        ("admin", "ada", (), True),
        ("integration", "erp", (), True),
    ],
)
async def test_each_sees_what_is_theirs(db: Database, account_id: str, role: str, subject: str, teams: tuple[str, ...], sees: bool) -> None:
    await hear(service, db, case(external_id="T-1"))
    (case_id,) = [row["_id"] for row in await db.collection("cases").find().to_list(None)]
    async with client_as(db, role, subject, *teams) as client:
        assert [len((await client.get(path)).json()["items"]) for path in ("/accounts", "/cases")] == [int(sees)] * 2
        inside = [f"/accounts/{account_id}", f"/accounts/{account_id}/contacts", f"/accounts/{account_id}/history", f"/cases/{case_id}"]
        assert {(await client.get(path)).status_code for path in inside} == {200 if sees else 404}


async def test_an_account_is_changed_by_the_version_that_was_read(db: Database, account_id: str) -> None:
    async with client_as(db, "agent", "abe") as client:
        read = await client.get(f"/accounts/{account_id}")
        changed = await client.patch(f"/accounts/{account_id}", json={"name": "Acme SE"}, headers={"if-match": read.headers["etag"]})
        assert (changed.status_code, changed.json()["name"], changed.headers["etag"]) == (200, "Acme SE", '"2"')
        stale = await client.patch(f"/accounts/{account_id}", json={"name": "Acme AG"}, headers={"if-match": read.headers["etag"]})
        assert stale.status_code == 412
        history = (await client.get(f"/accounts/{account_id}/history")).json()["items"]
    (event,) = await said(db)
    assert isinstance(event, AccountChanged)
    assert (event.version, event.name, event.changed, len(event.contacts)) == (2, "Acme SE", ["name"], 1)
    assert (history[0]["by"], history[0]["before"], history[0]["after"]) == ("user:abe", {"name": "Acme GmbH"}, {"name": "Acme SE"})


async def test_a_change_that_changes_nothing_says_nothing(db: Database, account_id: str) -> None:
    async with client_as(db, "agent") as client:
        answer = await client.patch(f"/accounts/{account_id}", json={"name": "Acme GmbH"})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert await said(db) == []


async def test_an_account_is_handed_over_with_its_cases(db: Database, account_id: str) -> None:
    await hear(service, db, rep(rep_id="rep-2", name="Rolf Rep", team_id="south"), case())
    async with client_as(db, "manager", "mia", "*") as client:
        answer = await client.patch(f"/accounts/{account_id}", json={"owner_id": "rep-2"})
    assert (answer.json()["owner_name"], answer.json()["team_id"]) == ("Rolf Rep", "south")
    async with client_as(db, "rep", "rep-2") as client:
        assert len((await client.get("/cases")).json()["items"]) == 1
    async with client_as(db, "rep", "rep-1") as client:
        assert (await client.get("/accounts")).json()["items"] == []


async def test_a_corrected_domain_finds_the_account_and_the_old_one_does_not(db: Database, account_id: str) -> None:
    async with client_as(db, "admin") as client:
        answer = await client.patch(f"/accounts/{account_id}", json={"domain": "https://www.ACME-Group.example/"})
    assert answer.json()["domain"] == "acme-group.example"
    await said(db)
    people = [Person(first_name=name, email=f"{name}@else.example") for name in ("bo", "cy")]
    await hear(service, db, won_deal(company=Company(domain="acme-group.example"), person=people[0]))
    await hear(service, db, won_deal(company=Company(domain="acme.example"), person=people[1]))
    assert [event.topic for event in await said(db)] == ["account.changed", "account.opened"]


async def test_whoever_has_seen_an_account_or_a_case_before_sees_whose_it_is_now(db: Database, account_id: str) -> None:
    await hear(service, db, case(account_id=account_id), rep(rep_id="rep-2", name="Bob Rep"))
    async with client_as(db, "admin") as client:
        (opened,) = (await client.get("/cases")).json()["items"]
        account, its_case = [await client.get(path) for path in (f"/accounts/{account_id}", f"/cases/{opened['id']}")]
        await hear(service, db, rep(version=2, active=False))
        left = await client.get(f"/accounts/{account_id}", headers={"if-none-match": account.headers["etag"]})
        await client.patch(f"/accounts/{account_id}", json={"owner_id": "rep-2"})
        moved = await client.get(f"/cases/{opened['id']}", headers={"if-none-match": its_case.headers["etag"]})
    assert (left.status_code, left.json()["owner_active"]) == (200, False)
    assert (moved.status_code, moved.json()["owner_id"]) == (200, "rep-2")


async def test_a_private_customer_who_is_given_a_domain_is_found_by_it_and_it_is_theirs_alone(db: Database, account_id: str) -> None:
    await hear(service, db, won_deal(company=Company(), person=Person(first_name="Bo", email="bo@gmail.com")))
    private = (await said(db))[0].key()
    async with client_as(db, "admin") as client:
        taken = await client.patch(f"/accounts/{private}", json={"domain": "acme.example"})
        assert (taken.status_code, violations(taken)) == (422, [("domain", "unique")])
        assert (await client.patch(f"/accounts/{private}", json={"domain": "bo.example"})).status_code == 200
    await said(db)
    await hear(service, db, won_deal(company=Company(domain="bo.example"), person=Person(email="cy@bo.example")))
    assert [(event.topic, event.key()) for event in await said(db)] == [("account.changed", private)]


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"domain": "gmail.com"}, "domain", "company_domain"),
        ({"domain": "hotmail.ch"}, "domain", "company_domain"),
        ({"domain": "https://"}, "domain", "domain"),
        ({"domain": "hello world"}, "domain", "domain"),
        ({"domain": "info@acme.example"}, "domain", "domain"),
        ({"domain": "acme"}, "domain", "domain"),
        ({"domain": "taken.example"}, "domain", "unique"),
        ({"owner_id": "nobody"}, "owner_id", "active_rep"),
        ({"owner_id": "rep-gone"}, "owner_id", "active_rep"),
        ({"name": ""}, "name", "string_too_short"),
        ({"name": None}, "name", "string_type"),
        ({"country": "Germany"}, "country", "country"),
        ({"country": "ZZ"}, "country", "country"),
        ({"nickname": "Acme"}, "nickname", "extra_forbidden"),
    ],
)
async def test_a_bad_change_names_field_and_rule(db: Database, account_id: str, body: dict[str, Any], field: str, rule: str) -> None:
    await hear(
        service, db, rep(rep_id="rep-gone", active=False), won_deal(company=Company(name="Taken", domain="taken.example"), person=Person())
    )
    await said(db)
    async with client_as(db, "admin") as client:
        answer = await client.patch(f"/accounts/{account_id}", json=body)
    assert (answer.status_code, violations(answer)) == (422, [(field, rule)])
    assert await said(db) == []


async def test_lists_page_by_cursor(db: Database) -> None:
    await hear(service, db, *(won_deal(company=Company(domain=f"c{number}.example"), person=Person()) for number in range(5)))
    names: list[str] = []
    async with client_as(db, "agent") as client:
        params = {"limit": "2", "sort": "name"}
        while params:
            page = (await client.get("/accounts", params=params)).json()
            names += [account["name"] for account in page["items"]]
            params = params | {"cursor": page["next"]} if page["next"] else {}
    assert names == [f"c{number}.example" for number in range(5)]


async def test_overdue_cases_come_first_by_their_promise(db: Database) -> None:
    await hear(service, db, case(severity="low"), case(severity="critical"), case(severity="normal"))
    async with client_as(db, "agent") as client:
        listed = (await client.get("/cases", params={"sort": "respond_by", "status": "open"})).json()["items"]
        soon = (utcnow() + timedelta(hours=2)).isoformat()
        due = (await client.get("/cases", params={"sort": "respond_by", "respond_by__lte": soon})).json()["items"]
    assert [one["severity"] for one in listed] == ["critical", "normal", "low"]
    assert [one["severity"] for one in due] == ["critical"]


async def test_a_person_shows_at_the_account_with_the_role(db: Database, account_id: str) -> None:
    async with client_as(db, "rep", "rep-1") as client:
        (contact,) = (await client.get(f"/accounts/{account_id}/contacts")).json()["items"]
    assert (contact["first_name"], contact["role"], "email_hash" in contact) == ("Ana", "buyer", False)
