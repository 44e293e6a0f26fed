"""Everything that one batch of leads is taken in, judged and routed by, compiled."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge

from services.leads.models import UNKNOWN_SOURCE, CriteriaSet, LeadDocument, RoutingSet, Source
from services.leads.rules.capture.terms import Terms
from services.leads.rules.distribution.routing import Route, Router, Surroundings
from services.leads.rules.duplicates.customers import NOBODYS, Customers
from services.leads.rules.judging.engagement import DAY
from services.leads.rules.judging.expressions import vocabulary_of
from services.leads.rules.judging.prediction import Predictor
from services.leads.rules.judging.scoring import Judge, Verdict
from services.leads.rules.judging.standing import FRESH, Standing, last_heard
from services.leads.rules.judging.vocabulary import WORST_GRADE, Facts, results_of
from shared.events import Reason

# How far ahead it is looked for a change; one that is further away is looked for again from there.
MOST_MOMENTS = 300


class Policy:
    """Without criteria nothing is judged; without routing everything waits to be claimed.

    `counted` are the reps of whom it is kept how many leads they have open, `strangers` whether interest was shown by people who are
    no leads yet.
    """

    def __init__(
        self,
        criteria: CriteriaSet | None,
        routing: RoutingSet | None,
        sources: Sequence[Source] = (),
        around: Surroundings | None = None,
        *,
        asks_for_customers: bool = False,
        counted: frozenset[str] = frozenset(),
        strangers: bool = False,
        predictor: Predictor | None = None,
    ) -> None:
        self.sources = {source.id: Terms.of(source) for source in sources}
        self.opt_ins = {source.id: source.opt_in for source in sources if source.opt_in is not None and source.active}
        self.asks_for_customers, self.counted = asks_for_customers, counted
        self.strangers, self.predictor = strangers, predictor or Predictor()
        self.judge = Judge(criteria) if criteria else None
        self._router = Router(routing, around or Surroundings()) if routing else None
        self._vocabulary = vocabulary_of([*(criteria.criteria if criteria else ()), *(routing.rules if routing else ())])

    @property
    def fades(self) -> bool:
        """Whether it matters when a lead was last heard of."""
        return self.judge is not None and self.judge.fades

    def source_of(self, stated: str) -> str:
        """A source that nobody registered is taken under one name, and not lost."""
        return stated if stated in self.sources else UNKNOWN_SOURCE

    def terms_of(self, stated: str) -> Terms | None:
        """None when it is heard as it comes."""
        return self.sources.get(stated)

    def weigh(self, lead: LeadDocument, at: datetime, customers: Customers = NOBODYS) -> tuple[Verdict | None, Route | None]:
        """The verdict at that time, and if it is good the way that the rules say it goes."""
        if self.judge is None:
            return None, None
        standing = self.standing(lead, at)
        lead["engagement"] = standing.engagement
        facts = self._vocabulary.facts(lead)
        verdict = self.judge.judge(facts, standing)
        return verdict, self._route(facts, lead, customers, verdict) if verdict.qualified else None

    def standing(self, lead: LeadDocument, at: datetime) -> Standing:
        """One that has only just come in and has shown no interest before stands as nearly all do."""
        if self.judge is None or ("engaged" not in lead and not self.judge.fades):
            return FRESH
        engagement = self.judge.scale.level(lead["engaged"], at) if "engaged" in lead else 0
        return Standing(engagement, max(0.0, (at - last_heard(lead)) / DAY) if self.judge.fades else 0.0)

    def next_turn(self, lead: LeadDocument, verdict: Verdict, at: datetime) -> datetime | None:
        """When time alone will make the verdict or the grade another one; None: never."""
        if self.judge is None or ("engaged" not in lead and not self.judge.fades):
            return None
        for number, moment in enumerate(self._moments(lead, verdict, at)):
            if number == MOST_MOMENTS or self._outlook(lead, verdict, moment) != (verdict.grade, verdict.qualified):
                return moment
        return None

    def _moments(self, lead: LeadDocument, verdict: Verdict, at: datetime) -> Iterator[datetime]:
        assert self.judge is not None
        falls = self.judge.scale.falls(lead["engaged"], at) if "engaged" in lead else iter(())
        fading = sorted(self.judge.fading(verdict.met, last_heard(lead))) if self.judge.fades else []
        return (moment for moment in merge(falls, fading) if moment > at)

    def _outlook(self, lead: LeadDocument, verdict: Verdict, at: datetime) -> tuple[str, bool]:
        assert self.judge is not None
        standing = self.standing(lead, at)
        if self._vocabulary.asks_for_engagement and standing.engagement != verdict.engagement:
            later = self.judge.judge(self._vocabulary.facts({**lead, "engagement": standing.engagement}), standing)
            return later.grade, later.qualified
        return self.judge.outlook(verdict.met, standing)

    def reasons_of(self, lead: LeadDocument) -> list[Reason]:
        """What the criteria said of it, as long as those that did are still in force."""
        if self.judge is None or self.judge.version != lead.get("criteria_version"):
            return []
        return self.judge.reasons_of(lead)

    def route(self, lead: LeadDocument, customers: Customers = NOBODYS) -> Route | None:
        """For a lead that is good, whoever says so."""
        return self._route(self._vocabulary.facts(lead), lead, customers)

    def _route(self, facts: Facts, lead: LeadDocument, customers: Customers, verdict: Verdict | None = None) -> Route | None:
        if self._router is None:
            return None
        if self._vocabulary.needs_results:
            score, grade = (verdict.score, verdict.grade) if verdict else (lead.get("score", 0), lead.get("grade", WORST_GRADE))
            facts.update(results_of(score, grade))
        return self._router.route(facts, lead, customers)
