"""How much one address may send to one source: more is kept aside, and a flood is not even read."""

from enum import Enum
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItemPerHour
from limits.aio.strategies import FixedWindowRateLimiter

from services.leads import store
from shared.database import Database

FLOOD = 10


class Welcome(Enum):
    TAKEN = "taken"
    SUSPECT = "suspect"
    TURNED_AWAY = "turned away"


async def count_knock(db: Database, slug: str, address: str, per_hour: int) -> Welcome:
    """What is beyond the limit is still kept, so that nothing is lost by mistake; beyond ten times the limit nothing is."""
    limiter, network = FixedWindowRateLimiter(store.Counters(db)), network_of(address)
    if await limiter.hit(RateLimitItemPerHour(per_hour), slug, network):
        return Welcome.TAKEN
    beyond = RateLimitItemPerHour(per_hour * (FLOOD - 1))
    return Welcome.SUSPECT if await limiter.hit(beyond, slug, network, "beyond") else Welcome.TURNED_AWAY


def network_of(address: str) -> str:
    """Whoever has one address of IPv6 has all of its /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)
