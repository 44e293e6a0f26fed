"""The hosted form in a real Chromium: with JavaScript and without, on a phone, and in a frame on another site."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr

from deploy.local.processes import free_ports
from services.leads.main import service
from shared.database import Database
from shared.events import ConsentGiven, LeadSubmitted
from shared.settings import Settings
from shared.web import WebContext
from tests.browsers import chromium
from tests.conftest import DatabaseOf
from tests.road import said
from tests.services.leads.builders import carried, fresh, of, submission
from tests.services.leads.forms import with_form, with_opt_in
from tests.tokens import JWKS_PATH

FORM: dict[str, Any] = {
    "title": "Talk to somebody who knows pumps",
    "intro": "Tell us what you need. We answer within one working day.",
    "consent_text": "You may write to me about new pumps, once a month at most.",
    "privacy_url": "https://dealwire.example/privacy",
    "least_seconds": 0,
}
# A folder for pictures, for whoever wants to look at the pages.
PICTURES = os.environ.get("DEALWIRE_PICTURES")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await fresh(database_of)
    await with_form(db, **FORM)
    return db


@pytest.fixture
async def url(db: Database) -> AsyncIterator[str]:
    settings = Settings(service="leads", mongo=SecretStr("mongodb://unused"), kafka="unused:9092", jwks=str(JWKS_PATH))
    async with served(service.api(WebContext(db=db, settings=settings, health=lambda: (True, {})))) as address:
        yield address


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    (port,) = free_ports(1)
    server = _Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@asynccontextmanager
async def looking(browser: Browser, **options: Any) -> AsyncIterator[Page]:
    """A page in a context of its own. A mistake in a script, or against the policy, fails the test."""
    mistakes: list[str] = []
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda line: mistakes.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    await context.close()
    assert mistakes == []


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("java_script", [True, False])
async def test_a_mistake_is_told_at_its_field_and_put_right(url: str, db: Database, browser: Browser, java_script: bool) -> None:
    async with looking(browser, java_script_enabled=java_script, viewport={"width": 1000, "height": 900}) as page:
        await page.goto(f"{url}/forms/web")
        await picture(page, "form")
        await page.get_by_label("First name").fill("Ana")
        await page.get_by_label("E-mail").fill("ana@")
        await page.get_by_label("How can we help?").fill("Twenty quieter pumps")
        await page.get_by_role("button", name="Send").click()
        wrong = page.get_by_label("E-mail")
        await expect(wrong).to_be_focused()
        await expect(wrong).to_have_attribute("aria-invalid", "true")
        await expect(wrong).to_have_accessible_description("This is not a complete e-mail address, such as ana@acme.example")
        await expect(page).to_have_title("One field needs another look · Talk to somebody who knows pumps")
        await picture(page, "form-wrong")
        await page.get_by_role("alert").get_by_role("link", name="E-mail").click()
        await wrong.fill("ana@acme.example")
        await page.get_by_label("You may write to me").check()
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        await picture(page, "thanks")
        await page.reload()
    (submitted,) = of(LeadSubmitted, await said(db))
    assert (submitted.person.first_name, submitted.person.email, submitted.consent.marketing) == ("Ana", "ana@acme.example", True)


@pytest.mark.parametrize("java_script", [True, False])
async def test_the_link_of_the_mail_confirms_at_the_press_of_its_button(
    url: str, db: Database, browser: Browser, java_script: bool
) -> None:
    await with_opt_in(db)
    (asked,) = await carried(db, submission(person={"email": "ana@acme.example"}))
    async with looking(browser, java_script_enabled=java_script, viewport={"width": 1000, "height": 700}) as page:
        await page.goto(asked.link.replace("http://dealwire.test", url))
        await expect(page.get_by_role("heading", name="Please confirm")).to_be_visible()
        await picture(page, "confirm")
        await page.get_by_role("button", name="Yes, I agree").click()
        await expect(page.get_by_role("heading", name="Thank you, that is confirmed")).to_be_visible()
        await picture(page, "confirmed")
    assert [given.source for given in of(ConsentGiven, await said(db))] == ["web"]


async def test_it_goes_by_keyboard_alone_and_never_into_the_trap(url: str, db: Database, browser: Browser) -> None:
    async with looking(browser) as page:
        await page.goto(f"{url}/forms/web")
        for text in ("Ana", "Silva", "ana@acme.example", "", "Acme GmbH", "Pumps"):
            await page.keyboard.press("Tab")
            await page.keyboard.type(text)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Send")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    (submitted,) = of(LeadSubmitted, await said(db))
    assert (submitted.person.last_name, submitted.interest.need, submitted.consent.marketing) == ("Silva", "Pumps", True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_at_home_on_a_phone_by_day_and_by_night(url: str, db: Database, browser: Browser, scheme: str) -> None:
    await with_opt_in(db, language="de")
    (asked,) = await carried(db, submission(person={"email": "ana.maria.silva-dos-santos@purchasing.acme-pumps.example"}))
    confirm = asked.link.removeprefix("http://dealwire.test")
    phone = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme, "locale": "de-DE", "has_touch": True}
    async with looking(browser, **phone) as page:
        pages = {"form": "/forms/web", "thanks": "/forms/web/thanks?confirm=1", "nonsense": "/confirm/nonsense", "confirm": confirm}
        for name, path in pages.items():
            await page.goto(url + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path
            assert await page.evaluate("document.documentElement.lang") == "de"
            await picture(page, f"phone-{scheme}-{name}")
        await page.goto(f"{url}/forms/web")
        await page.get_by_role("button").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await picture(page, f"phone-{scheme}-wrong")
        ground = await page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (min(ground) > 200) == (scheme == "light")


async def test_it_stands_in_a_frame_of_a_named_site_grows_with_its_content_and_knows_where_it_stood(
    url: str, db: Database, browser: Browser
) -> None:
    site = FastAPI()

    @site.get("/pumps", response_class=HTMLResponse)
    async def page_of_another_site() -> HTMLResponse:
        policy = f"default-src 'none'; script-src {url}; frame-src {url}"
        body = f'<!doctype html><title>Pumps</title><main><script src="{url}/forms/web/embed.js" async></script></main>'
        return HTMLResponse(body, headers={"content-security-policy": policy})

    async with served(site) as other:
        await with_form(db, **FORM, embed_on=[other])
        async with looking(browser, viewport={"width": 700, "height": 900}) as page:
            await page.goto(f"{other}/pumps?utm_campaign=spring")
            frame = page.frame_locator("iframe")
            await frame.get_by_label("E-mail").fill("ana@acme.example")
            height = (
                "Math.abs(document.querySelector('iframe').clientHeight - parseFloat(document.querySelector('iframe').style.height)) < 2"
            )
            await page.wait_for_function(f"document.querySelector('iframe').style.height !== '40rem' && {height}")
            await picture(page, "embedded")
            await frame.get_by_role("button", name="Send").click()
            await expect(frame.get_by_role("heading", name="Thank you")).to_be_visible()
    (submitted,) = of(LeadSubmitted, await said(db))
    assert (submitted.attribution.campaign, submitted.attribution.referrer) == ("spring", f"{other}/pumps")


async def test_no_other_site_may_show_it(url: str, browser: Browser) -> None:
    site = FastAPI()

    @site.get("/", response_class=HTMLResponse)
    async def page_of_another_site() -> str:
        return f'<iframe src="{url}/forms/web"></iframe>'

    async with served(site) as other:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(other)
        assert await page.frame_locator("iframe").get_by_label("E-mail").count() == 0
        await context.close()
