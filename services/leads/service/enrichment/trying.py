"""A provider is tried on a sample, before it is switched on or whenever somebody wonders what it says."""

import time
from dataclasses import dataclass
from typing import Any

from services.leads import store
from services.leads.models import LeadDocument, Provider
from services.leads.rules.capture.identity import taken_in
from services.leads.rules.enrichment.answers import Answer, apply_answer
from services.leads.rules.enrichment.questions import Enquiries
from services.leads.service.enrichment.answering import Outcome, counts_of
from services.leads.service.enrichment.knowing import Away, FileKnower, HttpKnower, Knower, Told, Unusable
from services.leads.service.enrichment.providers import month_of
from shared.database import Database, utcnow
from shared.errors import Unreachable
from shared.events import LeadSubmitted
from shared.outbound import Outbound
from shared.sealing import Sealer
from shared.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Trial:
    """`status` is `not_asked` when the condition does not hold, or what it would be asked by is not in the sample."""

    status: str
    values: dict[str, Any]
    taken: dict[str, Any]
    confidence: float | None = None
    problem: str | None = None
    problems: tuple[str, ...] = ()
    seconds: float = 0.0


async def try_provider(db: Database, provider: Provider, sample: LeadSubmitted, outside: tuple[Any, Sealer]) -> Trial:
    """Calls it, outside of any transaction, and counts what it cost. `outside` are the networks that may be called, and the sealer."""
    networks, sealer = outside
    lead: LeadDocument = {**taken_in(sample).parts, "source": sample.source}
    question = Enquiries([provider]).ask(provider.id, lead)
    if question is None:
        return Trial("not_asked", {}, {})
    outbound, began = Outbound(networks), time.perf_counter()
    knower: Knower = HttpKnower(outbound, sealer) if provider.kind == "http" else FileKnower(db)
    try:
        told = await knower.ask(question)
    except (Away, Unusable, Unreachable) as problem:
        await _count(db, Outcome("", provider, "failed", called=True))
        return Trial("failed", {}, {}, problem=str(problem), seconds=time.perf_counter() - began)
    finally:
        await outbound.close()
    await _count(db, Outcome("", provider, "answered" if told.answer.known else "unknown", called=True, charged=told.charged))
    return _trial(lead, provider, told, time.perf_counter() - began)


def _trial(lead: LeadDocument, provider: Provider, told: Told, seconds: float) -> Trial:
    answer: Answer = told.answer
    _, taken = apply_answer(lead, provider, answer, utcnow())
    status = "answered" if answer.known else "unknown"
    return Trial(status, answer.values, taken, answer.confidence, None, tuple(answer.problems), seconds)


async def _count(db: Database, outcome: Outcome) -> None:
    async def count(tx: Transaction) -> None:
        await store.count_provider_usage(tx, month_of(tx.now), *counts_of([outcome]))

    await db.transact(count, by="trial")
