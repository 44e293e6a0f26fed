"""Who gets a lead where it is not simply the next in turn: by weight, load, skill or name, within what each can take."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.leads.models import Dealing, Demands, Pool
from services.leads.rules.distribution.availability import OFF_HOURS, ON_LEAVE, Seat, next_day

MOST_NAMED = 12
AT_CAPACITY, ENOUGH_TODAY, HAD_IT = "has all they can take open", "has had enough for today", "did not respond"
NOT_ASKED = "not of those whom the rule asks for"
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Wish:
    """What one lead asks of whoever gets it; `not_to` had it before."""

    demands: Demands = field(default_factory=lambda: Demands())
    not_to: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    seat: Seat
    dealing: Dealing


class Table:
    """The reps of one pool at one moment, as leads are dealt out to them one after the other."""

    def __init__(self, pool: Pool, seats: Sequence[Seat], at: datetime) -> None:
        self._seats = {seat.rep_id: seat for seat in sorted(seats, key=lambda seat: seat.rep_id)}
        self._at, self._pool = at, pool
        self._dealt, self._lag, self._open = dict(pool.dealt), dict(pool.lag), dict(pool.open)
        self._today = {seat.rep_id: _count_on(pool, seat) for seat in seats if seat.max_per_day is not None}
        self._by: Mapping[str, Callable[[list[Seat], Wish], Seat]] = {
            "round_robin": self._next_in_turn,
            "weighted": self._most_behind,
            "least_loaded": self._least_loaded,
            "by_skill": self._best_skilled,
            "direct": self._by_name,
        }

    def choose(self, wish: Wish) -> Choice | None:
        """None while nobody who may have it can take it."""
        fitting = self._fitting(wish.demands)
        free = [seat for seat in fitting if not self._hindrance(seat)]
        if not free:
            return None
        others = [seat for seat in free if seat.rep_id != wish.not_to] or free
        strategy = wish.demands.get("strategy", "round_robin")
        seat = self._by[strategy](others, wish)
        candidates = [one.rep_id for one in others[:MOST_NAMED]]
        dealing = Dealing(strategy=strategy, candidates=candidates, passed_over=self._passed(others, wish.not_to))
        self._note(seat)
        return Choice(seat, dealing)

    def pool(self) -> Pool:
        """As it is after what was dealt. Who is full counts as absent, so as not to be flooded once they have room again."""
        today = {rep_id: (self._seats[rep_id].today, count) for rep_id, count in self._today.items()}
        present = [seat.rep_id for seat in self._seats.values() if not self._hindrance(seat)]
        counts = {"dealt": self._dealt, "lag": self._lag, "open": self._open, "today": today}
        return self._pool.model_copy(update={**counts, "present": present})

    def next_chance(self) -> datetime | None:
        """When the next who can't take any now can again, as far as that is known."""
        times = (seat.back_at if seat.away else next_day(seat, self._at) for seat in self._seats.values() if self._hindrance(seat))
        return min((time for time in times if time is not None and time > self._at), default=None)

    @property
    def is_full(self) -> bool:
        """Whether somebody is there who has too many open."""
        return any(self._hindrance(seat) == AT_CAPACITY for seat in self._seats.values())

    def _hindrance(self, seat: Seat) -> str:
        if seat.away:
            return seat.away
        if seat.max_open is not None and self._open.get(seat.rep_id, 0) >= seat.max_open:
            return AT_CAPACITY
        if seat.max_per_day is not None and self._today[seat.rep_id] >= seat.max_per_day:
            return ENOUGH_TODAY
        return ""

    def _fitting(self, demands: Demands) -> list[Seat]:
        """Those who are meant, as far as they have what it takes; if nobody has it, that is no reason to wait."""
        meant = self._meant(demands)
        if demands.get("strategy") == "by_skill":
            return meant
        skills, languages = frozenset(demands.get("skills", ())), frozenset(demands.get("languages", ()))
        return [seat for seat in meant if skills <= seat.skills and languages <= seat.languages] or meant

    def _meant(self, demands: Demands) -> list[Seat]:
        """Who is named is waited for while off hours; for one who left, is full, or on leave without a stand-in the team steps in."""
        everybody = list(self._seats.values())
        if not demands.get("only"):
            return everybody
        named = [self._seats[rep_id] for rep_id in demands["only"] if rep_id in self._seats]
        absent = [seat for seat in named if seat.away == ON_LEAVE and seat.stand_in in self._seats]
        named += [self._seats[seat.stand_in] for seat in absent if seat.stand_in]
        return named if any(self._hindrance(seat) in ("", OFF_HOURS) for seat in named) else everybody

    def _passed(self, candidates: list[Seat], not_to: str | None) -> list[list[str]]:
        chosen_from = {seat.rep_id for seat in candidates}
        passed = [seat for seat in self._seats.values() if seat.rep_id not in chosen_from]
        others = {not_to: HAD_IT}
        return [[seat.rep_id, self._hindrance(seat) or others.get(seat.rep_id, NOT_ASKED)] for seat in passed[:MOST_NAMED]]

    def _next_in_turn(self, seats: list[Seat], _: Wish) -> Seat:
        seat = min(seats, key=self._turn)
        self._dealt[seat.rep_id] = self._dealt.get(seat.rep_id, 0) + 1
        return seat

    def _turn(self, seat: Seat) -> tuple[int, str]:
        return self._dealt.get(seat.rep_id, 0), seat.rep_id

    def _most_behind(self, seats: list[Seat], _: Wish) -> Seat:
        """Smooth weighted round robin, of those behind their share the one who is due first.

        Taking the one furthest behind, as it is usually done, leaves some more than one lead off: 1, 1, 1, 1, 98, 98 by 1.27.
        """
        total = sum(seat.weight for seat in seats)
        for seat in seats:
            self._lag[seat.rep_id] = self._lag.get(seat.rep_id, 0.0) + seat.weight / total
        behind = [seat for seat in seats if self._lag[seat.rep_id] > _CLOSE]
        seat = min(behind or seats, key=lambda one: ((1 - self._lag[one.rep_id]) / one.weight, one.rep_id))
        self._lag[seat.rep_id] -= 1
        return seat

    def _least_loaded(self, seats: list[Seat], wish: Wish) -> Seat:
        least = min(self._open.get(seat.rep_id, 0) for seat in seats)
        return self._next_in_turn([seat for seat in seats if self._open.get(seat.rep_id, 0) == least], wish)

    def _best_skilled(self, seats: list[Seat], wish: Wish) -> Seat:
        skills, languages = frozenset(wish.demands.get("skills", ())), frozenset(wish.demands.get("languages", ()))
        having = {seat.rep_id: len(skills & seat.skills) + len(languages & seat.languages) for seat in seats}
        most = max(having.values())
        return self._next_in_turn([seat for seat in seats if having[seat.rep_id] == most], wish)

    def _by_name(self, seats: list[Seat], _: Wish) -> Seat:
        """Outside the turns: whose customer it is, is not whose turn it is."""
        return min(seats, key=self._turn)

    def _note(self, seat: Seat) -> None:
        if self._pool.counting:
            self._open[seat.rep_id] = self._open.get(seat.rep_id, 0) + 1
        if seat.max_per_day is not None:
            self._today[seat.rep_id] += 1


def _count_on(pool: Pool, seat: Seat) -> int:
    day, count = pool.today.get(seat.rep_id, ("", 0))
    return count if day == seat.today else 0
