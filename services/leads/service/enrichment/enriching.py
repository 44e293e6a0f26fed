"""A lead comes in, and others may know more: what they said before is taken at once, the rest is asked, and waited for a little."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from services.leads import store
from services.leads.models import CachedAnswer, EnrichmentRow, LeadDocument, Provider
from services.leads.rules.capture.identity import Intake
from services.leads.rules.distribution.loads import load_of
from services.leads.rules.enrichment.answers import Answer, apply_answer, parts_of
from services.leads.rules.enrichment.questions import Question
from services.leads.rules.judging.policy import Policy
from services.leads.rules.judging.vocabulary import enriched_of
from services.leads.service.distribution.deadlines import SHARING_A_TIMER
from services.leads.service.distribution.pools import Loads
from services.leads.service.duplicates.merging import ALIVE
from services.leads.service.enrichment.providers import InForce, current_providers
from services.leads.service.judging.verdicts import Desk, Said, judge_lead, said_of
from services.leads.service.policies import current_policy
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from services.leads.service.sales.working import Asked, open_lead
from shared.batching import in_parts
from shared.database import new_id
from shared.errors import NotAllowedNow
from shared.events import Company, Event, LeadEnriched, Person
from shared.history import Change
from shared.timers import Timer
from shared.transaction import Transaction

if TYPE_CHECKING:
    from services.leads.service.capture.book import Book

ENRICHMENT_DUE = "lead.enrichment_due"
NOT_ASKED = "the budget of this month is used up"


class Enriching:
    """What is asked of providers about the leads of one transaction, and what they have answered before."""

    def __init__(self, tx: Transaction, in_force: InForce, questions: dict[str, list[Question]], answers: dict[str, CachedAnswer]) -> None:
        self._tx, self._in_force, self._questions, self._answers = tx, in_force, questions, answers
        self._rows: list[EnrichmentRow] = []
        self._waiting: list[LeadDocument] = []

    @classmethod
    async def opened(cls, tx: Transaction, policy: Policy, intakes: Sequence[Intake] = ()) -> "Enriching | None":
        """None when nobody can be asked, which is the default and costs nothing."""
        in_force = await current_providers(tx.database)
        if not in_force.enquiries:
            return None
        taken = [intake for intake in intakes if intake.refusal is None]
        questions = {intake.submission_id: in_force.enquiries.about(_as_lead(intake, policy)) for intake in taken}
        keys = {question.key for asked in questions.values() for question in asked}
        return cls(tx, in_force, questions, await store.find_answers(tx, keys, tx.now))

    @property
    def told(self) -> list[dict[str, Any]]:
        """Parts that the leads may have after it."""
        return [parts_of(answer["values"]) for answer in self._answers.values()]

    def begin(self, lead: LeadDocument, said: Said, cause: Event | None) -> bool:
        """Whether the lead is to be judged now."""
        waits: list[tuple[str, float]] = []
        lead["asked"] = {}
        questions = self._questions[lead["submission_id"]]
        for question in questions:
            if answer := self._answers.get(question.key):
                self._take(lead, question, answer, said, cause)
        for question in self._in_force.enquiries.about(lead, lead["asked"]) if lead["asked"] else questions:
            if self._ask(lead, question):
                waits.append((question.provider.id, question.provider.wait_seconds))
        if not waits:
            return True
        lead["waits_for"] = [provider_id for provider_id, _ in waits]
        lead["waits_until"] = self._tx.now + timedelta(seconds=max(seconds for _, seconds in waits))
        self._waiting.append(lead)
        return False

    def ask_more(self, lead: LeadDocument, *, again: bool = False) -> None:
        """Those who were not asked about it yet, or not the same; with `again` all of them. Nobody waits for them."""
        asked = lead.setdefault("asked", {})
        for question in self._in_force.enquiries.about(lead):
            if again or asked.get(question.provider.id) != question.key:
                self._ask(lead, question)

    def ask_others(self, lead: LeadDocument) -> bool:
        """Those whose turn has come with what another has answered. Whether there are any that a lead waits for."""
        questions = self._in_force.enquiries.about(lead, lead.setdefault("asked", {}))
        waits = [question.provider.id for question in questions if self._ask(lead, question)]
        if "waits_for" in lead:
            lead["waits_for"] += waits
        return bool(waits)

    def _take(self, lead: LeadDocument, question: Question, cached: CachedAnswer, said: Said, cause: Event | None) -> None:
        row = self._row(lead, question)
        row["status"], row["settled_at"], row["cached"] = "answered" if cached["known"] else "unknown", self._tx.now, True
        _, after = apply_answer(lead, question.provider, Answer(cached["known"], cached["values"], cached["confidence"]), self._tx.now)
        row["fields"] = list(after)
        if after:
            say_enriched(self._tx, lead, question.provider, said, cause)

    def _ask(self, lead: LeadDocument, question: Question) -> bool:
        """Whether the lead is to wait for the answer."""
        provider, row = question.provider, self._row(lead, question)
        if provider.id in self._in_force.resting:
            row["status"], row["settled_at"], row["problem"] = "skipped", self._tx.now, NOT_ASKED
            return False
        return provider.wait_seconds > 0 and provider.id not in self._in_force.silent

    def _row(self, lead: LeadDocument, question: Question) -> EnrichmentRow:
        now, provider_id = self._tx.now, question.provider.id
        lead["asked"][provider_id] = question.key
        row: EnrichmentRow = {"_id": new_id(), "lead_id": lead["_id"], "provider_id": provider_id, "key": question.key}
        row["status"], row["asked_at"], row["due_at"], row["attempts"] = "due", now, now, 0
        self._rows.append(row)
        return row

    async def write(self) -> None:
        await store.add_enrichments(self._tx, self._rows)
        waiting = [lead for lead in self._waiting if "waits_until" in lead]
        for together in in_parts(waiting, SHARING_A_TIMER):
            due = max(lead["waits_until"] for lead in together)
            self._tx.schedule(due, ENRICHMENT_DUE, {"lead_ids": [lead["_id"] for lead in together]}, key=new_id())


def judge_new(book: "Book", lead: LeadDocument, said: Said, *, cause: Event | None) -> list[str]:
    """At once, unless it is worth waiting for what others know."""
    if book.enriching is None or book.enriching.begin(lead, said, cause):
        return judge_lead(book, lead, said, cause=cause)
    return ["waiting"]


def judge_known(book: "Book", lead: LeadDocument, said: Said, *, cause: Event | None) -> list[str]:
    """With what a further submission told."""
    if book.enriching is not None:
        book.enriching.ask_more(lead)
    return judge_unless_waiting(book, lead, said, cause=cause)


def judge_unless_waiting(desk: Desk, lead: LeadDocument, said: Said, *, cause: Event | None) -> list[str]:
    return ["waiting"] if "waits_until" in lead else judge_lead(desk, lead, said, cause=cause)


def say_enriched(tx: Transaction, lead: LeadDocument, provider: Provider, said: Said, cause: Event | None) -> None:
    """What later events say of the lead is brought up to date, too."""
    lead["version"] += 1
    said["person"], said["company"] = Person(**lead["person"]), Company(**lead["company"])
    parts = {"person": said["person"], "company": said["company"], "enrichment": enriched_of(lead), "enriched_at": tx.now}
    tx.emit(LeadEnriched(lead_id=lead["_id"], version=lead["version"], provider=provider.id, **parts), cause=cause)


async def judge_waiting(tx: Transaction, due: list[Timer]) -> None:
    """Those that have waited long enough are judged by what is known."""
    leads = await store.find_waiting_leads(tx, [lead_id for timer in due for lead_id in timer.payload["lead_ids"]])
    desk, loads = await HandDesk.opened(tx, *leads), Loads(tx)
    for lead in leads:
        load = load_of(lead)
        steps = judge_at_last(desk, lead, said_of(lead))
        loads.note(load, load_of(lead))
        tx.record(Change("lead", lead["_id"], lead["version"], "judged", after={"steps": steps}, why="nobody is waited for any longer"))
    await store.save_leads(tx, leads)
    await loads.write()
    await desk.close()


def judge_at_last(desk: Desk, lead: LeadDocument, said: Said) -> list[str]:
    version = lead["version"]
    stop_waiting(lead)
    steps = judge_lead(desk, lead, said, cause=begun_by(lead))
    lead["version"], lead["updated_at"] = max(lead["version"], version + 1), desk.tx.now
    return steps


async def enrich_lead(tx: Transaction, asked: Asked) -> LeadDocument:
    """Everybody who knows something about such leads is asked again; what they have answered lately counts."""
    lead = await open_lead(tx, asked, *ALIVE)
    enriching = await Enriching.opened(tx, await current_policy(tx.database))
    if enriching is None:
        raise NotAllowedNow("No provider is switched on", field="providers", rule="active")
    enriching.ask_more(lead, again=True)
    await enriching.write()
    lead["version"], lead["updated_at"] = lead["version"] + 1, tx.now
    await store.save_leads(tx, [lead])
    tx.record(Change("lead", lead["_id"], lead["version"], "asked about", after={"providers": sorted(lead["asked"])}))
    return lead


def stop_waiting(lead: LeadDocument) -> None:
    lead.pop("waits_for", None)
    lead.pop("waits_until", None)


def _as_lead(intake: Intake, policy: Policy) -> LeadDocument:
    lead: LeadDocument = {**intake.parts, "source": policy.source_of(intake.submission.source)}
    return lead
