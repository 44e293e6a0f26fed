"""The console in a real Chromium: what people see and do."""

import json
import re

from playwright.async_api import Page, Route, expect

from services.leads.service.policies import forget_policy
from shared.events import LeadAssigned, OpportunityOpened
from tests.journeys.people import ADA, submit
from tests.road import hear, hear_raw, raw
from tests.services.console.conftest import SignIn
from tests.services.console.customers import Life
from tests.services.console.stage import Stage

GRACE = ADA | {"person": {"first_name": "Grace", "last_name": "Hopper", "email": "grace@cobol.example"}, "company": {"name": "Cobol & Co"}}

NOWHERE = {"name": "huge", "text": "only huge ones", "expression": "company.employees > 100000", "team_id": "europe"}


async def open_lead(page: Page, stage: Stage, name: str) -> None:
    await page.goto(f"{stage.url}/leads")
    await page.get_by_role("link", name=name).click()
    await page.get_by_role("heading", name="Timeline").wait_for()


async def test_a_new_lead_appears_without_a_reload(stage: Stage, sign_in: SignIn) -> None:
    page = await sign_in()
    async with page.expect_response(re.compile("/live")):
        await page.goto(f"{stage.url}/leads")
    await page.evaluate("window.untouched = true")
    await expect(page.get_by_text("No leads yet")).to_be_visible()
    await submit(stage.world)
    await expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    await expect(page.get_by_role("row", name="Ada Lovelace").get_by_text("Qualified")).to_be_visible()
    assert await page.evaluate("window.untouched") is True


async def test_the_timeline_tells_why_and_grows_while_one_looks(stage: Stage, sign_in: SignIn) -> None:
    await submit(stage.world)
    page = await sign_in()
    await open_lead(page, stage, "Ada Lovelace")
    for words in ("Lead captured from web-form", "Assigned to", "Opportunity opened"):
        await expect(page.get_by_text(words).first).to_be_visible()
    await page.get_by_text("Why", exact=True).first.wait_for()
    (assigned,) = stage.world.told(LeadAssigned)
    who = {"subject": assigned.owner_id, "roles": {"rep"}, "teams": (assigned.team_id,)}
    await stage.world.post("leads", f"/leads/{assigned.lead_id}/contact", {"channel": "phone"}, **who)
    await stage.world.carry()
    await expect(page.get_by_text("made contact by phone")).to_be_visible()


async def test_markup_in_a_name_is_shown_as_text(stage: Stage, sign_in: SignIn) -> None:
    """The leads service lets none in; but a page must not depend on that."""
    life = Life("<img src=x onerror=window.hacked=1> <b>Bold</b>", "<script>window.hacked=1</script>")
    await hear(*stage.world.at("console"), life.captured(), life.qualified(), life.opened())
    page = await sign_in()
    await page.goto(f"{stage.url}/leads")
    await expect(page.get_by_text("<b>Bold</b>")).to_be_visible()
    await page.get_by_role("link", name="Bold").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("<script>window.hacked=1</script>")
    assert await page.evaluate("window.hacked") is None


async def test_a_lead_is_marked_as_contacted_from_its_page(stage: Stage, sign_in: SignIn) -> None:
    await submit(stage.world)
    page = await sign_in()
    await open_lead(page, stage, "Ada Lovelace")
    await page.get_by_role("button", name="Mark contacted").click()
    await expect(page.get_by_text("contact was made")).to_be_visible()
    await stage.world.carry()
    await expect(page.get_by_role("button", name="Mark contacted")).to_have_count(0)


async def test_a_lead_for_anybody_is_claimed_in_the_list(stage: Stage, sign_in: SignIn) -> None:
    world = stage.world
    await world.post("leads", "/routing", {"rules": [NOWHERE]}, expect=201)
    await world.post("leads", "/routing/2/activate")
    forget_policy(world.databases["leads"])
    await submit(world)
    page = await sign_in("ana@dealwire.example")
    await page.get_by_role("link", name="To claim").click()
    await expect(page.get_by_role("row", name="Ada Lovelace").get_by_text("For anybody")).to_be_visible()
    await page.get_by_role("button", name="Claim Ada Lovelace").click()
    await expect(page.get_by_text("The lead is yours")).to_be_visible()
    await world.carry()
    await expect(page.get_by_text("Nothing is to be claimed")).to_be_visible()


