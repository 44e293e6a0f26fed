"""One provider as it is being asked: how many calls may begin, and what comes of each."""

import asyncio
import random
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiolimiter import AsyncLimiter

from services.leads.models import EnrichmentRow, Provider, ProviderState
from services.leads.rules.enrichment.circuit import Circuit
from services.leads.rules.enrichment.questions import Question
from services.leads.service.enrichment.answering import Outcome
from services.leads.service.enrichment.knowing import Away, Knower, Unusable
from shared.database import utcnow
from shared.metrics import PROVIDER_CALLS, PROVIDER_SECONDS
from shared.telemetry import get_logger

log = get_logger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 60.0


class Line:
    """`calls` are those under way, `keys` what they ask, by row; `saved` is the state of its circuit that others were told."""

    def __init__(self, provider: Provider, knower: Knower, saved: str) -> None:
        self.provider, self.knower, self.saved = provider, knower, saved
        self.circuit = Circuit(provider.trip_after, provider.trip_seconds)
        self.outdated = False
        self.calls: dict[str, asyncio.Task[Outcome]] = {}
        self.keys: dict[str, str] = {}
        per_second = (provider.rate_per_minute or 0) / 60
        self._limiter = AsyncLimiter(max(1.0, per_second), max(1.0, 1 / per_second)) if per_second else None

    def may_begin(self) -> int:
        """How many more calls. One that was changed begins none under its old terms."""
        if self.outdated:
            return 0
        wanted = self.circuit.allows(self.provider.concurrency - len(self.calls), time.monotonic(), calling=len(self.calls))
        while wanted > 0 and self._limiter is not None and not self._limiter.has_capacity(wanted):
            wanted -= 1
        return max(0, wanted)

    async def begin(self, row: EnrichmentRow, question: Question) -> None:
        if self._limiter is not None:
            await self._limiter.acquire()
        self.calls[row["_id"]] = asyncio.create_task(self._call(row, question))
        self.keys[row["_id"]] = question.key

    async def _call(self, row: EnrichmentRow, question: Question) -> Outcome:
        began = time.perf_counter()
        outcome = await self._ask(row, question)
        seconds = time.perf_counter() - began
        PROVIDER_SECONDS.labels(self.provider.id).observe(seconds)
        PROVIDER_CALLS.labels(self.provider.id, outcome.status).inc()
        return replace(outcome, seconds=seconds)

    async def _ask(self, row: EnrichmentRow, question: Question) -> Outcome:
        called = Outcome(row["_id"], self.provider, "failed", key=question.key, called=True)
        try:
            told = await self.knower.ask(question)
        except Away as away:
            self._note(good=False)
            return replace(called, problem=str(away), **self._again(row["attempts"] + 1, away.after))
        except Unusable as problem:
            self._note(good=not problem.general)
            return replace(called, problem=str(problem))
        self._note(good=True)
        return replace(called, status="answered" if told.answer.known else "unknown", answer=told.answer, charged=told.charged)

    def _again(self, attempts: int, after: float) -> dict[str, Any]:
        """Each time later, but not for ever."""
        if attempts >= self.provider.tries:
            return {}
        pause = max(after, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempts) * random.uniform(0.5, 1))
        return {"status": "due", "again_at": utcnow() + timedelta(seconds=pause)}

    def _note(self, *, good: bool) -> None:
        self.circuit.note(good=good, now=time.monotonic())

    def done(self) -> list[Outcome]:
        """Of the calls that have ended; one that ended in a bug of ours has failed."""
        ended = {row_id: call for row_id, call in self.calls.items() if call.done()}
        for row_id in ended:
            del self.calls[row_id], self.keys[row_id]
        return [self._outcome(row_id, call) for row_id, call in ended.items() if not call.cancelled()]

    def _outcome(self, row_id: str, call: "asyncio.Task[Outcome]") -> Outcome:
        bug = call.exception()
        if bug is None:
            return call.result()
        log.error("asking a provider failed", provider=self.provider.id, exc_info=bug)
        return Outcome(row_id, self.provider, "failed", problem=f"a bug: {type(bug).__name__}", called=True)

    def news(self) -> ProviderState | None:
        """Its state, if others have not been told of it yet."""
        now = time.monotonic()
        state = self.circuit.state(now)
        if state == self.saved or (state == "half_open" and self.saved == "open"):
            return None
        self.saved = state
        return {
            "_id": self.provider.id,
            "circuit": state,
            "retry_at": utcnow() + timedelta(seconds=self.circuit.reopens_in(now)),
            "at": utcnow(),
        }
