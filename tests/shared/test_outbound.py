"""Calls to addresses that people have entered end in time, stay small, and don't go inside."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address, ip_network

import pytest
from starlette.responses import RedirectResponse, Response

from shared.errors import Unreachable
from shared.outbound import Call, NotReachable, Outbound, check_address, is_refused
from tests.shared.outsiders import LOCAL, outsider


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    calls = Outbound(LOCAL, most_bytes=1_000)
    yield calls
    await calls.close()


def get(url: str) -> Call:
    return Call("GET", url, {"x-key": "k"})


async def test_an_answer_comes_as_it_is_and_headers_go_along(outbound: Outbound) -> None:
    async with outsider(lambda request: {"employees": 7}) as system:
        reply = await outbound.send(get(f"{system.url}/acme"), seconds=5)
    assert (reply.status, reply.body) == (200, b'{"employees":7}')
    assert system.headers[0]["x-key"] == "k"


async def test_who_does_not_answer_in_time_is_not_waited_for(outbound: Outbound) -> None:
    async with outsider(lambda request: asyncio.sleep(60)) as system:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"no answer within 0\.1 s"):
            await outbound.send(get(system.url), seconds=0.1)
        assert time.monotonic() - began < 5


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(outbound: Outbound) -> None:
    async with outsider(lambda request: Response(b"x" * 1_000_000)) as system:
        with pytest.raises(Unreachable, match="more than 1000 bytes"):
            await outbound.send(get(system.url), seconds=5)


async def test_whoever_wants_to_be_left_alone_says_so_in_seconds_or_by_a_date(outbound: Outbound) -> None:
    said = iter(["120", format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True), "Wed, 21 Oct 2015 07:28:00 GMT", "soon"])
    async with outsider(lambda request: Response(status_code=429, headers={"retry-after": next(said)})) as system:
        after = [(await outbound.send(get(system.url), seconds=5)).retry_after for _ in range(4)]
    assert (after[0], after[2], after[3]) == (120, 0, None)
    assert 80 < (after[1] or 0) <= 90


async def test_a_redirect_is_an_answer_and_is_not_followed(outbound: Outbound) -> None:
    async with outsider(lambda request: RedirectResponse("http://169.254.169.254/")) as system:
        assert (await outbound.send(get(system.url), seconds=5)).status == 307
        assert len(system.asked) == 1


async def test_a_port_where_nobody_listens_is_away(outbound: Outbound) -> None:
    with pytest.raises(Unreachable):
        await outbound.send(get("http://127.0.0.1:9"), seconds=5)


async def test_a_name_is_refused_by_what_it_means_at_the_time_of_the_call() -> None:
    calls = Outbound()
    with pytest.raises(NotReachable):
        await calls.send(get("http://localhost:9/"), seconds=5)
    await calls.close()


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("169.254.169.254", True),
        ("fd00:ec2::254", True),
        ("100.100.100.200", True),
        ("::ffff:169.254.169.254", True),
        ("64:ff9b::a9fe:a9fe", True),
        ("fe80::1", True),
        ("127.0.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("10.1.2.3", False),
        ("93.184.216.34", False),
        ("2606:2800:220:1::1", False),
    ],
)
def test_what_is_this_machines_own_or_tells_its_secrets_is_refused(address: str, refused: bool) -> None:
    assert is_refused(ip_address(address)) is refused


def test_a_setting_may_allow_what_would_be_refused() -> None:
    assert not is_refused(ip_address("169.254.169.254"), [ip_network("169.254.0.0/16")])


@pytest.mark.parametrize("url", ["ftp://x.example", "http://", "http://a:b@x.example", "http://[::1]/", "http://localhost/", "nonsense"])
def test_an_address_that_can_never_be_called_is_refused_when_it_is_entered(url: str) -> None:
    with pytest.raises(NotReachable):
        check_address(url)


@pytest.mark.parametrize("url", ["http://api.forms.example/leads", "http://10.1.2.3/leads"])
def test_where_secrets_go_https_is_asked_for_except_on_networks_that_are_allowed(url: str) -> None:
    with pytest.raises(NotReachable) as caught:
        check_address(url, LOCAL, sealed=True)
    assert caught.value.violations[0].rule == "https"
    check_address("https://api.forms.example/leads", sealed=True)
    check_address("http://127.0.0.1:8080/leads", LOCAL, sealed=True)


def test_an_ordinary_address_may_be_entered() -> None:
    check_address("https://api.registry.example/v1/companies?d=x")
