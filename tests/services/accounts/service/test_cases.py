"""A customer asks for help."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.accounts.main import service
from shared.database import Database, utcnow
from shared.events import AccountAtRisk, AccountChanged, CaseOpened, CaseOverdue, CaseResolved, CaseSubmitted, Envelope, Sender
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time, said
from tests.services.accounts.builders import case, won_deal


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("accounts")


@pytest.fixture
async def account_id(db: Database) -> str:
    await hear(service, db, won_deal())
    (opened,) = await said(db)
    return opened.key()


async def get(db: Database, path: str) -> Any:
    async with api_client(service, db) as client:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def opened_case(db: Database, submitted: CaseSubmitted) -> CaseOpened:
    await hear(service, db, submitted)
    (opened,) = await said(db)
    assert isinstance(opened, CaseOpened)
    return opened


def asked_at(moment: datetime, submitted: CaseSubmitted) -> CaseSubmitted:
    submitted.in_envelope(Envelope(id=f"case at {moment}", source="/tests", time=moment, correlation_id="c"))
    return submitted


async def test_a_case_belongs_to_the_account_that_it_names(db: Database, account_id: str) -> None:
    opened = await opened_case(db, case(account_id=account_id, contact=Sender(email="stranger@else.example")))
    assert (opened.account_id, opened.owner_id, opened.severity, opened.version) == (account_id, "rep-1", "high", 1)


async def test_a_case_belongs_to_the_account_where_its_sender_is_a_contact(db: Database, account_id: str) -> None:
    opened = await opened_case(db, case(contact=Sender(email=" Ana@ACME.example")))
    assert opened.account_id == account_id
    (listed,) = (await get(db, f"/accounts/{account_id}/cases"))["items"]
    assert listed["id"] == opened.case_id
    assert (await get(db, f"/accounts/{account_id}"))["open_cases"] == 1


async def test_a_stranger_is_helped_as_well(db: Database, account_id: str) -> None:
    opened = await opened_case(db, case(contact=Sender(email="stranger@else.example"), account_id="nowhere"))
    assert (opened.account_id, opened.owner_id) == (None, None)


async def test_the_same_external_id_opens_one_case(db: Database, account_id: str) -> None:
    await hear(service, db, case(external_id="T-1"), case(external_id="T-1", subject="Still leaks"))
    await hear(service, db, case(external_id="T-1", subject="And again"))
    await asyncio.gather(*(hear(service, db, case(external_id="T-2")) for _ in range(4)))
    assert [event.topic for event in await said(db)] == ["case.opened"] * 2
    assert (await get(db, f"/accounts/{account_id}"))["open_cases"] == 2


async def test_the_promise_counts_from_when_the_customer_asked(db: Database) -> None:
    asked = utcnow() - timedelta(minutes=90)
    opened = await opened_case(db, asked_at(asked, case(severity="high")))
    assert (opened.opened_at, opened.respond_by) == (asked, asked + timedelta(hours=4))


async def test_a_case_is_overdue_once(db: Database, account_id: str) -> None:
    opened = await opened_case(db, case())
    await pass_time(service, db, opened.respond_by - timedelta(seconds=1))
    assert await said(db) == []
    await pass_time(service, db, opened.respond_by)
    await pass_time(service, db, opened.respond_by + timedelta(days=9))
    (overdue,) = await said(db)
    assert isinstance(overdue, CaseOverdue)
    assert (overdue.case_id, overdue.version, overdue.owner_id, overdue.account_id) == (opened.case_id, 2, "rep-1", account_id)
    assert (await get(db, f"/cases/{opened.case_id}"))["overdue_at"] is not None


async def test_an_overdue_critical_case_puts_its_account_at_risk_until_it_is_resolved(db: Database, account_id: str) -> None:
    opened = await opened_case(db, case(severity="critical"))
    await pass_time(service, db, opened.respond_by)
    overdue, risk = await said(db)
    assert isinstance(overdue, CaseOverdue)
    assert isinstance(risk, AccountAtRisk)
    assert (risk.account_id, risk.health, risk.reasons) == (account_id, 60, [f"critical case {opened.case_id} is overdue"])
    async with api_client(service, db, roles={"agent"}) as client:
        assert (await client.post(f"/cases/{opened.case_id}/resolve", json={"resolution": "New gasket"})).status_code == 200
    account = await get(db, f"/accounts/{account_id}")
    assert (account["health"], account["risks"], account["open_cases"]) == (100, [], 0)
    _, recovered = await said(db)
    assert isinstance(recovered, AccountChanged)
    assert (recovered.version, recovered.health, recovered.risks, recovered.changed) == (account["version"], 100, [], ["health"])
    assert recovered.contacts


async def test_a_resolved_case_is_not_overdue_any_more(db: Database) -> None:
    opened = await opened_case(db, case())
    async with api_client(service, db, roles={"agent"}, subject="abe") as client:
        answer = await client.post(f"/cases/{opened.case_id}/resolve", json={"resolution": "New gasket"}, headers={"if-match": '"1"'})
        assert (answer.status_code, answer.headers["etag"], answer.json()["status"]) == (200, '"2"', "resolved")
        again = await client.post(f"/cases/{opened.case_id}/resolve", json={"resolution": "Again"})
        assert (again.status_code, again.json()["violations"][0]["field"]) == (409, "status")
    (resolved,) = await said(db)
    assert isinstance(resolved, CaseResolved)
    assert (resolved.resolution, resolved.version) == ("New gasket", 2)
    assert resolved.open_seconds >= 0
    assert await pass_time(service, db, opened.respond_by + timedelta(days=1)) == 0
    history = (await get(db, f"/cases/{opened.case_id}/history"))["items"]
    assert [(change["what"], change["by"]) for change in history] == [("resolved", "user:abe"), ("opened", "case.submitted")]


async def test_a_case_that_nobody_could_answer_is_parked_alone(db: Database) -> None:
    await hear(service, db, case(contact=Sender(email="no address")), case())
    (row,) = await db.collection("parked").find().to_list(None)
    assert [(violation["field"], violation["rule"]) for violation in row["violations"]] == [("contact.email", "email")]
    assert [event.topic for event in await said(db)] == ["case.opened"]
