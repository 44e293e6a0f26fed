"""What tests of the console share: its database, a world of services behind real ports, a browser."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from shared.database import Database
from tests.browsers import chromium
from tests.conftest import DatabaseOf
from tests.journeys.world import World
from tests.services.console.stage import PASSWORD, Stage, staged

SignIn = Callable[..., Awaitable[Page]]
# A browser comes back to a stream that it lost after some seconds; on a busy machine everything takes longer.
PATIENCE_MS = 20_000


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("console")


@pytest.fixture
async def world(database_of: DatabaseOf) -> World:
    return await World.begun(database_of)


@pytest.fixture
async def console_alone(db: Database, tmp_path: Path) -> AsyncIterator[Stage]:
    """Without the services behind it."""
    async with staged(World({"console": db}), tmp_path) as stage:
        yield stage


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(world, tmp_path) as stage:
        yield stage


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def sign_in(browser: Browser, stage: Stage) -> AsyncIterator[SignIn]:
    """`page = await sign_in("ana@dealwire.example")`: signed in by hand, on the first page. A mistake in a page fails the test."""
    mistakes: list[str] = []
    contexts = []

    async def signed_in(email: str = "root@dealwire.example") -> Page:
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", lambda line: mistakes.append(line.text) if "Content Security Policy" in line.text else None)
        await page.goto(f"{stage.url}/")
        await page.get_by_label("E-mail").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("heading", name="Overview").wait_for()
        # Its script, too: what somebody types before that runs is heard by nobody.
        await page.wait_for_load_state()
        return page

    yield signed_in
    for context in contexts:
        await context.close()
    assert mistakes == []
