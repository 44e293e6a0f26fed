"""What an answer says about an expectation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.models.care import SurveyKind
from services.accounts.rules.health import health_of
from services.accounts.rules.satisfaction import SCALES, against_expectation, normalised_score
from shared.errors import Invalid
from tests.services.accounts.builders import ON_TIME


@pytest.mark.parametrize(
    ("kind", "score", "normalised", "outcome"),
    [
        ("csat", 1, 0, "missed"),
        ("csat", 3, 50, "missed"),
        ("csat", 4, 75, "met"),
        ("csat", 5, 100, "exceeded"),
        ("nps", 0, 0, "missed"),
        ("nps", 6, 60, "missed"),
        ("nps", 7, 70, "met"),
        ("nps", 8, 80, "met"),
        ("nps", 9, 90, "exceeded"),
        ("nps", 10, 100, "exceeded"),
    ],
)
def test_both_questions_meet_on_one_scale(kind: SurveyKind, score: int, normalised: int, outcome: str) -> None:
    assert normalised_score(kind, score) == normalised
    assert against_expectation(normalised, [ON_TIME]) == outcome


@pytest.mark.parametrize(("kind", "score", "rule"), [("csat", 0, "csat_1_to_5"), ("csat", 6, "csat_1_to_5"), ("nps", 11, "nps_0_to_10")])
def test_a_score_off_the_scale_names_its_field_and_rule(kind: SurveyKind, score: int, rule: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normalised_score(kind, score)
    assert [(violation.field, violation.rule) for violation in refusal.value.violations] == [("score", rule)]


def test_without_an_expectation_nothing_was_met_or_missed() -> None:
    assert against_expectation(100, []) == "none_recorded"


@given(st.sampled_from(sorted(SCALES)), st.data())
def test_a_higher_answer_is_never_worse(kind: SurveyKind, data: st.DataObject) -> None:
    lowest, highest = SCALES[kind]
    lower = data.draw(st.integers(lowest, highest))
    higher = data.draw(st.integers(lower, highest))
    assert 0 <= normalised_score(kind, lower) <= normalised_score(kind, higher) <= 100


@given(st.none() | st.integers(0, 100), st.lists(st.text(min_size=1), max_size=5))
def test_health_stays_on_its_scale_and_says_why(satisfaction: int | None, overdue: list[str]) -> None:
    health, risks = health_of(satisfaction, overdue)
    assert 0 <= health <= 100
    assert bool(risks) == (bool(overdue) or (satisfaction is not None and satisfaction < 70))
