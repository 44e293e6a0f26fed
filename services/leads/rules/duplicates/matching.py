"""Are these two one person? Points for what agrees, against what contradicts, and what follows from their sum."""

from dataclasses import dataclass
from typing import Literal

from services.leads.models.matching import Compared, MatchingSet
from services.leads.rules.duplicates import likeness as compare
from services.leads.rules.duplicates.likeness import Comparison, Likeness
from shared.events import Match

Verdict = Literal["merge", "review", "separate"]
PATHS = {
    "first_name": "person.first_name",
    "last_name": "person.last_name",
    "email": "person.email",
    "phone": "person.phone",
    "company": "company.name",
    "country": "company.country",
    "place": "attributes",
}
COMPARISONS: dict[Compared, Comparison] = {
    "first_name": compare.first_name,
    "last_name": compare.last_name,
    "email": compare.email,
    "phone": compare.phone,
    "company": compare.company,
    "country": compare.country,
    "place": compare.place,
}
SLIGHTLY_LESS = 2


@dataclass(frozen=True, slots=True)
class Comparing:
    """What came of comparing two: `points` of a hundred, and the fields that agree."""

    verdict: Verdict
    points: int
    match: Match


# Most who are near each other are colleagues: other names, other addresses. Nothing more is asked of them.
TWO_PEOPLE = Comparing("separate", 0, Match(rule="names", score=0.0))


class Matcher:
    """One set of weights, ready to compare."""

    def __init__(self, policy: MatchingSet) -> None:
        self.policy = policy
        self._weights = [(weight.field, COMPARISONS[weight.field], weight.agrees, weight.differs) for weight in policy.weights]

    def compare(self, one: Likeness, other: Likeness) -> Comparing:
        contrary = compare.are_contrary(one, other)
        crossed = contrary and compare.are_swapped(one, other)
        if contrary and not crossed and one.phone != other.phone and one.local != other.local:
            return TWO_PEOPLE
        points, agreeing = self._points_crossed(one, other) if crossed else self._points(one, other)
        most = self.policy.merge_from - 1 if contrary and not crossed else 100
        rounded = max(0, min(most, round(points) - SLIGHTLY_LESS * crossed))
        rule = f"{'swapped-names' if crossed else 'likeness'}-{self.policy.version}"
        return Comparing(self._verdict(rounded), rounded, Match(rule=rule, score=rounded / 100, fields=agreeing))

    def _points_crossed(self, one: Likeness, other: Likeness) -> tuple[float, list[str]]:
        """Which of them has its names in the right place, nobody knows: so the likelier."""
        return max(self._points(one, compare.swapped(other)), self._points(compare.swapped(one), other))

    def _points(self, one: Likeness, other: Likeness) -> tuple[float, list[str]]:
        points, agreeing = 0.0, []
        for field, comparison, agrees, differs in self._weights:
            likeness = comparison(one, other)
            if not likeness:
                continue
            points += likeness * (agrees if likeness > 0 else differs)
            if likeness > 0 and agrees:
                agreeing.append(PATHS[field])
        return points, agreeing

    def _verdict(self, points: int) -> Verdict:
        if points >= self.policy.merge_from:
            return "merge"
        return "review" if points >= self.policy.review_from else "separate"
