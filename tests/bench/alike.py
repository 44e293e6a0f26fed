"""What it costs to find out who is like a new lead, among many that are stored."""

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import cast

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.rules.capture.identity import taken_in
from services.leads.rules.duplicates.blocks import likeness_row
from services.leads.service import compare_leads, find_alike, place_leads, seed_defaults
from services.leads.store import INDEXES
from shared.database import Database, new_id, utcnow
from shared.events import LeadDescribed, LeadPlaced, LeadSubmitted
from tests.bench.duplicates.people import crowd
from tests.bench.leads import submissions

TOGETHER, BATCHES, LOOKED_UP, AT_ONCE = 500, 20, 2_000, 10_000
# What a crowd of so many people submits, a few times each.
CROWD = 100_000


async def measured(db: Database, count: int) -> dict[str, float]:
    """Among `count` leads: the time in which one is looked up, and what writing down and comparing a new one take of this process.

    Some of them are a crowd in which everybody resembles others; the rest are those that everything is measured with.
    """
    await db.ensure_indexes(INDEXES)
    await seed_defaults(db)
    crowded = list(_leads(row.submission for row in crowd(min(CROWD, count // 6), seed=2)))
    others = submissions(count - len(crowded))
    new = list(_leads(islice(others, TOGETHER * BATCHES)))
    await _fill(db, chain(crowded, map(_as_said, others)))
    measures = {"leads": float(count)} | await _cpu_us_per_lead(db, new)
    return measures | await _ms(db, [*crowded[:: max(1, len(crowded) // LOOKED_UP)], *new[::10]])


def _leads(said: Iterable[LeadSubmitted]) -> Iterator[LeadDocument]:
    """Not judged: what is measured does not ask for that."""
    return (_stored(taken_in(one).parts) for one in said)


def _stored(parts: LeadDocument) -> LeadDocument:
    lead: LeadDocument = {**parts, "_id": new_id(), "version": 1, "status": "captured", "owner_id": None, "source": "web"}
    lead["created_at"] = lead["updated_at"] = utcnow()
    lead["submission_id"] = lead["correlation_id"] = lead["_id"]
    return lead


def _as_said(said: LeadSubmitted) -> LeadDocument:
    """What is said in the form in which it is kept need not be taken in: of a million that takes minutes."""
    parts = {"person": said.person.model_dump(exclude_none=True), "company": said.company.model_dump(exclude_none=True)}
    return cast(LeadDocument, {"_id": new_id(), **parts})


async def _fill(db: Database, leads: Iterator[LeadDocument]) -> None:
    while some := [likeness_row(lead) for lead in islice(leads, AT_ONCE)]:
        await db.collection("likenesses").insert_many(some, ordered=False)


async def _cpu_us_per_lead(db: Database, leads: Sequence[LeadDocument]) -> dict[str, float]:
    """Of comparing, once what is asked for most is known not to be worth asking for."""
    await db.collection(store.LEADS).insert_many([{**lead, "keys": [lead["_id"]]} for lead in leads], ordered=False)
    batches = [[lead["_id"] for lead in leads[start : start + TOGETHER]] for start in range(0, len(leads), TOGETHER)]
    described = [LeadDescribed(lead_id=ids[0], lead_ids=ids, described_at=utcnow()) for ids in batches]
    placed = [LeadPlaced(lead_id=ids[0], lead_ids=ids, placed_at=utcnow()) for ids in batches]
    placing = await _cpu_us(len(leads), [lambda one=one: db.transact(lambda tx: place_leads(tx, [one])) for one in described])
    comparing = await _cpu_us(len(leads), [lambda one=one: db.transact(lambda tx: compare_leads(tx, [one])) for one in placed])
    return {"placing_cpu_us_per_lead": placing, "comparing_cpu_us_per_lead": comparing}


async def _cpu_us(count: int, steps: Sequence[Callable[[], Awaitable[None]]]) -> float:
    began = time.process_time()
    for step in steps:
        await step()
    return (time.process_time() - began) / count * 1e6


async def _ms(db: Database, leads: Sequence[LeadDocument]) -> dict[str, float]:
    times = list[float]()
    for lead in leads:
        began = time.perf_counter()
        await find_alike(db, lead)
        times.append((time.perf_counter() - began) * 1_000)
    times.sort()
    return {"p50_ms": times[len(times) // 2], "p99_ms": times[int(len(times) * 0.99)]}
