"""Is this lead worth a salesperson's time? Criteria with points and gates, and what each of them said."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.leads.models import CriteriaSet, Criterion
from services.leads.rules.expressions import FAILURES, Context, compiled
from shared.events import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    """`met` names the criteria that held; `broken` those that could not be told, each with the reason. `reason` is why it fails."""

    score: int
    grade: str
    qualified: bool
    met: list[str]
    reasons: list[Reason]
    reason: str = ""
    broken: dict[str, str] = field(default_factory=dict)


class _Question:
    """One criterion, ready to be asked; both of its answers are made beforehand."""

    __slots__ = ("ask", "gate", "missed", "name", "passed", "points", "text")

    def __init__(self, criterion: Criterion, program: Any) -> None:
        self.name, self.points, self.gate, self.text = criterion.name, criterion.points, criterion.gate, criterion.text
        self.ask = program.execute
        self.passed = Reason(criterion=criterion.name, passed=True, points=criterion.points, detail=criterion.text)
        self.missed = Reason(criterion=criterion.name, passed=False, detail=f"not so: {criterion.text}")


class Judge:
    """Judges leads by one set of criteria. Pure: the same context gets the same verdict."""

    def __init__(self, criteria: CriteriaSet) -> None:
        self.version = criteria.version
        self._questions = [_Question(criterion, compiled(criterion)) for criterion in criteria.criteria]
        self._threshold, self._grades = criteria.threshold, criteria.grades

    def judge(self, context: Context) -> Verdict:
        """A criterion that fails on this lead counts as not met, and says why."""
        score, met, reasons = 0, [], []
        broken: dict[str, str] = {}
        shut: list[str] = []
        for question in self._questions:
            try:
                holds = question.ask(context) is True
            except FAILURES as failure:
                holds, broken[question.name] = False, _cause(failure)
            if holds:
                score += question.points
                met.append(question.name)
                reasons.append(question.passed)
            else:
                reasons.append(_missed(question, broken))
                if question.gate:
                    shut.append(question.text)
        return self._verdict(max(0, min(100, score)), met, reasons, (broken, shut))

    def _verdict(self, score: int, met: list[str], reasons: list[Reason], against: tuple[dict[str, str], list[str]]) -> Verdict:
        broken, shut = against
        if shut:
            return Verdict(score, self.grade(score), False, met, reasons, f"not so: {'; '.join(shut)}", broken)
        if score < self._threshold:
            return Verdict(score, self.grade(score), False, met, reasons, f"score {score} is below {self._threshold}", broken)
        return Verdict(score, self.grade(score), True, met, reasons, "", broken)

    def grade(self, score: int) -> str:
        least_a, least_b, least_c = self._grades
        return "A" if score >= least_a else "B" if score >= least_b else "C" if score >= least_c else "D"

    def reasons_of(self, met: Collection[str], broken: Mapping[str, str]) -> list[Reason]:
        """What was said of a lead that was judged before, from the little that is kept of it."""
        return [question.passed if question.name in met else _missed(question, broken) for question in self._questions]


def _missed(question: _Question, broken: Mapping[str, str]) -> Reason:
    return _broken(question, broken[question.name]) if question.name in broken else question.missed


def _broken(question: _Question, cause: str) -> Reason:
    return Reason(criterion=question.name, passed=False, detail=f"could not be told: {cause}"[:300])


def _cause(failure: Exception) -> str:
    """In one line of plain characters: it travels on the event."""
    if isinstance(failure, LookupError):
        return f"{failure} is missing"
    return "".join(letter if letter.isprintable() else " " for letter in str(failure)).partition(". ")[0][:250]
