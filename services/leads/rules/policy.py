"""Everything that one batch of leads is taken in, judged and routed by, compiled."""

from collections.abc import Iterable

from services.leads.models import UNKNOWN_SOURCE, CriteriaSet, LeadDocument, RoutingRule, RoutingSet, Source
from services.leads.rules.expressions import Context, new_context, vocabulary_of
from services.leads.rules.routing import Router
from services.leads.rules.scoring import Judge, Verdict
from services.leads.rules.terms import Terms
from shared.events import Reason


class Policy:
    """Without criteria nothing is judged; without routing everything waits to be claimed."""

    def __init__(self, criteria: CriteriaSet | None, routing: RoutingSet | None, sources: Iterable[Source]) -> None:
        known = list(sources)
        self.sources = {source.id: Terms.of(source) for source in known}
        self.opt_ins = {source.id: source.opt_in for source in known if source.opt_in is not None and source.active}
        self.judge = Judge(criteria) if criteria else None
        self._router = Router(routing) if routing else None
        self._vocabulary = vocabulary_of([*(criteria.criteria if criteria else ()), *(routing.rules if routing else ())])

    def source_of(self, stated: str) -> str:
        """A source that nobody registered is taken under one name, and not lost."""
        return stated if stated in self.sources else UNKNOWN_SOURCE

    def terms_of(self, stated: str) -> Terms | None:
        """None when it is heard as it comes."""
        return self.sources.get(stated)

    def weigh(self, lead: LeadDocument) -> tuple[Verdict | None, RoutingRule | None]:
        """The verdict, and if it is good the rule that says whose lead it is."""
        if self.judge is None:
            return None, None
        context = self._context(lead)
        verdict = self.judge.judge(context)
        return verdict, self._route(context, verdict.score, verdict.grade) if verdict.qualified else None

    def reasons_of(self, lead: LeadDocument) -> list[Reason]:
        """What the criteria said of it, as long as those that did are still in force."""
        if self.judge is None or self.judge.version != lead.get("criteria_version"):
            return []
        return self.judge.reasons_of(lead["met"], lead.get("broken", {}))

    def route(self, lead: LeadDocument) -> RoutingRule | None:
        """For a lead that somebody qualified by hand."""
        return self._route(self._context(lead), lead.get("score", 0), lead.get("grade", "D"))

    def _route(self, context: Context, score: int, grade: str) -> RoutingRule | None:
        if self._router is None:
            return None
        if self._vocabulary.needs_results:
            context.update({"score": score, "grade": grade})
        return self._router.route(context)

    def _context(self, lead: LeadDocument) -> Context:
        return new_context(self._vocabulary.facts(lead))
