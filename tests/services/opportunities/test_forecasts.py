"""The forecast, as it is asked for."""

from decimal import Decimal
from typing import Any

import httpx

from services.opportunities.main import service
from tests.conftest import DatabaseOf
from tests.road import api_client, hear
from tests.services.opportunities.builders import manager, rep_changed, seller, told


async def sell(client: httpx.AsyncClient, stage: str = "new", **fields: Any) -> str:
    opportunity = await told(client, "POST", "/opportunities", {"currency": "EUR"} | fields, expect=201)
    if stage != "new":
        await told(client, "POST", f"/opportunities/{opportunity['id']}/stage", {"stage": stage}, expect=200)
    return str(opportunity["id"])


async def test_the_forecast_is_weighted_and_by_category_per_owner_and_currency(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, rep_changed("ana", name="Ana Pauker"))
    async with seller(db) as ana, seller(db, "bob") as bob, manager(db) as max_:
        await sell(ana, amount="0.10")
        await sell(ana, amount="0.20")
        await sell(ana, "proposal", amount="1000")
        await sell(ana, amount="7", currency="USD")
        await sell(bob, "discovery", amount="100")
        won = await sell(ana, amount="500")
        await told(ana, "POST", f"/opportunities/{won}/close", {"outcome": "won", "reason": "best_fit"}, expect=200)
        lost = await sell(ana, amount="9999")
        await told(ana, "POST", f"/opportunities/{lost}/close", {"outcome": "lost", "reason": "price"}, expect=200)
        await told(ana, "POST", "/opportunities", {"name": "without an amount"}, expect=201)
        rows = (await told(max_, "GET", "/forecasts", expect=200))["items"]
    euros, dollars, bobs = rows
    assert (euros["owner_id"], euros["owner_name"], euros["currency"], euros["opportunities"]) == ("ana", "Ana Pauker", "EUR", 4)
    assert Decimal(euros["weighted"]) == Decimal("500.03")
    assert {name: Decimal(amount) for name, amount in euros["categories"].items() if Decimal(amount)} == {
        "pipeline": Decimal("0.30"),
        "best_case": Decimal(1000),
        "closed": Decimal(500),
    }
    assert isinstance(euros["weighted"], str)
    assert (dollars["currency"], Decimal(dollars["weighted"])) == ("USD", Decimal("0.7"))
    assert (bobs["owner_id"], bobs["owner_name"], Decimal(bobs["weighted"])) == ("bob", None, Decimal(25))


async def test_a_forecast_may_be_of_a_period_and_is_only_of_what_one_may_see(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    async with seller(db) as ana, seller(db, "eve", teams=("south",)) as eve, api_client(service, db) as admin:
        for day in ("2026-03-31", "2026-04-01", "2026-06-30", "2026-07-01"):
            await sell(ana, amount="1", close_date=day)
        await sell(ana, amount="1")
        await sell(eve, amount="1", close_date="2026-05-01")
        (quarter,) = (await told(ana, "GET", "/forecasts?from=2026-04-01&to=2026-06-30", expect=200))["items"]
        (all_of_mine,) = (await told(ana, "GET", "/forecasts", expect=200))["items"]
        everyones = (await told(admin, "GET", "/forecasts", expect=200))["items"]
        await told(ana, "GET", "/forecasts?from=soon", expect=422)
    assert (quarter["opportunities"], all_of_mine["opportunities"]) == (2, 5)
    assert [row["owner_id"] for row in everyones] == ["ana", "eve"]
