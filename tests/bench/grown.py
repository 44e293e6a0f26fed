"""The whole road with everything on, among many leads that are there already: what it loses as they become more."""

from collections.abc import Iterator
from typing import Any

from deploy.lag import consumer_lag
from shared.database import Database, utcnow
from shared.events import EngagementRecorded, Event
from tests.bench import limit, road
from tests.bench.leads import encoded, submissions
from tests.bench.stock import Stock
from tests.live.processes import Fleet
from tests.servers import Servers

ROLES = (*road.ROLES, "match", "scheduler")
RETURNING, INTERESTED = 20, 10


async def leads_per_second(servers: Servers, ours: Fleet, db: Database, stock: Stock, new: range) -> dict[str, Any]:
    """Until each of the `new` numbers has its fate, and until nothing is left to compare either."""
    await limit.fill(servers, encoded(arrivals(stock, new)))
    return await road.leads_per_second(servers, ours, len(new), roles=ROLES, settled=lambda: _nothing_is_left(servers, db))


def arrivals(stock: Stock, new: range) -> Iterator[Event]:
    """Every twentieth is of somebody who is known, and for ten of them one who is known shows interest."""
    known = stock.addresses(len(new) // RETURNING + len(new) // INTERESTED + 2)
    for number, submission in enumerate(submissions(len(new), start=new.start)):
        if number % RETURNING == 0:
            person = submission.person.model_copy(update={"email": next(known), "phone": None})
            submission = submission.model_copy(update={"person": person})
        yield submission
        if number % INTERESTED == 0:
            yield EngagementRecorded(email=next(known), kind="call", occurred_at=utcnow())


async def _nothing_is_left(servers: Servers, db: Database) -> bool:
    behind = [lag for lag in await consumer_lag({"bootstrap_servers": servers.kafka}) if lag.behind and lag.group.startswith("leads")]
    return not behind and not await db.collection("outbox").find_one({}, {"_id": 1})
