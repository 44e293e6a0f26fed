"""By weight, load, skill or name, told by the pure rules alone."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import Demands, Pool
from services.leads.rules.distribution.availability import OFF_HOURS, ON_LEAVE, Seat
from services.leads.rules.distribution.choosing import AT_CAPACITY, ENOUGH_TODAY, HAD_IT, Table, Wish
from services.leads.rules.distribution.dealing import welcomed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 8, tzinfo=UTC)
names = st.sampled_from("abcdefgh")


def table(*seats: Seat, **pool: Any) -> Table:
    return Table(Pool(id="p", **pool), seats, NOON)


def chosen(at: Table, count: int = 1, not_to: str | None = None, **demands: Any) -> list[str | None]:
    wish = Wish(Demands(**demands), not_to)
    choices = [at.choose(wish) for _ in range(count)]
    return [choice.seat.rep_id if choice else None for choice in choices]


@given(st.dictionaries(names, st.one_of(st.just(1), st.integers(1, 100)), min_size=1), st.lists(st.integers(0, 60), max_size=8))
def test_by_weight_everybody_is_always_within_one_lead_of_their_share(weights: dict[str, int], batches: list[int]) -> None:
    pool, total, dealt, count = Pool(id="p"), sum(weights.values()), Counter[str](), 0
    for size in batches:
        here = Table(pool, [Seat(rep_id, weight) for rep_id, weight in weights.items()], NOON)
        for rep_id in chosen(here, size, strategy="weighted"):
            dealt[str(rep_id)] += 1
            count += 1
            assert all(abs(dealt[name] - count * weight / total) < 1 + 1e-6 for name, weight in weights.items())
        pool = here.pool()


def test_weights_at_which_the_usual_way_is_more_than_one_off() -> None:
    weights = [1, 1, 1, 1, 1, 1, 98, 1, 1, 1, 98]
    here, dealt = table(*(Seat(f"r{number:02}", weight) for number, weight in enumerate(weights))), Counter[str]()
    for count, rep_id in enumerate(chosen(here, 615, strategy="weighted"), start=1):
        dealt[str(rep_id)] += 1
        assert max(abs(dealt[f"r{number:02}"] - count * weight / 205) for number, weight in enumerate(weights)) < 1


@given(st.sets(names, min_size=1), st.integers(0, 60))
def test_where_one_can_take_no_more_the_others_still_take_turns(here: set[str], count: int) -> None:
    at = table(*(Seat(name, max_per_day=100, today="2026-03-02") for name in here))
    dealt = Counter(chosen(at, count))
    assert sum(dealt.values()) == count
    assert max((dealt[name] for name in here), default=0) - min(dealt[name] for name in here) <= 1


@given(st.dictionaries(names, st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1), st.integers(0, 50))
def test_nobody_is_dealt_more_than_they_can_take(reps: dict[str, tuple[int, int]], count: int) -> None:
    seats = [Seat(name, max_open=most, max_per_day=4, today="2026-03-02") for name, (most, _) in reps.items()]
    before = {name: opened for name, (_, opened) in reps.items()}
    at = table(*seats, counting=True, open=before)
    dealt = Counter(rep_id for rep_id in chosen(at, count) if rep_id)
    room = {name: min(4, max(0, most - opened)) for name, (most, opened) in reps.items()}
    assert all(dealt[name] <= room[name] for name in reps)
    assert sum(dealt.values()) == min(count, sum(room.values()))
    assert at.pool().open == {name: before[name] + dealt[name] for name in reps}


def test_what_was_dealt_on_another_day_is_no_hindrance_today() -> None:
    seat = Seat("a", max_per_day=2, today="2026-03-02")
    assert chosen(table(seat, today={"a": ("2026-03-01", 2)}), 3) == ["a", "a", None]
    at = table(seat, today={"a": ("2026-03-02", 2)})
    assert chosen(at) == [None]
    assert at.next_chance() == datetime(2026, 3, 3, tzinfo=UTC)


def test_who_was_full_for_a_while_is_not_flooded_afterwards() -> None:
    full, free = Seat("a", max_open=1), Seat("b")
    before = table(full, free, counting=True, open={"a": 1}, present=["a", "b"])
    assert chosen(before, 50) == ["b"] * 50
    after = welcomed(before.pool(), ["a", "b"]).model_copy(update={"open": {}})
    assert chosen(Table(after, [Seat("a", max_open=9), free], NOON), 4) == ["a", "b", "a", "b"]


@given(st.dictionaries(names, st.integers(0, 9), min_size=1), st.integers(1, 60))
def test_the_least_loaded_fill_up_until_all_are_level(load: dict[str, int], count: int) -> None:
    at = table(*map(Seat, load), counting=True, open=load)
    chosen(at, count, strategy="least_loaded")
    after = at.pool().open
    grown = [after[name] for name in load if after[name] > load[name]]
    assert max(grown) - min(after[name] for name in load) <= 1


def test_who_lacks_a_skill_is_passed_over_unless_nobody_has_it() -> None:
    pumps, french = Seat("a", skills=frozenset({"pumps"})), Seat("b", languages=frozenset({"fr"}))
    assert chosen(table(pumps, french), 2, skills=["pumps"]) == ["a", "a"]
    assert chosen(table(pumps, french), 2, languages=["fr"]) == ["b", "b"]
    assert chosen(table(pumps, french), 2, languages=["se"]) == ["a", "b"]


def test_who_has_the_skill_is_waited_for() -> None:
    away = Seat("a", skills=frozenset({"pumps"}), away=OFF_HOURS, back_at=LATER)
    at = table(away, Seat("b"))
    assert chosen(at, skills=["pumps"]) == [None]
    assert at.next_chance() == LATER


def test_the_best_skilled_come_first_and_nobody_is_waited_for() -> None:
    both, one = Seat("b", skills=frozenset({"pumps", "valves"})), Seat("a", skills=frozenset({"pumps"}))
    assert chosen(table(one, both), 2, strategy="by_skill", skills=["pumps", "valves"]) == ["b", "b"]
    assert chosen(table(one), 1, strategy="by_skill", skills=["valves"]) == ["a"]


def test_who_is_named_gets_it_outside_the_turns() -> None:
    at = table(Seat("a"), Seat("b"))
    assert chosen(at, 3, strategy="direct", only=["a"]) == ["a", "a", "a"]
    assert at.pool().dealt == {}
    assert chosen(at, 2) == ["a", "b"]


def test_who_is_named_is_waited_for_overnight_and_stood_in_for_on_leave() -> None:
    off, away = Seat("a", away=OFF_HOURS, back_at=LATER), Seat("a", away=ON_LEAVE, stand_in="c")
    assert chosen(table(off, Seat("b"), Seat("c")), strategy="direct", only=["a"]) == [None]
    assert chosen(table(away, Seat("b"), Seat("c")), strategy="direct", only=["a"]) == ["c"]
    assert chosen(table(Seat("a", away=ON_LEAVE), Seat("b")), strategy="direct", only=["a"]) == ["b"]
    assert chosen(table(Seat("b")), strategy="direct", only=["gone"]) == ["b"]


def test_the_choice_says_among_whom_and_why_others_were_passed_over() -> None:
    seats = [Seat("a"), Seat("b", away=ON_LEAVE), Seat("c", max_open=1), Seat("d", max_per_day=0, today="x"), Seat("e")]
    choice = table(*seats, counting=True, open={"c": 1}).choose(Wish(not_to="e"))
    assert choice is not None
    assert (choice.seat.rep_id, choice.dealing["candidates"]) == ("a", ["a"])
    assert choice.dealing["passed_over"] == [["b", ON_LEAVE], ["c", AT_CAPACITY], ["d", ENOUGH_TODAY], ["e", HAD_IT]]
