"""What it costs to find out who is like a new lead, among many that are stored."""

import time
from collections.abc import Iterable, Sequence

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.rules.blocks import blocks_of
from services.leads.rules.identity import taken_in
from services.leads.service import compare_leads, find_alike, seed_defaults
from services.leads.store import INDEXES
from shared.database import Database, new_id, utcnow
from shared.events import LeadDescribed, LeadSubmitted
from tests.bench.duplicates.people import crowd
from tests.bench.leads import submissions

TOGETHER, BATCHES, LOOKED_UP = 500, 20, 1_000


async def measured(db: Database, count: int) -> dict[str, float]:
    """Among `count` leads: the time in which one is looked up, and what comparing a new one takes of this process.

    Half of them are those that everything is measured with; half are a crowd in which everybody resembles others.
    """
    await db.ensure_indexes(INDEXES)
    await seed_defaults(db)
    crowded, alone = await _fill(db, (row.submission for row in crowd(count // 3, seed=2))), await _fill(db, submissions(count // 2))
    measures = {"leads": float(len(crowded) + len(alone)), "cpu_us_per_lead": await _cpu_us_per_lead(db, alone[-TOGETHER * BATCHES :])}
    return measures | {"p99_ms": await _p99_ms(db, (crowded + alone)[:: max(1, count // LOOKED_UP)])}


async def _fill(db: Database, said: Iterable[LeadSubmitted]) -> list[str]:
    """As they are stored, but not judged: what is measured does not ask for that."""
    leads = [_stored(taken_in(one).parts) for one in said]
    for start in range(0, len(leads), 5_000):
        await db.collection(store.LEADS).insert_many(leads[start : start + 5_000], ordered=False)
    return [lead["_id"] for lead in leads]


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
