"""The relay alone: a full outbox, one process, how fast it empties."""

import time

from shared.database import Database
from shared.events import LeadContacted
from shared.relay import Relay
from shared.transaction import Transaction
from tests.live.kafka import settings_of
from tests.live.traffic import until_stopped
from tests.live.waiting import eventually
from tests.servers import Servers

PER_TRANSACTION = 1500


async def events_per_second(servers: Servers, db: Database, transactions: int) -> float:
    for number in range(transactions):
        await db.transact(lambda tx, number=number: _say_much(tx, number))  # type: ignore[misc]
    relay = Relay(db, settings_of(servers))
    async with until_stopped(relay):
        await eventually(lambda: _shrinks(db, transactions * PER_TRANSACTION), what="the first row relayed")
        before, began = await _left(db), time.perf_counter()
        await eventually(lambda: _is_empty(db), within=120, what="an empty outbox")
        return before / (time.perf_counter() - began)


async def _say_much(tx: Transaction, number: int) -> None:
    for event in range(PER_TRANSACTION):
        tx.emit(LeadContacted(lead_id=f"lead-{number}-{event // 3}", version=event % 3, contacted_at=tx.now))


async def _left(db: Database) -> int:
    found = await db.collection("outbox").aggregate([{"$group": {"_id": None, "count": {"$sum": "$count"}}}]).to_list(1)
    return found[0]["count"] if found else 0


async def _shrinks(db: Database, total: int) -> bool:
    return await _left(db) < total


async def _is_empty(db: Database) -> bool:
    return await db.collection("outbox").find_one({}, {"_id": 1}) is None
