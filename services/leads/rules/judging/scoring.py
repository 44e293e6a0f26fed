"""Is this lead worth a salesperson's time? Criteria with points and gates, and what each of them said."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.leads.models import CriteriaSet, Criterion, LeadDocument
from services.leads.rules.judging.engagement import Scale
from services.leads.rules.judging.expressions import FAILURES, Expression
from services.leads.rules.judging.standing import FRESH, Standing, fading_moments, worth_after
from shared.events import Reason

LETTERS, DIGITS = "ABCD", "1234"


@dataclass(slots=True)
class Verdict:
    """`met` names the criteria that held; `broken` those that could not be told, each with the reason. `reason` is why it fails.

    The `score` is made of `fit`, which are the points of what was met, and of engagement; `faded` are points that are worth less by now.
    """

    score: int
    fit: int
    engagement: int
    grade: str
    qualified: bool
    met: list[str]
    reasons: list[Reason]
    reason: str = ""
    broken: dict[str, str] = field(default_factory=dict)
    faded: dict[str, int] = field(default_factory=dict)


class _Question:
    """One criterion, ready to be asked; both of its answers are made beforehand."""

    __slots__ = ("days", "gate", "holds", "missed", "name", "passed", "points", "text")

    def __init__(self, criterion: Criterion) -> None:
        self.name, self.points, self.gate, self.text = criterion.name, criterion.points, criterion.gate, criterion.text
        self.holds, self.days = Expression(criterion).holds, criterion.halves_after_days
        self.passed = Reason(criterion=criterion.name, passed=True, points=criterion.points, detail=criterion.text)
        self.missed = Reason(criterion=criterion.name, passed=False, detail=f"not so: {criterion.text}")

    def worth(self, age: float) -> int:
        return self.points if self.days is None else worth_after(self.points, age, self.days)

    def passed_for(self, points: int) -> Reason:
        return self.passed if points == self.points else self.passed.model_copy(update={"points": points})


class Judge:
    """Judges leads by one set of criteria. Pure: the same facts and standing get the same verdict."""

    def __init__(self, criteria: CriteriaSet) -> None:
        self.version = criteria.version
        self.scale = Scale(criteria.engagement)
        self._questions = [_Question(criterion) for criterion in criteria.criteria]
        self._threshold, self._most_points = criteria.threshold, criteria.engagement.most_points
        self._grades = _grades(criteria)
        self.fades = any(question.days is not None for question in self._questions)

    def judge(self, facts: Mapping[str, Any], standing: Standing = FRESH) -> Verdict:
        """A criterion that fails on this lead counts as not met, and says why."""
        fit, met, reasons = 0, [], []
        broken: dict[str, str] = {}
        faded: dict[str, int] = {}
        shut: list[str] = []
        for question in self._questions:
            try:
                holds = question.holds(facts)
            except FAILURES as failure:
                holds, broken[question.name] = False, _cause(failure)
            if holds:
                points = question.points
                if standing.age and question.days is not None:
                    points = faded[question.name] = question.worth(standing.age)
                fit += points
                met.append(question.name)
                reasons.append(question.passed_for(points))
            else:
                reasons.append(_missed(question, broken))
                if question.gate:
                    shut.append(question.text)
        return self._verdict(fit, standing, Verdict(0, 0, standing.engagement, "", False, met, reasons, "", broken, faded), shut)

    def _verdict(self, points: int, standing: Standing, verdict: Verdict, shut: list[str]) -> Verdict:
        verdict.fit, verdict.score = self._scores(points, standing)
        verdict.grade = self.grade(verdict.fit, standing.engagement)
        if standing.engagement:
            verdict.reasons.append(self._interest(standing.engagement))
        if shut:
            verdict.reason = f"not so: {'; '.join(shut)}"
        elif verdict.score < self._threshold:
            verdict.reason = f"score {verdict.score} is below {self._threshold}"
        verdict.qualified = not verdict.reason
        return verdict

    def _scores(self, points: int, standing: Standing) -> tuple[int, int]:
        fit = max(0, min(100, points))
        return fit, min(100, fit + min(standing.engagement, self._most_points))

    def _interest(self, engagement: int) -> Reason:
        points = min(engagement, self._most_points)
        return Reason(criterion="engagement", passed=True, points=points, detail=f"has shown interest worth {engagement} by now")

    def grade(self, fit: int, engagement: int) -> str:
        """A to D for how well the lead fits, and 1 to 4 for how much interest it shows: A1 is the best, D4 the worst."""
        letters, digits = self._grades
        return letters[fit] + digits[engagement]

    def outlook(self, met: Collection[str], standing: Standing) -> tuple[str, bool]:
        """The grade, and whether it is good enough, once the standing is this and the same criteria are met."""
        held = [question for question in self._questions if question.name in met]
        shut = any(question.gate for question in self._questions if question.name not in met)
        fit, score = self._scores(sum(question.worth(standing.age) for question in held), standing)
        return self.grade(fit, standing.engagement), score >= self._threshold and not shut

    def fading(self, met: Collection[str], heard: datetime) -> list[datetime]:
        """Every moment from which on one of these criteria will be worth less."""
        fading = [question for question in self._questions if question.days is not None and question.name in met]
        return [at for question in fading for at in fading_moments(question.points, question.days or 1, heard)]

    def reasons_of(self, lead: LeadDocument) -> list[Reason]:
        """What was said of a lead that was judged before, from the little that is kept of it."""
        met, broken, faded = lead["met"], lead.get("broken", {}), lead.get("faded", {})
        reasons = [
            question.passed_for(faded.get(question.name, question.points)) if question.name in met else _missed(question, broken)
            for question in self._questions
        ]
        return [*reasons, self._interest(lead["engagement"])] if lead.get("engagement") else reasons


def grades_meant(asked: str) -> str:
    """`A` is A1 to A4, and the bare A of long ago; `1` is A1 to D1; what is no grade stays as it is."""
    return ",".join(",".join(_with_all(part)) for part in asked.split(","))


def _with_all(part: str) -> list[str]:
    if len(part) == 1 and part in LETTERS:
        return [part, *(part + digit for digit in DIGITS)]
    return [letter + part for letter in LETTERS] if len(part) == 1 and part in DIGITS else [part]


def _grades(criteria: CriteriaSet) -> tuple[list[str], list[str]]:
    """The letter for each fit, and the digit for each engagement."""
    return _steps(criteria.grades, LETTERS), _steps(criteria.engagement.grades, DIGITS)


def _steps(least: tuple[int, int, int], names: str) -> list[str]:
    return [next((name for name, at_least in zip(names, least, strict=False) if score >= at_least), names[-1]) for score in range(101)]


def _missed(question: _Question, broken: Mapping[str, str]) -> Reason:
    return _broken(question, broken[question.name]) if question.name in broken else question.missed


def _broken(question: _Question, cause: str) -> Reason:
    return Reason(criterion=question.name, passed=False, detail=f"could not be told: {cause}"[:300])


def _cause(failure: Exception) -> str:
    """In one line of plain characters: it travels on the event."""
    if isinstance(failure, LookupError):
        return f"{failure} is missing"
    return "".join(letter if letter.isprintable() else " " for letter in str(failure)).partition(". ")[0][:250]
