"""Leads dealt out by several processes of which some are killed: who got how many, told by what is kept and by what was said."""

import time
from collections import Counter
from dataclasses import dataclass

from shared.database import Database
from shared.events import LeadAssigned
from tests.live.kafka import events_on, publish
from tests.live.processes import Fleet, Running
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.services.leads.builders import submission

INGESTING = 3
# Small enough that every process has its share of the work, and that a kill finds one in the middle of it.
SMALL_BATCHES = {"DEALWIRE_BATCH_SIZE": "100"}


@dataclass(frozen=True, slots=True)
class Aftermath:
    """`kept` are the owners of the leads, `said` those that the first assignment of each lead named; `assignments` are all of them."""

    kept: Counter[str]
    said: Counter[str]
    assignments: int
    seconds: float

    @property
    def spread(self) -> int:
        return max(self.kept.values()) - min(self.kept.values())


async def deal_while_killing(servers: Servers, ours: Fleet, db: Database, count: int) -> Aftermath:
    """`count` leads that all belong to one team; one who captures and the one who deals are killed in between."""
    await publish(servers, [submission() for _ in range(count)])
    began = time.perf_counter()
    ingesting = [ours.start_service("leads", "ingest", **SMALL_BATCHES) for _ in range(INGESTING)]
    dealing = _start_dealing(ours)
    await eventually(lambda: _how_many_dealt(db), within=60, what=f"the first lead dealt out; see {dealing.log}")
    ingesting[0].kill()
    dealing.kill()
    heir = _start_dealing(ours)
    await eventually(lambda: _all_dealt(db, count), within=100, what=f"every lead dealt out; see {heir.log}")
    return await _aftermath(servers, db, time.perf_counter() - began)


def _start_dealing(ours: Fleet) -> Running:
    return ours.start_service("leads", "consumer", "relay", **SMALL_BATCHES)


async def _all_dealt(db: Database, count: int) -> bool:
    return await _how_many_dealt(db) == count and await db.collection("outbox").count_documents({}) == 0


async def _how_many_dealt(db: Database) -> int:
    return int(await db.collection("leads").count_documents({"owner_id": {"$ne": None}}))


async def _aftermath(servers: Servers, db: Database, seconds: float) -> Aftermath:
    said = [event for event in await events_on(servers, LeadAssigned.topic) if isinstance(event, LeadAssigned)]
    once = {event.envelope.id: event for event in said}.values()
    kept = Counter([lead["owner_id"] async for lead in db.collection("leads").find({}, {"owner_id": 1})])
    return Aftermath(kept, Counter({event.lead_id: event.owner_id for event in once}.values()), len(once), seconds)