async def test_a_deal_is_closed_with_a_reason_and_a_refusal_is_readable(stage: Stage, sign_in: SignIn) -> None:
    await submit(stage.world)
    (opened,) = stage.world.told(OpportunityOpened)
    page = await sign_in()
    await page.goto(f"{stage.url}/customers/{opened.opportunity_id}")
    await page.get_by_role("link", name="Move…").click()
    await page.get_by_label("Negotiation").check()
    await page.get_by_role("button", name="Move", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("proposal")
    await page.get_by_label("Discovery").check()
    await page.get_by_role("button", name="Move", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await stage.world.carry()
    await expect(page.get_by_text("Moved to discovery")).to_be_visible()
    await page.get_by_role("link", name="Close…").click()
    await page.get_by_label("How did it end, and why?").select_option("lost:price")
    await page.get_by_role("button", name="Close the deal").click()
    await expect(page.get_by_text("The deal was closed")).to_be_visible()
    await stage.world.carry()
    await expect(page.get_by_text("Deal lost: price")).to_be_visible()


async def test_a_parked_message_is_mended_and_replayed(stage: Stage, sign_in: SignIn) -> None:
    value = {"source": "web-form", "person": {"first_name": "Somebody"}}
    await hear_raw(*stage.world.at("leads"), raw("lead.submitted", json.dumps(value).encode()))
    page = await sign_in()
    await page.get_by_role("link", name="Parked").click()
    await page.get_by_role("link", name="person must have").click()
    mended = json.dumps(value | {"person": {"last_name": "Somebody", "email": "somebody@acme.example"}})
    await page.get_by_label("Value").fill(mended)
    await page.get_by_role("button", name="Save the change").click()
    await expect(page.get_by_text("The message was changed")).to_be_visible()
    await page.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("The message was replayed")).to_be_visible()
    await stage.world.carry()
    await page.goto(f"{stage.url}/leads")
    await expect(page.get_by_role("link", name="Somebody")).to_be_visible()


async def test_the_pages_go_by_keyboard(stage: Stage, sign_in: SignIn) -> None:
    await submit(stage.world)
    await submit(stage.world, GRACE)
    page = await sign_in()
    await page.keyboard.press("g")
    await page.keyboard.press("l")
    await page.wait_for_url("**/leads")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect(page.get_by_role("link", name="Ada Lovelace")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Acme Pumps GmbH")
    await page.keyboard.press("/")
    await page.keyboard.type("cob")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Grace Hopper").or_(page.get_by_role("link", name="Cobol & Co")).first).to_be_visible()


async def test_the_stream_comes_back_after_the_console_was_away(stage: Stage, sign_in: SignIn) -> None:
    page = await sign_in()
    await page.goto(f"{stage.url}/leads")
    await page.context.set_offline(True)
    await submit(stage.world)
    await page.context.set_offline(False)
    await expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()


async def test_a_page_that_could_not_be_brought_up_to_date_tries_again(stage: Stage, sign_in: SignIn) -> None:
    page, failed = await sign_in(), list[str]()
    await page.goto(f"{stage.url}/leads")

    async def fail(route: Route) -> None:
        """More often than there is something new."""
        if len(failed) == 3 or "x-fragment" not in route.request.headers:
            await route.continue_()
        else:
            failed.append(route.request.url)
            await route.abort()

    await page.route("**/leads", fail)
    await submit(stage.world)
    await expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    assert len(failed) == 3


async def test_nothing_is_wider_than_a_phone(stage: Stage, sign_in: SignIn) -> None:
    await submit(stage.world)
    (opened,) = stage.world.told(OpportunityOpened)
    page = await sign_in()
    await page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/leads", "/pipeline", "/customers", f"/customers/{opened.opportunity_id}", "/parked-messages", "/notifications"):
        await page.goto(f"{stage.url}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path


async def test_neither_long_names_nor_high_sums_make_a_page_wider(stage: Stage, sign_in: SignIn) -> None:
    long = {"company": {"name": "W" * 180}, "interest": {"product": "pumps", "budget": "999999999999.99", "currency": "EUR"}}
    await submit(stage.world, ADA | long)
    (opened,) = stage.world.told(OpportunityOpened)
    page = await sign_in()
    for width in (360, 1280):
        await page.set_viewport_size({"width": width, "height": 740})
        for path in ("/", *(f"/opportunities/{opened.opportunity_id}/{ask}" for ask in ("move", "close"))):
            await page.goto(f"{stage.url}{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_signing_out_ends_it(stage: Stage, sign_in: SignIn) -> None:
    page = await sign_in()
    await page.get_by_label("You: Ruth Root").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="Sign in").wait_for()
    await page.goto(f"{stage.url}/leads")
    await page.get_by_role("heading", name="Sign in").wait_for()
