"""What came of asking providers: it goes into the leads, which are judged by it, the first time or again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from services.leads import store
from services.leads.models import GONE, CachedAnswer, EnrichmentRow, LeadDocument, Provider, ProviderState
from services.leads.models.providers import EnrichmentStatus
from services.leads.rules.distribution.loads import load_of
from services.leads.rules.enrichment.answers import Answer, apply_answer, parts_of
from services.leads.rules.enrichment.questions import asks_about_people
from services.leads.service.capture.described import describe
from services.leads.service.distribution.pools import Loads
from services.leads.service.enrichment.enriching import Enriching, judge_at_last, say_enriched
from services.leads.service.enrichment.providers import month_of
from services.leads.service.judging.verdicts import judge_lead, said_of
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from shared.history import Change
from shared.transaction import Transaction

_NOTHING: dict[str, Any] = {"calls": 0, "answered": 0, "unknown": 0, "failed": 0, "cost": Decimal(0)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row. With a status of `due` it is tried again at `again_at`; `called` says that the provider was asked."""

    row_id: str
    provider: Provider | None
    status: EnrichmentStatus
    key: str = ""
    answer: Answer | None = None
    problem: str | None = None
    seconds: float | None = None
    again_at: datetime | None = None
    called: bool = False
    charged: bool = False


@dataclass(slots=True)
class _Settling:
    """One transaction: its rows, and what they make of the leads."""

    tx: Transaction
    desk: HandDesk
    loads: Loads
    enriching: Enriching | None
    rows: dict[str, EnrichmentRow]
    changed: dict[str, LeadDocument] = field(default_factory=dict)
    answers: dict[str, CachedAnswer] = field(default_factory=dict)


async def settle_outcomes(tx: Transaction, outcomes: Sequence[Outcome], states: Collection[ProviderState] = ()) -> None:
    """Of a call that was made twice, because somebody died in between, the second answer changes nothing."""
    rows = await store.find_still_due(tx, [outcome.row_id for outcome in outcomes])
    live = [outcome for outcome in outcomes if outcome.row_id in rows]
    leads = await _leads_of(tx, rows.values())
    desk = await HandDesk.opened(tx, *leads.values(), *_told(live))
    settling = _Settling(tx, desk, Loads(tx), await Enriching.opened(tx, desk.policy), rows)
    by_lead: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in live:
        _settle_row(settling, outcome)
        by_lead[rows[outcome.row_id]["lead_id"]].append(outcome)
    for lead_id, together in by_lead.items():
        if lead_id in leads:
            _settle_lead(settling, leads[lead_id], together)
    await _write(settling, live, states)


async def _leads_of(tx: Transaction, rows: Iterable[EnrichmentRow]) -> dict[str, LeadDocument]:
    """By the id that was asked about. Of one that has become part of another, that other is meant."""
    leads = await store.find_leads(tx, {row["lead_id"] for row in rows})
    gone = {lead_id: lead["merged_into"] for lead_id, lead in leads.items() if lead["status"] == "merged"}
    others = await store.find_leads(tx, set(gone.values()) - leads.keys())
    found = {lead_id: (leads | others).get(gone.get(lead_id, lead_id)) for lead_id in leads}
    return {lead_id: lead for lead_id, lead in found.items() if lead is not None and lead["status"] not in GONE}


def _told(outcomes: Iterable[Outcome]) -> list[LeadDocument]:
    """Parts that the leads may have after it."""
    return [cast(LeadDocument, parts_of(outcome.answer.values)) for outcome in outcomes if outcome.answer is not None]


def _settle_row(settling: _Settling, outcome: Outcome) -> None:
    row, now = settling.rows[outcome.row_id], settling.tx.now
    row["status"], row["attempts"] = outcome.status, row["attempts"] + outcome.called
    if outcome.problem:
        row["problem"] = outcome.problem[:300]
    if outcome.again_at is not None:
        row["due_at"] = outcome.again_at
        return
    row["settled_at"] = now
    if outcome.seconds is not None:
        row["seconds"] = round(outcome.seconds, 3)
    if outcome.answer is not None and outcome.provider is not None:
        _note_answer(settling, outcome, outcome.provider, outcome.answer)


def _note_answer(settling: _Settling, outcome: Outcome, provider: Provider, answer: Answer) -> None:
    row = settling.rows[outcome.row_id]
    row["key"], row["cached"] = outcome.key, not outcome.called
    if answer.problems:
        row["problems"] = answer.problems
    if outcome.charged and provider.price:
        row["cost"], row["currency"] = provider.price, provider.currency or ""
    if outcome.called and _lifetime(provider, answer):
        settling.answers[outcome.key] = _cached(outcome.key, provider, answer, settling.tx.now)


