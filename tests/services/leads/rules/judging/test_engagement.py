"""Sums of interest that halve: the same in whichever order it was shown, and at any time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.leads.models import EngagementPolicy
from services.leads.rules.judging.engagement import Scale, Sign, joined
from services.leads.rules.judging.standing import fading_moments, worth_after

START = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = EngagementPolicy()
SCALE = Scale(POLICY)
moments = st.integers(0, 90 * 24 * 3600).map(lambda seconds: START + timedelta(seconds=seconds))
signs = st.lists(st.tuples(st.sampled_from([*POLICY.kinds]), moments), min_size=1, max_size=12)
LATER = START + timedelta(days=90)


def direct_sum(given_signs: list[Sign], at: datetime) -> float:
    weights: Any = POLICY.kinds
    return sum(weights[kind].weight * 0.5 ** ((at - then) / timedelta(days=weights[kind].half_life_days)) for kind, then in given_signs)


def total(engaged: Any, at: datetime) -> float:
    weights: Any = POLICY.kinds
    age = (at - engaged["at"]) / timedelta(days=1)
    return sum(weights[name].weight * kind["sum"] * 0.5 ** (age / kind["days"]) for name, kind in engaged["kinds"].items())


@given(signs, st.randoms())
def test_a_sum_does_not_depend_on_the_order_and_equals_the_direct_one(given_signs: list[Sign], random: Any) -> None:
    shuffled = random.sample(given_signs, len(given_signs))
    engaged: Any = None
    for sign in shuffled:
        engaged = SCALE.added(engaged, [sign])
    assert total(engaged, LATER) == pytest.approx(direct_sum(given_signs, LATER))
    assert total(SCALE.added(None, given_signs), LATER) == pytest.approx(total(engaged, LATER))
    assert sum(kind["count"] for kind in engaged["kinds"].values()) == len(given_signs)


@given(signs, signs)
def test_the_interest_of_two_who_are_one_is_that_of_both(one: list[Sign], other: list[Sign]) -> None:
    together = joined(SCALE.added(None, one), SCALE.added(None, other))
    assert total(together, LATER) == pytest.approx(direct_sum([*one, *other], LATER))
    assert joined(None, SCALE.added(None, one)) == SCALE.added(None, one)


@given(signs)
def test_each_fall_of_the_level_is_known_to_the_millisecond(given_signs: list[Sign]) -> None:
    engaged = SCALE.added(None, given_signs)
    level = SCALE.level(engaged, LATER)
    falls = list(SCALE.falls(engaged, LATER))
    assert len(falls) == level
    assert falls == sorted(falls)
    for number, at in enumerate(falls, start=1):
        assert SCALE.level(engaged, at) == level - number
        assert SCALE.level(engaged, at - timedelta(milliseconds=60)) == level - number + 1 or at - LATER < timedelta(milliseconds=60)


def test_however_much_interest_is_shown_the_level_is_at_most_100_and_falls_from_there() -> None:
    engaged = SCALE.added(None, [("meeting", START)] * 50 + [("page_view", START)] * 500)
    assert SCALE.level(engaged, START) == 100
    first = next(SCALE.falls(engaged, START))
    assert SCALE.level(engaged, first) == 99
    assert first > START + timedelta(days=60)


def test_a_kind_that_is_worth_nothing_is_counted_all_the_same() -> None:
    scale = Scale(EngagementPolicy.model_validate({"kinds": {"call": {"weight": 10, "half_life_days": 7}}}))
    engaged = scale.added(None, [("meeting", START), ("call", START)])
    assert (scale.level(engaged, START), engaged["kinds"]["meeting"]["count"]) == (10, 1)
    assert not scale.is_stale(engaged)
    assert SCALE.is_stale(engaged)


@given(st.integers(-100, 100).filter(bool), st.floats(0.5, 400))
def test_each_moment_at_which_points_are_worth_less_is_known(points: int, days: float) -> None:
    moments = list(fading_moments(points, days, START))
    worths = [worth_after(points, (at - START) / timedelta(days=1), days) for at in moments]
    assert [abs(worth) for worth in worths] == list(range(abs(points) - 1, -1, -1))
    assert worth_after(points, days, days) in (int(points / 2), int(points / 2 + 0.5), int(points / 2 - 0.5))


@pytest.mark.parametrize(
    "policy",
    [
        {"grades": [5, 20, 40]},
        {"kinds": {"dance": {"weight": 1, "half_life_days": 1}}},
        {"kinds": {"call": {"weight": 1, "half_life_days": 0}}},
        {"kinds": {"call": {"weight": 1000, "half_life_days": 1}}},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EngagementPolicy.model_validate(policy)
