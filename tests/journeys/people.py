"""Who goes on these journeys, and what they do on the way."""

from typing import Any

from shared.database import utcnow
from shared.events import OrderUpdated, SurveyRequested
from tests.journeys.world import Document, World

ADA: Document = {
    "source": "web-form",
    "person": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@acme-pumps.example", "phone": "+4930123456", "title": "CEO"},
    "company": {"name": "Acme Pumps GmbH", "domain": "acme-pumps.example", "country": "DE", "employees": 120},
    "interest": {"product": "Line Monitor", "need": "Two stops a week", "budget": "24000", "currency": "EUR", "timeline": "this quarter"},
    "consent": {"marketing": True},
}
EXPECTATION = "Runs before the next audit"
ORDER = "ORD-1"


async def submit(world: World, submission: Document = ADA) -> Document:
    """Over HTTP; returns its fate."""
    accepted = await world.post("leads", "/leads", submission, expect=202, subject="website", roles={"integration"})
    await world.carry()
    fate: Document = await world.get("leads", accepted["look"])
    return fate


async def lead_of(world: World, fate: Document) -> Document:
    lead: Document = await world.get("leads", f"/leads/{fate['lead_id']}")
    return lead


async def only(world: World, service: str, path: str, **who: Any) -> Document:
    (one,) = await world.items(service, path, **who)
    return one


def seller_of(record: Document) -> dict[str, Any]:
    """The one who owns it, as they come to the doors."""
    return {"subject": record["owner_id"], "roles": {"rep"}, "teams": (record["team_id"],)}


async def answered(world: World, lead: Document) -> None:
    await world.post("leads", f"/leads/{lead['id']}/contact", {"channel": "phone"}, **seller_of(lead))
    await world.carry()


async def worked(world: World, sale: Document) -> None:
    """Calls, an expectation, an offer, all by its owner."""
    path, seller = f"/opportunities/{sale['id']}", seller_of(sale)
    for minutes in (30, 45):
        await world.post(
            "opportunities", f"{path}/activities", {"kind": "call", "subject": "Talk", "effort_minutes": minutes}, expect=201, **seller
        )
    await world.ask("PATCH", "opportunities", path, {"expectations": [{"text": EXPECTATION}]}, **seller)
    for stage in ("discovery", "proposal"):
        await world.post("opportunities", f"{path}/stage", {"stage": stage}, **seller)
    line = {"product": "Line Monitor", "quantity": "2", "unit_price": "11000"}
    await world.post("opportunities", f"{path}/proposals", {"currency": "EUR", "lines": [line]}, expect=201, **seller)
    await world.carry()


async def closed(world: World, sale: Document, outcome: str = "won", reason: str = "best_fit") -> None:
    path = f"/opportunities/{sale['id']}"
    if outcome == "won":
        for proposal in await world.items("opportunities", f"{path}/proposals"):
            await world.post("opportunities", f"{path}/proposals/{proposal['id']}/accept", {}, **seller_of(sale))
    await world.post("opportunities", f"{path}/close", {"outcome": outcome, "reason": reason}, **seller_of(sale))


async def ordered(world: World, sale: Document, *statuses: str) -> None:
    for status in statuses:
        line = {"product": "Line Monitor", "quantity": "2", "unit_price": "11000", "currency": "EUR"}
        order = {"order_id": ORDER, "opportunity_id": sale["id"], "status": status, "occurred_at": utcnow(), "lines": [line]}
        await world.post(
            "accounts", "/orders", OrderUpdated.model_validate(order).model_dump(mode="json"), expect=202, roles={"integration"}
        )


async def complained(world: World, **case: Any) -> None:
    body = {"contact": {"email": "ada@acme-pumps.example", "name": "Ada Lovelace"}, "subject": "Screen is dark", "severity": "high"}
    await world.post("accounts", "/cases", body | case, expect=202, roles={"agent"})


async def asked(world: World, account: Document, score: int) -> None:
    """Answers the survey that the delivery led to."""
    (survey,) = world.told(SurveyRequested)
    answer = {"survey_id": survey.survey_id, "account_id": account["id"], "kind": "csat", "score": score, "comment": "Ada says: it works"}
    await world.post("accounts", "/surveys", answer, expect=202, roles={"integration"})
