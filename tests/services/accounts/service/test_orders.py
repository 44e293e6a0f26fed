"""An order goes its way, and what follows its delivery."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.accounts.main import service
from shared.database import Database
from shared.events import Company, FollowUpDue, OrderFulfilled, Person, SurveyRequested
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time, said
from tests.services.accounts.builders import ANA, NOON, order, someone, won_deal


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("accounts")


@pytest.fixture
async def account_id(db: Database) -> str:
    await hear(service, db, won_deal(contacts=[someone()]))
    (opened,) = await said(db)
    return opened.key()


async def get(db: Database, path: str) -> Any:
    async with api_client(service, db) as client:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def parked(db: Database) -> list[dict[str, Any]]:
    return list(await db.collection("parked").find().to_list(None))


async def test_a_delivered_order_is_fulfilled_and_the_buyer_is_asked(db: Database, account_id: str) -> None:
    delivered = order(order_id="o-1", account_id=account_id, status="delivered")
    await hear(service, db, order(order_id="o-1", account_id=account_id, occurred_at=NOON - timedelta(days=2)), delivered)
    fulfilled, asked = await said(db)
    assert isinstance(fulfilled, OrderFulfilled)
    assert isinstance(asked, SurveyRequested)
    assert (fulfilled.order_id, fulfilled.amount, fulfilled.currency, fulfilled.owner_id) == ("o-1", Decimal(3980), "EUR", "rep-1")
    assert fulfilled.fulfilled_at == NOON
    assert (asked.kind, asked.contact.email, asked.about) == ("csat", ANA.email, "order o-1")
    assert fulfilled.version == asked.version == (await get(db, f"/accounts/{account_id}"))["version"] == 2
    assert asked.envelope.causation_id == delivered.envelope.id


async def test_an_order_is_fulfilled_once(db: Database, account_id: str) -> None:
    await hear(service, db, order(order_id="o-1", account_id=account_id, status="delivered"))
    await said(db)
    later = [order(order_id="o-1", account_id=account_id, status="delivered", occurred_at=NOON + timedelta(hours=n)) for n in range(3)]
    await hear(service, db, *later)
    assert await said(db) == []


async def test_an_older_report_does_not_move_an_order_back(db: Database, account_id: str) -> None:
    await hear(service, db, order(order_id="o-1", account_id=account_id, status="shipped"))
    await hear(service, db, order(order_id="o-1", status="placed", occurred_at=NOON - timedelta(days=1)))
    shown = await get(db, "/orders/o-1")
    assert (shown["status"], shown["version"], sorted(shown["times"])) == ("shipped", 2, ["placed", "shipped"])


async def test_a_follow_up_is_due_once_seven_days_after_delivery(db: Database, account_id: str) -> None:
    await hear(service, db, order(order_id="o-1", account_id=account_id, status="delivered"))
    await said(db)
    await pass_time(service, db, NOON + timedelta(days=7, seconds=-1))
    assert await said(db) == []
    await pass_time(service, db, NOON + timedelta(days=7))
    await pass_time(service, db, NOON + timedelta(days=8))
    (due,) = await said(db)
    assert isinstance(due, FollowUpDue)
    assert (due.account_id, due.owner_id, due.due, due.version) == (account_id, "rep-1", NOON + timedelta(days=7), 3)
    (shown,) = (await get(db, f"/accounts/{account_id}/follow-ups"))["items"]
    assert (shown["id"], shown["status"]) == (due.follow_up_id, "due")


async def test_two_follow_ups_of_one_account_due_at_once_have_two_versions(db: Database, account_id: str) -> None:
    await hear(service, db, *(order(account_id=account_id, status="delivered") for _ in range(2)))
    await said(db)
    await pass_time(service, db, NOON + timedelta(days=7))
    assert [event.version for event in await said(db) if isinstance(event, FollowUpDue)] == [4, 5]


async def test_a_cancelled_order_is_not_followed_up(db: Database, account_id: str) -> None:
    await hear(service, db, order(order_id="o-1", account_id=account_id, status="delivered"))
    await hear(service, db, order(order_id="o-1", status="cancelled", occurred_at=NOON + timedelta(days=1)))
    await said(db)
    assert await pass_time(service, db, NOON + timedelta(days=30)) == 0
    assert await said(db) == []
    (shown,) = (await get(db, f"/accounts/{account_id}/follow-ups"))["items"]
    assert shown["status"] == "cancelled"


async def test_delivered_and_cancelled_in_one_batch_is_not_followed_up(db: Database, account_id: str) -> None:
    updates = [("delivered", 0), ("cancelled", 1)]
    await hear(
        service, db, *(order(order_id="o-1", account_id=account_id, status=s, occurred_at=NOON + timedelta(hours=h)) for s, h in updates)
    )
    assert await pass_time(service, db, NOON + timedelta(days=30)) == 0
    assert (await get(db, "/orders/o-1"))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"account_id": "nowhere"}, "account_id", "known"),
        ({}, "account_id", "account_or_opportunity"),
        ({"account_id": "nowhere", "occurred_at": NOON + timedelta(days=4000)}, "occurred_at", "believable_moment"),
    ],
)
async def test_a_bad_order_is_parked_alone_with_field_and_rule(
    db: Database, account_id: str, fields: dict[str, Any], field: str, rule: str
) -> None:
    await hear(service, db, order(account_id=account_id), order(**fields), order(account_id=account_id))
    (row,) = await parked(db)
    assert (row["reason"], [(violation["field"], violation["rule"]) for violation in row["violations"]]) == ("refused", [(field, rule)])
    assert len((await get(db, f"/accounts/{account_id}/orders"))["items"]) == 2


async def test_once_its_account_is_known_an_order_need_not_name_it(db: Database, account_id: str) -> None:
    await hear(service, db, order(order_id="o-1", account_id=account_id))
    await hear(service, db, order(order_id="o-1", status="shipped", occurred_at=NOON + timedelta(days=1)))
    assert (await get(db, "/orders/o-1"))["status"] == "shipped"
    assert [change["what"] for change in (await get(db, "/orders/o-1/history"))["items"]] == ["shipped", "placed"]


async def test_an_order_of_one_account_is_not_moved_by_what_is_told_of_another(db: Database, account_id: str) -> None:
    """Two ordering systems may both have a number 1."""
    await hear(service, db, won_deal(company=Company(name="Else", country="FR"), person=Person()))
    other = (await said(db))[0].key()
    await hear(service, db, order(order_id="o-1", account_id=account_id))
    await hear(service, db, order(order_id="o-1", account_id=other, status="cancelled", occurred_at=NOON + timedelta(days=1)))
    (row,) = await parked(db)
    assert [(violation["field"], violation["rule"]) for violation in row["violations"]] == [("account_id", "same_account")]
    assert (await get(db, "/orders/o-1"))["status"] == "placed"


async def test_an_old_delivery_that_is_told_late_is_not_the_last(db: Database, account_id: str) -> None:
    await hear(service, db, order(account_id=account_id, status="delivered"))
    await hear(service, db, order(account_id=account_id, status="delivered", occurred_at=NOON - timedelta(days=400)))
    assert (await get(db, f"/accounts/{account_id}"))["last_fulfilled_at"] == "2026-03-02T12:00:00Z"