def _lifetime(provider: Provider, answer: Answer) -> timedelta:
    """What is said of a person stands in their lead alone, so that it goes when they are forgotten."""
    if asks_about_people(provider):
        return timedelta(0)
    return timedelta(seconds=provider.cache_seconds if answer.known else provider.unknown_cache_seconds)


def _cached(key: str, provider: Provider, answer: Answer, now: datetime) -> CachedAnswer:
    return CachedAnswer(
        _id=key,
        provider_id=provider.id,
        known=answer.known,
        values=answer.values,
        confidence=answer.confidence,
        at=now,
        expires_at=now + _lifetime(provider, answer),
    )


def _settle_lead(settling: _Settling, lead: LeadDocument, outcomes: Sequence[Outcome]) -> None:
    waited, load = "waits_until" in lead, load_of(lead)
    before, after = _take_answers(settling, lead, outcomes)
    more = settling.enriching is not None and bool(after) and settling.enriching.ask_others(lead)
    steps: list[str] = []
    if waited:
        _strike_off(lead, outcomes)
        if not lead["waits_for"] and not more:
            steps = judge_at_last(settling.desk, lead, said_of(lead))
    elif after:
        steps = judge_lead(settling.desk, lead, said_of(lead), cause=begun_by(lead))
    settling.loads.note(load, load_of(lead))
    if waited or after:
        settling.changed[lead["_id"]] = lead
    if after or steps:
        what, why = "enriched" if after else "judged", ", ".join(_in_words(outcome) for outcome in outcomes)
        settling.tx.record(Change("lead", lead["_id"], lead["version"], what, before, {**after, "steps": steps}, why=why))


def _in_words(outcome: Outcome) -> str:
    return f"{outcome.provider.id if outcome.provider else 'a provider that is gone'}: {outcome.status}"


def _take_answers(settling: _Settling, lead: LeadDocument, outcomes: Sequence[Outcome]) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    waited = "waits_until" in lead
    for outcome in sorted(outcomes, key=_rank):
        if outcome.provider is None or outcome.answer is None:
            continue
        old, new = apply_answer(lead, outcome.provider, outcome.answer, settling.tx.now)
        row = settling.rows[outcome.row_id]
        row["fields"], row["late"] = list(new), not waited
        before, after = {**old, **before}, {**after, **new}
        if new:
            lead["updated_at"] = settling.tx.now
            say_enriched(settling.tx, lead, outcome.provider, said_of(lead), begun_by(lead))
    return before, after


def _rank(outcome: Outcome) -> tuple[int, str]:
    return (outcome.provider.rank, outcome.provider.id) if outcome.provider else (0, "")


def _strike_off(lead: LeadDocument, outcomes: Sequence[Outcome]) -> None:
    done = {outcome.provider.id for outcome in outcomes if outcome.provider is not None and outcome.status != "due"}
    lead["waits_for"] = [provider_id for provider_id in lead["waits_for"] if provider_id not in done]


async def _write(settling: _Settling, outcomes: Sequence[Outcome], states: Collection[ProviderState]) -> None:
    tx = settling.tx
    describe(tx, list(settling.changed))
    await store.save_enrichments(tx, [settling.rows[outcome.row_id] for outcome in outcomes])
    await store.save_leads(tx, list(settling.changed.values()))
    await store.keep_answers(tx, settling.answers.values())
    await store.count_provider_usage(tx, month_of(tx.now), *counts_of(outcomes))
    await store.save_provider_states(tx, states)
    if settling.enriching is not None:
        await settling.enriching.write()
    await settling.loads.write()
    await settling.desk.close()


def counts_of(outcomes: Sequence[Outcome]) -> tuple[dict[str, dict[str, Any]], dict[str, str | None]]:
    """By provider: what it was asked, and in which currency that cost."""
    counts: dict[str, dict[str, Any]] = {}
    currencies: dict[str, str | None] = {}
    for outcome in outcomes:
        if outcome.provider is not None and outcome.called:
            _count(counts.setdefault(outcome.provider.id, dict(_NOTHING)), outcome, outcome.provider)
            currencies[outcome.provider.id] = outcome.provider.currency
    return counts, currencies


def _count(count: dict[str, Any], outcome: Outcome, provider: Provider) -> None:
    count["calls"] += 1
    count[outcome.status if outcome.status in count else "failed"] += 1
    if outcome.charged and provider.price:
        count["cost"] += provider.price
