"""How interested is this lead, now or at any time? Sums that halve, kept for one moment, so that adding to them costs the same for ever."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import floor, log

from services.leads.models import Engaged, EngagedKind, EngagementPolicy

Sign = tuple[str, datetime]
Terms = list[tuple[float, float]]
DAY = timedelta(days=1)
MOST = 100
MOST_STEPS = 200
MILLISECOND = timedelta(milliseconds=1)
# What sums may differ by for the order in which they were added up.
_NOTHING = 1e-9


class Scale:
    """Weighs interest by one policy. Pure: times are arguments."""

    def __init__(self, policy: EngagementPolicy) -> None:
        self._weights: dict[str, float] = {kind: weight.weight for kind, weight in policy.kinds.items()}
        self._days: dict[str, float] = {kind: weight.half_life_days for kind, weight in policy.kinds.items()}

    def added(self, engaged: Engaged | None, signs: Iterable[Sign]) -> Engaged:
        """With these signs, at least one, in whichever order they come. A kind that is worth nothing is counted, too."""
        given = list(signs)
        at = max([sign_at for _, sign_at in given] + ([engaged["at"]] if engaged else []))
        kinds = _kinds_at(engaged, at) if engaged else {}
        for kind, sign_at in given:
            known = kinds.get(kind) or EngagedKind(sum=0.0, days=self._days.get(kind, 1.0), count=0)
            left = 0.5 ** ((at - sign_at) / DAY / known["days"])
            kinds[kind] = EngagedKind(sum=known["sum"] + left, days=known["days"], count=known["count"] + 1)
        return Engaged(at=at, kinds=kinds)

    def is_stale(self, engaged: Engaged) -> bool:
        """Whether it was summed up by other half-lives than these, and has to be summed up anew."""
        return any(kind["days"] != self._days[name] for name, kind in engaged["kinds"].items() if name in self._days)

    def level(self, engaged: Engaged, at: datetime) -> int:
        return _level(_total(self._terms(engaged), max(0.0, (at - engaged["at"]) / DAY)))

    def falls(self, engaged: Engaged, after: datetime) -> Iterator[datetime]:
        """Each moment from which on the level will be one lower, if nothing more is heard."""
        terms = self._terms(engaged)
        age = max(0.0, (after - engaged["at"]) / DAY)
        for level in range(_level(_total(terms, age)), 0, -1):
            age = _age_at(terms, level - 0.5 - 2 * _NOTHING, age)
            yield engaged["at"] + age * DAY + MILLISECOND

    def _terms(self, engaged: Engaged) -> Terms:
        """What each kind was worth at the moment of the sums, and its half-life."""
        kinds = engaged["kinds"].items()
        return [(self._weights[name] * kind["sum"], kind["days"]) for name, kind in kinds if self._weights.get(name)]


def joined(one: Engaged | None, other: Engaged | None) -> Engaged | None:
    """The interest of two leads who are one."""
    if one is None or other is None:
        return one or other
    at = max(one["at"], other["at"])
    ones, others = _kinds_at(one, at), _kinds_at(other, at)
    return Engaged(at=at, kinds={name: _together(ones.get(name), others.get(name)) for name in ones | others})


def _together(one: EngagedKind | None, other: EngagedKind | None) -> EngagedKind:
    if one is None or other is None:
        return one or other or EngagedKind(sum=0.0, days=1.0, count=0)
    return EngagedKind(sum=one["sum"] + other["sum"], days=one["days"], count=one["count"] + other["count"])


def _kinds_at(engaged: Engaged, at: datetime) -> dict[str, EngagedKind]:
    age = (at - engaged["at"]) / DAY
    return {
        name: EngagedKind(sum=kind["sum"] * 0.5 ** (age / kind["days"]), days=kind["days"], count=kind["count"])
        for name, kind in engaged["kinds"].items()
    }


def _total(terms: Terms, age: float) -> float:
    return float(sum(worth * 0.5 ** (age / days) for worth, days in terms))


def _level(total: float) -> int:
    return min(MOST, floor(total + 0.5 + _NOTHING))


def _age_at(terms: Terms, total: float, age: float) -> float:
    """In days, when the terms will add up to this, not before `age`. Newton's way: of a curve that only flattens it never goes too far."""
    for _ in range(MOST_STEPS):
        left = [(worth * 0.5 ** (age / days), days) for worth, days in terms]
        over = sum(worth for worth, _ in left) - total
        if over <= _NOTHING / 2:
            break
        age += over / (log(2) * sum(worth / days for worth, days in left))
    return age
