"""Providers are asked, many at once, each within its limits: one process does it at a time, and nobody waits for a dead one."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Self

from services.leads import store
from services.leads.models import CachedAnswer, EnrichmentRow, LeadDocument, Provider, ProviderState
from services.leads.rules.enrichment.answers import Answer
from services.leads.rules.enrichment.questions import Question
from services.leads.service.enrichment.answering import Outcome, settle_outcomes
from services.leads.service.enrichment.calling import Line
from services.leads.service.enrichment.companies import remove_old_files
from services.leads.service.enrichment.enriching import NOT_ASKED
from services.leads.service.enrichment.knowing import FileKnower, HttpKnower, Knower
from services.leads.service.enrichment.providers import InForce, current_providers, left_to_spend, month_of
from shared.batching import in_parts
from shared.database import Database, utcnow
from shared.isolation import Isolation
from shared.outbound import Outbound
from shared.sealing import Sealer
from shared.settings import Settings
from shared.work import Worker, WorkLoop

AT_ONCE = 100
BETWEEN_LOOKS = 0.05
TIDY_SECONDS = 5.0
GIVE_UP_AFTER = timedelta(days=1)


class Asking:
    """A part of the process that has the scheduler. Rows stay due until what they led to has been committed."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._db = database
        self._outbound = Outbound(settings.outbound_networks)
        self._knowers: dict[str, Knower] = {"http": HttpKnower(self._outbound, Sealer(settings.secret_key)), "file": FileKnower(database)}
        self._loop = WorkLoop(database, Worker("enrichment", work=lambda _: self.ask_some()))
        self._lines: dict[str, Line] = {}
        self._settling: Isolation[Outcome] = Isolation(self._settle, self._set_aside, self._loop.pause)
        self._news: list[ProviderState] = []
        self._tidied = time.monotonic()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: Any) -> None:
        """Calls under way are given up; whoever takes over makes them again."""
        calls = [call for line in self._lines.values() for call in line.calls.values()]
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await self._outbound.close()

    async def run(self) -> None:
        async with self:
            await self._loop.run()

    async def stop(self) -> None:
        await self._loop.stop()

    async def ask_some(self) -> bool:
        """Begins what may begin, settles what has ended. False when there is nobody to ask."""
        in_force = await current_providers(self._db)
        self._line_up(in_force)
        outcomes = await self._tidy(in_force)
        for provider_id in in_force.enquiries.providers:
            outcomes += await self._begin(in_force, self._lines[provider_id])
        calls = [call for line in self._lines.values() for call in line.calls.values()]
        if calls and not outcomes:
            await asyncio.wait(calls, timeout=BETWEEN_LOOKS, return_when=asyncio.FIRST_COMPLETED)
        outcomes += [outcome for line in self._lines.values() for outcome in line.done()]
        await self._finish(outcomes)
        if not calls and not outcomes and in_force.enquiries:
            await self._loop.pause(BETWEEN_LOOKS)
        return bool(in_force.enquiries or calls)

    def _line_up(self, in_force: InForce) -> None:
        """A provider that was changed begins anew; one that was switched off is waited for until its calls have ended."""
        for provider_id, provider in in_force.enquiries.providers.items():
            line = self._lines.get(provider_id)
            if line is not None:
                line.outdated = line.provider.version != provider.version
            if line is None or (line.outdated and not line.calls):
                saved = "open" if provider_id in in_force.silent else "closed"
                self._lines[provider_id] = Line(provider, self._knowers[provider.kind], saved)
        for provider_id in [one for one, line in self._lines.items() if one not in in_force.enquiries.providers and not line.calls]:
            del self._lines[provider_id]

    async def _tidy(self, in_force: InForce) -> list[Outcome]:
        """Now and then: what is due at nobody any more, or has been for too long."""
        if time.monotonic() < self._tidied + TIDY_SECONDS:
            return []
        self._tidied = time.monotonic()
        others = await store.find_enrichments_of_others(self._db, self._lines.keys() | in_force.enquiries.providers.keys(), AT_ONCE)
        providers = {provider.id: provider for provider in await store.find_providers(self._db)} if others else {}
        outcomes = [Outcome(row["_id"], providers.get(row["provider_id"]), "skipped", problem="it is switched off") for row in others]
        for line in self._lines.values():
            late = await store.find_due_enrichments(self._db, line.provider.id, utcnow() - GIVE_UP_AFTER, line.calls, AT_ONCE)
            outcomes += [Outcome(row["_id"], line.provider, "failed", problem="it could not be asked for a day") for row in late]
        await remove_old_files(self._db, in_force.enquiries.providers.values())
        return outcomes

    async def _begin(self, in_force: InForce, line: Line) -> list[Outcome]:
        """What is known without a call comes back at once."""
        free = line.may_begin()
        if not free:
            return []
        rows = await store.find_due_enrichments(self._db, line.provider.id, utcnow(), line.calls, AT_ONCE)
        left = await self._left(line) if rows else None
        if left == 0:
            return [Outcome(row["_id"], line.provider, "skipped", problem=NOT_ASKED) for row in rows]
        leads = await store.find_leads(self._db, {row["lead_id"] for row in rows})
        questions = {row["_id"]: _question(in_force, line.provider.id, leads.get(row["lead_id"])) for row in rows}
        answers = await store.find_answers(self._db, {question.key for question in questions.values() if question}, utcnow())
        asked = [row for row in rows if (question := questions[row["_id"]]) and question.key not in answers]
        await self._call(line, asked, questions, free if left is None else min(free, left))
        called = {row["_id"] for row in asked}
        return [_without_call(line.provider, row, questions[row["_id"]], answers) for row in rows if row["_id"] not in called]

    async def _left(self, line: Line) -> int | None:
        """What the budget allows is counted exactly: this process is the only one that spends it."""
        if line.provider.monthly_budget is None:
            return None
        usage = await store.find_provider_usage(self._db, month_of(utcnow()))
        return left_to_spend(line.provider, usage.get(line.provider.id), calling=len(line.calls))

    async def _call(self, line: Line, rows: Sequence[EnrichmentRow], questions: dict[str, Question | None], most: int) -> None:
        """Of several who ask the same at once one calls; the others find the answer."""
        for row in rows:
            question = questions[row["_id"]]
            if most > 0 and question is not None and question.key not in line.keys.values():
                await line.begin(row, question)
                most -= 1

    async def _finish(self, outcomes: list[Outcome]) -> None:
        self._news = [news for line in self._lines.values() if (news := line.news()) is not None]
        for together in in_parts(outcomes, AT_ONCE):
            await self._settling.settle(together)

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        await self._db.transact(lambda tx: settle_outcomes(tx, outcomes, self._news), by="enrichment")

    async def _set_aside(self, outcome: Outcome, error: BaseException, attempts: int) -> None:
        """What can't be taken into a lead for a bug of ours is as if it had failed."""
        failed = Outcome(outcome.row_id, outcome.provider, "failed", problem=f"a bug: {type(error).__name__}", called=outcome.called)
        await self._db.transact(lambda tx: settle_outcomes(tx, [failed]), by="enrichment")

    def health(self) -> dict[str, Any]:
        return {**self._loop.health(), "calls": sum(len(one.calls) for one in self._lines.values())}


def _question(in_force: InForce, provider_id: str, lead: LeadDocument | None) -> Question | None:
    return in_force.enquiries.ask(provider_id, lead) if lead is not None else None


def _without_call(provider: Provider, row: EnrichmentRow, question: Question | None, answers: dict[str, CachedAnswer]) -> Outcome:
    if question is None:
        return Outcome(row["_id"], provider, "skipped", problem="it is not to be asked any more")
    cached = answers[question.key]
    answer = Answer(cached["known"], cached["values"], cached["confidence"])
    return Outcome(row["_id"], provider, "answered" if answer.known else "unknown", key=question.key, answer=answer)
