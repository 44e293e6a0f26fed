"""Calls over HTTP to addresses that people have entered: in time, of bounded size, and never to where only the inside may go."""

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from shared.errors import Invalid, Unreachable

MOST_BYTES = 256 * 1024
Address = IPv4Address | IPv6Address
# Besides all that is link-local, where clouds keep the credentials of their machines.
_METADATA = [ip_network(network) for network in ("100.100.100.200/32", "fd00:ec2::/32", "fd20:ce::/32", "168.63.129.16/32")]
_NAT64 = IPv6Network("64:ff9b::/96")
_HEADERS = {"user-agent": "dealwire", "accept": "application/json", "accept-encoding": "identity"}


class NotReachable(Invalid):
    """The address is one that calls from here must not go to."""


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """`retry_after` is in seconds, if it said so."""

    status: int
    body: bytes
    retry_after: float | None = None


class Outbound:
    """`networks` are those that may be called although they would be refused. Redirects are not followed."""

    def __init__(self, networks: Iterable[Any] = (), *, most_bytes: int = MOST_BYTES) -> None:
        self._networks, self._most = tuple(networks), most_bytes
        self._client = httpx.AsyncClient(transport=_transport(_Backend(self._networks)), headers=_HEADERS, timeout=None, trust_env=False)

    async def send(self, call: Call, *, seconds: float) -> Reply:
        """Raises Unreachable when nothing that can be read comes in time, NotReachable when it must not be asked at all."""
        try:
            async with asyncio.timeout(seconds):
                return await self._sent(call)
        except TimeoutError:
            raise Unreachable(f"no answer within {seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"no answer: {type(error).__name__}") from error

    async def _sent(self, call: Call) -> Reply:
        async with self._client.stream(call.method, call.url, headers=call.headers, content=call.body) as response:
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > self._most:
                    raise Unreachable(f"the answer has more than {self._most} bytes")
            return Reply(response.status_code, bytes(body), _seconds(response.headers.get("retry-after")))

    async def close(self) -> None:
        await self._client.aclose()


def check_address(url: str, networks: Iterable[Any] = (), *, sealed: bool = False) -> None:
    """Raises NotReachable for what can be told without asking: another scheme, an address that is refused.

    `sealed` asks for https, except where `networks` allow what would be refused otherwise.
    """
    try:
        parts = httpx.URL(url)
        literal = parts.host and ip_address(parts.host.strip("[]"))
    except httpx.InvalidURL:
        raise NotReachable("This is no URL", field="url", rule="url") from None
    except ValueError:
        literal = None
    if parts.scheme not in ("http", "https") or not parts.host or parts.userinfo:
        raise NotReachable("It takes an http or https URL without a name or password in it", field="url", rule="url")
    if parts.host == "localhost":
        literal = ip_address("127.0.0.1")
    if literal and is_refused(literal, networks):
        raise NotReachable(f"{parts.host} must not be called from here", field="url", rule="address")
    if sealed and parts.scheme != "https" and not (literal and is_refused(literal)):
        raise NotReachable("It takes an https URL: there are secrets and people in what is said", field="url", rule="https")


def is_refused(address: Address, networks: Iterable[Any] = ()) -> bool:
    """Private networks may be called; what is this machine's own, or nobody's, may not."""
    plain = _unwrapped(address)
    if any(plain.version == network.version and plain in network for network in networks):
        return False
    nobodys = plain.is_loopback or plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain.is_reserved
    return nobodys or any(plain.version == network.version and plain in network for network in _METADATA)


def _unwrapped(address: Address) -> Address:
    """An IPv4 address in the clothes of an IPv6 one is what it is."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


class _Backend(httpcore.AnyIOBackend):
    """Connects to the very address that was checked: a name that means another one a moment later is of no use."""

    def __init__(self, networks: Sequence[Any]) -> None:
        self._networks = networks

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Any = None
    ) -> httpcore.AsyncNetworkStream:
        return await super().connect_tcp(await self._checked(host, port), port, timeout, local_address, socket_options)

    async def _checked(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not known") from error
        addresses = [str(entry[4][0]) for entry in found]
        for address in addresses:
            if is_refused(ip_address(address.partition("%")[0]), self._networks):
                raise NotReachable(f"{host} must not be called from here", field="url", rule="address")
        return addresses[0]


@cache
def _tls() -> SSLContext:
    """Reading the certificates of all authorities takes a twentieth of a second."""
    return httpx.create_ssl_context(trust_env=False)


def _transport(backend: _Backend) -> httpx.AsyncHTTPTransport:
    """httpx offers no way to choose the backend of its own pool."""
    transport = httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=_tls(),
        max_connections=200,
        max_keepalive_connections=20,
        keepalive_expiry=5,
        network_backend=backend,
    )
    return transport


def _seconds(header: str | None) -> float | None:
    """Until when it is to be left alone, which is said in seconds or as a date."""
    if not header:
        return None
    if header.isdigit():
        return float(header) if len(header) < 7 else None
    try:
        return max(0.0, (parsedate_to_datetime(header).astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None
