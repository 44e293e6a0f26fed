"""Everything that one batch of leads is taken in, judged and routed by, compiled."""

from collections.abc import Iterable

from services.leads.models import UNKNOWN_SOURCE, CriteriaSet, LeadDocument, RoutingSet, Source
from services.leads.rules.customers import NOBODYS, Customers
from services.leads.rules.expressions import Context, new_context, vocabulary_of
from services.leads.rules.routing import Route, Router, Surroundings
from services.leads.rules.scoring import Judge, Verdict
from services.leads.rules.terms import Terms
from shared.events import Reason


class Policy:
    """Without criteria nothing is judged; without routing everything waits to be claimed.

    `counted` are the reps of whom it is kept how many leads they have open.
    """

    def __init__(
        self,
        criteria: CriteriaSet | None,
        routing: RoutingSet | None,
        sources: Iterable[Source],
        around: Surroundings | None = None,
        *,
        asks_for_customers: bool = False,
        counted: frozenset[str] = frozenset(),
    ) -> None:
        self.sources = {source.id: Terms.of(source) for source in sources}
        self.asks_for_customers, self.counted = asks_for_customers, counted
        self.judge = Judge(criteria) if criteria else None
        self._router = Router(routing, around or Surroundings()) if routing else None
        self._vocabulary = vocabulary_of([*(criteria.criteria if criteria else ()), *(routing.rules if routing else ())])

    def source_of(self, stated: str) -> str:
        """A source that nobody registered is taken under one name, and not lost."""
        return stated if stated in self.sources else UNKNOWN_SOURCE

    def terms_of(self, stated: str) -> Terms | None:
        """None when it is heard as it comes."""
        return self.sources.get(stated)

    def weigh(self, lead: LeadDocument, customers: Customers = NOBODYS) -> tuple[Verdict | None, Route | None]:
        """The verdict, and if it is good the way that the rules say it goes."""
        if self.judge is None:
            return None, None
        context = self._context(lead)
        verdict = self.judge.judge(context)
        return verdict, self._route(context, lead, customers, verdict) if verdict.qualified else None

    def reasons_of(self, lead: LeadDocument) -> list[Reason]:
        """What the criteria said of it, as long as those that did are still in force."""
        if self.judge is None or self.judge.version != lead.get("criteria_version"):
            return []
        return self.judge.reasons_of(lead["met"], lead.get("broken", {}))

    def route(self, lead: LeadDocument, customers: Customers = NOBODYS) -> Route | None:
        """For a lead that is good, whoever says so."""
        return self._route(self._context(lead), lead, customers)

    def _route(self, context: Context, lead: LeadDocument, customers: Customers, verdict: Verdict | None = None) -> Route | None:
        if self._router is None:
            return None
        if self._vocabulary.needs_results:
            score, grade = (verdict.score, verdict.grade) if verdict else (lead.get("score", 0), lead.get("grade", "D"))
            context.update({"score": score, "grade": grade})
        return self._router.route(context, lead, customers)

    def _context(self, lead: LeadDocument) -> Context:
        return new_context(self._vocabulary.facts(lead))
