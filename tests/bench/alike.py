"""What it costs to find out who is like a new lead, among many that are stored."""

import time
from collections import Counter
from collections.abc import Sequence

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.rules.blocks import blocks_of
from services.leads.rules.identity import taken_in
from services.leads.service import compare_leads, find_alike, seed_defaults
from services.leads.store import INDEXES
from shared.database import Database, new_id, utcnow
from shared.events import LeadDescribed
from tests.bench.duplicates.people import crowd

TOGETHER, BATCHES, LOOKED_UP = 500, 20, 1_000


async def measured(db: Database, count: int) -> dict[str, float]:
    """Among those of `count` people: the time in which one is looked up, and what comparing somebody new takes of this process."""
    await db.ensure_indexes(INDEXES)
    await seed_defaults(db)
    ids, new = await _fill(db, count)
    cpu = await _cpu_us_per_lead(db, new[-TOGETHER * BATCHES :])
    return {"leads": float(len(ids)), "p99_ms": await _p99_ms(db, ids[:: max(1, len(ids) // LOOKED_UP)]), "cpu_us_per_lead": cpu}


async def _fill(db: Database, count: int) -> tuple[list[str], list[str]]:
    """As they are stored, but not judged: what is measured does not ask for that. All of them, and those who are there once."""
    rows = crowd(count, seed=2)
    leads = [_stored(taken_in(row.submission).parts) for row in rows]
    for start in range(0, len(leads), 5_000):
        await db.collection(store.LEADS).insert_many(leads[start : start + 5_000], ordered=False)
    often = Counter(row.person for row in rows)
    return [lead["_id"] for lead in leads], [lead["_id"] for lead, row in zip(leads, rows, strict=True) if often[row.person] == 1]


def _stored(parts: LeadDocument) -> LeadDocument:
    lead: LeadDocument = {**parts, "_id": new_id(), "version": 1, "status": "captured", "owner_id": None, "source": "web"}
    lead["created_at"] = lead["updated_at"] = utcnow()
    lead["submission_id"] = lead["correlation_id"] = lead["_id"]
    lead["blocks"], lead["keys"] = blocks_of(lead), [lead["_id"]]
    return lead


async def _cpu_us_per_lead(db: Database, ids: Sequence[str]) -> float:
    began = time.process_time()
    for start in range(0, len(ids), TOGETHER):
        together = list(ids[start : start + TOGETHER])
        event = LeadDescribed(lead_id=together[0], lead_ids=together, described_at=utcnow())
        await db.transact(lambda tx, event=event: compare_leads(tx, [event]))  # type: ignore[misc]
    return (time.process_time() - began) / len(ids) * 1e6


async def _p99_ms(db: Database, ids: Sequence[str]) -> float:
    leads, times = await store.find_leads(db, ids), list[float]()
    for lead in leads.values():
        began = time.perf_counter()
        await find_alike(db, lead)
        times.append(time.perf_counter() - began)
    return sorted(times)[int(len(times) * 0.99)] * 1_000
