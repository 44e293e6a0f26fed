"""Signing in, staying in, and what others can't do with somebody's browser."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from services.console.api.people import TRIES
from tests.road import hear
from tests.services.console.customers import rep
from tests.services.console.stage import PASSWORD, Stage

Client = httpx.AsyncClient
ROOT = "root@dealwire.example"


@pytest.fixture
async def browser(console_alone: Stage) -> AsyncIterator[Client]:
    """What a browser would send, without one."""
    async with Client(base_url=console_alone.url, headers={"accept": "text/html"}, trust_env=False) as client:
        yield client


async def sign_in(client: Client, email: str = "root@dealwire.example", password: str = PASSWORD, to: str = "/") -> httpx.Response:
    form = (await client.get("/sign-in", params={"next": to})).text
    fields = dict(re.findall(r'name="(proof|next)" value="([^"]*)"', form))
    return await client.post("/sign-in", data=fields | {"email": email, "password": password})


def csrf_on(page: httpx.Response) -> str:
    found = re.search(r'data-csrf="([0-9a-f]{64})"', page.text)
    assert found, page.text
    return found[1]


async def test_a_page_sends_a_stranger_to_sign_in_and_back(browser: Client) -> None:
    sent = await browser.get("/leads?status=qualified")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/leads%3Fstatus%3Dqualified")
    entered = await sign_in(browser, to="/leads?status=qualified")
    assert (entered.status_code, entered.headers["location"]) == (303, "/leads?status=qualified")
    assert (await browser.get("/leads?status=qualified")).status_code == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Client) -> None:
    cookies = (await sign_in(browser)).headers.get_list("set-cookie")
    (session,) = [cookie for cookie in cookies if "dealwire_" in cookie and "_form" not in cookie]
    assert "HttpOnly" in session
    assert "SameSite=strict" in session


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/x\r\nset-cookie: a=b"]
)
async def test_signing_in_leads_nowhere_else(browser: Client, to: str) -> None:
    assert (await sign_in(browser, to=to)).headers["location"] == "/"


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(browser: Client) -> None:
    wrong, unknown = await sign_in(browser, password="wrong"), await sign_in(browser, "nobody@dealwire.example")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("root@", "nobody@") == unknown.text
    assert (await browser.get("/leads")).status_code == 303


async def test_tries_are_limited_per_account_and_address(browser: Client) -> None:
    for _ in range(TRIES):
        assert (await sign_in(browser, password="guess")).status_code == 401
    refused = await sign_in(browser)
    assert refused.status_code == 429
    assert "wait" in refused.text
    assert (await sign_in(browser, "zoe@dealwire.example")).status_code == 303


async def test_the_form_must_come_from_our_own_page(browser: Client) -> None:
    forged = {"email": "root@dealwire.example", "password": PASSWORD, "proof": "guessed"}
    assert (await browser.post("/sign-in", data=forged)).status_code == 403


async def test_a_rep_is_who_the_roster_says_they_are(browser: Client, console_alone: Stage) -> None:
    await hear(*console_alone.world.at("console"), rep("r-17", email="ANA@dealwire.example", team_id="north", version=1))
    await sign_in(browser, "ana@dealwire.example")
    assert 'value="r-17">Me' in (await browser.get("/leads")).text


async def test_a_change_needs_the_token_that_is_written_in_the_page(browser: Client) -> None:
    await sign_in(browser)
    csrf = csrf_on(await browser.get("/"))
    assert (await browser.post("/sign-out")).status_code == 403
    assert (await browser.post("/sign-out", data={"csrf": "0" * 64})).status_code == 403
    elsewhere = await browser.post("/sign-out", data={"csrf": csrf}, headers={"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403
    assert (await browser.post("/sign-out", data={"csrf": csrf})).status_code == 303
    assert (await browser.get("/")).status_code == 303


async def test_a_change_through_the_gateway_needs_it_too(browser: Client) -> None:
    await sign_in(browser)
    csrf = csrf_on(await browser.get("/"))
    key = {"name": "website"}
    assert (await browser.post("/api/console/api-keys", json=key)).status_code == 403
    assert (await browser.post("/api/console/api-keys", json=key, headers={"x-csrf-token": csrf})).status_code == 201


async def test_a_token_in_the_cookie_that_nobody_signed_opens_nothing(browser: Client, console_alone: Stage) -> None:
    browser.cookies.set(f"dealwire_{console_alone.url.rpartition(':')[2]}", "eyJhbGciOiJub25lIn0.e30.")
    assert (await browser.get("/leads")).headers["location"].startswith("/sign-in")


async def test_a_link_from_elsewhere_is_opened_again_from_here_for_the_sake_of_the_strict_cookie(
    browser: Client,
) -> None:
    bounced = await browser.get("/leads", headers={"sec-fetch-site": "cross-site"})
    assert bounced.status_code == 200
    assert 'http-equiv="refresh"' in bounced.text
