"""Topics have no order between each other, and anything may come again: the end is the same."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.events import Event, LeadAssigned, LeadQualified, OpportunityOpened
from tests.journeys.people import answered, asked, closed, complained, lead_of, only, ordered, submit, worked
from tests.journeys.world import OF_DELIVERY, SERVICES, Document, World
from tests.road import hear

Carry = Callable[[World], Awaitable[None]]
IN_ORDER: Carry = World.carry
PERVERSELY: Carry = World.carry_perversely


async def test_an_assignment_heard_before_its_lead_still_opens_one_opportunity_with_its_owner(world: World) -> None:
    await submit(world)
    (qualified,), (assigned,) = world.told(LeadQualified), world.told(LeadAssigned)
    world = await world.reborn()
    await world.tell(assigned)
    assert await world.items("opportunities", "/opportunities") == []
    await world.tell(qualified)
    sale = await only(world, "opportunities", "/opportunities")
    (opened,) = world.told(OpportunityOpened)
    assert sale["owner_id"] == opened.owner_id == assigned.owner_id


async def test_everything_heard_a_second_time_changes_nothing(world: World) -> None:
    await _whole_road(world, IN_ORDER)
    before = await world.everything(*OF_DELIVERY)
    await world.hear_again()
    assert await world.everything(*OF_DELIVERY) == before


async def test_everything_heard_a_second_time_is_noticed_where_the_inbox_is_lost(world: World) -> None:
    """That the test above would see a repeat: without their inbox, services do say things twice."""
    await _whole_road(world, IN_ORDER)
    before = await world.everything(*OF_DELIVERY)
    for db in world.databases.values():
        await db.collection("inbox").delete_many({})
    await world.hear_again()
    assert await world.everything(*OF_DELIVERY) != before


async def test_the_console_shows_the_same_in_whichever_order_it_hears_the_story(world: World) -> None:
    """As a rebuild reads it: every topic from its beginning, one after the other, any of them first."""
    await _whole_road(world, IN_ORDER)
    story, shown = world.said, await _shown(world)
    for backwards in (True, False):
        world = await world.reborn()
        for topic in sorted({event.topic for event in story}, reverse=backwards):
            await hear(*world.at("console"), *(event for event in story if event.topic == topic and _concerns_console(event)))
        assert await _shown(world) == shown


def _concerns_console(event: Event) -> bool:
    return event.topic in SERVICES["console"].hears.topics()


async def _shown(world: World) -> Document:
    """Every read model, without what tells how far each topic was read."""
    return (await world.everything(*OF_DELIVERY, "progress", "history", "generations"))["console"]


@pytest.mark.parametrize("carry", [IN_ORDER, PERVERSELY], ids=["in order", "last topic first and everything twice"])
async def test_the_road_ends_in_the_same_place(world: World, carry: Carry) -> None:
    assert await _whole_road(world, carry) == {
        "lead": ("contacted", "won"),
        "sale": ("won", "22000", 75),
        "account": ("Acme Pumps GmbH", 100, 0),
        "contacts": ["ada@acme-pumps.example"],
        "orders": [("delivered", "22000")],
        "cases": [("Screen is dark", "open")],
        "said once each": True,
    }


async def _whole_road(world: World, carry: Carry) -> Document:
    fate = await submit(world)
    await carry(world)
    await answered(world, await lead_of(world, fate))
    sale = await only(world, "opportunities", "/opportunities")
    await worked(world, sale)
    await closed(world, sale)
    await ordered(world, sale, "placed", "shipped", "delivered")
    await carry(world)
    account = await only(world, "accounts", "/accounts")
    await complained(world)
    await asked(world, account, score=5)
    await carry(world)
    return await _where_it_ended(world, fate)


async def _where_it_ended(world: World, fate: Document) -> dict[str, Any]:
    lead, sale = await lead_of(world, fate), await only(world, "opportunities", "/opportunities")
    account = await only(world, "accounts", "/accounts")
    path = f"/accounts/{account['id']}"
    ids = [event.envelope.id for event in world.said]
    return {
        "lead": (lead["status"], lead["outcome"]),
        "sale": (sale["status"], sale["amount"].removesuffix(".00"), sale["effort_minutes"]),
        "account": (account["name"], account["satisfaction"], account["open_cases"] - 1),
        "contacts": [contact["email"] for contact in await world.items("accounts", f"{path}/contacts")],
        "orders": [(order["status"], order["amount"].removesuffix(".00")) for order in await world.items("accounts", f"{path}/orders")],
        "cases": [(case["subject"], case["status"]) for case in await world.items("accounts", f"{path}/cases")],
        "said once each": len(ids) == len(set(ids)),
    }
