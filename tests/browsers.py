"""A real Chromium for the pages that people see."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
SILENT = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """One that is there already; without any, tests of pages have nothing to say."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu", *SILENT])
        yield browser
        await browser.close()
