"""The whole road, over all services: from the first sign of interest to a satisfied account, or to none."""

from shared.events import AccountOpened, DealClosed, LeadAssigned, LeadDisqualified, OpportunityOpened
from tests.journeys.people import ADA, EXPECTATION, answered, asked, closed, complained, lead_of, only, ordered, seller_of, submit, worked
from tests.journeys.world import World

STORY = [
    "lead.captured",
    "lead.qualified",
    "lead.assigned",
    "opportunity.opened",
    "lead.contacted",
    "activity.logged",
    "opportunity.stage_changed",
    "proposal.sent",
    "proposal.decided",
    "deal.closed",
    "account.opened",
    "order.fulfilled",
    "survey.requested",
]


async def test_a_lead_that_is_submitted_over_http_becomes_a_satisfied_account(world: World) -> None:
    fate = await submit(world)
    lead = await lead_of(world, fate)
    assert (fate["status"], lead["status"], lead["grade"], lead["team_id"]) == ("captured", "qualified", "A4", "europe")

    await answered(world, lead)
    sale = await only(world, "opportunities", "/opportunities")
    assert (sale["lead_id"], sale["owner_id"], sale["amount"]) == (lead["id"], lead["owner_id"], "24000")

    await worked(world, sale)
    await closed(world, sale)
    await world.carry()
    (deal,) = world.told(DealClosed)
    assert (deal.outcome, deal.amount, deal.effort_seconds, deal.expectations[0].text) == ("won", 22000, 75 * 60, EXPECTATION)

    account = await only(world, "accounts", "/accounts")
    await ordered(world, sale, "placed", "shipped", "delivered")
    await complained(world)
    await world.carry()
    case = await only(world, "accounts", f"/accounts/{account['id']}/cases")
    await world.post("accounts", f"/cases/{case['id']}/resolve", {"resolution": "A loose cable"}, roles={"agent"})
    await asked(world, account, score=5)
    await world.carry()

    account = await only(world, "accounts", "/accounts")
    assert (account["name"], account["owner_id"], account["satisfaction"], account["open_cases"]) == (
        "Acme Pumps GmbH",
        lead["owner_id"],
        100,
        0,
    )
    satisfied = await only(world, "accounts", f"/accounts/{account['id']}/satisfaction")
    assert (satisfied["against_expectation"], satisfied["expectations"][0]["text"]) == ("exceeded", EXPECTATION)
    assert (await lead_of(world, fate))["outcome"] == "won"


async def test_what_happened_on_the_road_stands_on_one_timeline(world: World) -> None:
    lead = await lead_of(world, await submit(world))
    await answered(world, lead)
    sale = await only(world, "opportunities", "/opportunities")
    await worked(world, sale)
    await closed(world, sale)
    await world.carry()
    await ordered(world, sale, "delivered")
    await world.carry()
    timeline = await world.items("console", f"/api/console/customers/{lead['id']}/timeline")
    assert list(dict.fromkeys(entry["topic"] for entry in reversed(timeline))) == STORY
    assert {entry["service"] for entry in timeline} == {"leads", "opportunities", "accounts"}
    assert len({event.envelope.correlation_id for event in world.told(LeadAssigned) + world.told(OpportunityOpened)}) == 1


async def test_the_seller_is_told_of_the_lead_and_of_the_order(world: World) -> None:
    lead = await lead_of(world, await submit(world))
    sale = await only(world, "opportunities", "/opportunities")
    await worked(world, sale)
    await closed(world, sale)
    await world.carry()
    await ordered(world, sale, "delivered")
    await world.carry()
    told = await world.items("notifications", "/notifications", **seller_of(lead))
    kinds = [one["kind"] for one in told]
    assert {"lead.assigned", "order.fulfilled"} <= set(kinds)
    assert kinds.count("lead.assigned") == 1
    assert any("Ada Lovelace" in one["title"] for one in told)


async def test_a_deal_that_is_lost_leaves_no_account(world: World) -> None:
    fate = await submit(world)
    sale = await only(world, "opportunities", "/opportunities")
    await worked(world, sale)
    await closed(world, sale, "lost", "competitor")
    await world.carry()
    assert await world.items("accounts", "/accounts") == []
    assert world.told(AccountOpened) == []
    assert (await lead_of(world, fate))["outcome"] == "lost"


async def test_a_lead_that_is_not_worth_it_opens_no_opportunity(world: World) -> None:
    fate = await submit(world, {"source": "web-form", "person": {"email": "jo@freemail.example", "title": "Student"}})
    assert (await lead_of(world, fate))["status"] == "disqualified"
    assert len(world.told(LeadDisqualified)) == 1
    assert await world.items("opportunities", "/opportunities") == []


async def test_the_same_person_by_another_door_is_the_same_lead_and_the_same_sale(world: World) -> None:
    first = await submit(world)
    again = await submit(world, {"source": "chat", "person": {"email": "ADA@Acme-Pumps.example"}, "interest": {"notes": "Hurry"}})
    assert (again["status"], again["lead_id"]) == ("merged", first["lead_id"])
    assert len(await world.items("opportunities", "/opportunities")) == 1


async def test_repeat_business_grows_the_account_that_is_there(world: World) -> None:
    for number in range(2):
        await submit(
            world,
            ADA
            if number == 0
            else ADA | {"person": {"first_name": "Bo", "last_name": "Beck", "email": "bo@acme-pumps.example", "title": "CFO"}},
        )
        (sale,) = [one for one in await world.items("opportunities", "/opportunities") if one["status"] == "open"]
        await worked(world, sale)
        await closed(world, sale)
        await world.carry()
    account = await only(world, "accounts", "/accounts")
    contacts = await world.items("accounts", f"/accounts/{account['id']}/contacts")
    assert {contact["email"] for contact in contacts} == {"ada@acme-pumps.example", "bo@acme-pumps.example"}
    assert len(await world.items("accounts", f"/accounts/{account['id']}/deals")) == 2
