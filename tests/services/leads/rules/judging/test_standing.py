"""What comes of a verdict, and when time alone will change it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import CriteriaDraft, CriteriaSet
from services.leads.rules.capture.identity import taken_in
from services.leads.rules.judging.expressions import check_criteria
from services.leads.rules.judging.policy import Policy
from services.leads.rules.judging.scoring import grades_meant
from services.leads.rules.judging.standing import step_of
from tests.services.leads.builders import submission

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KINDS = ("page_view", "email_click", "call", "meeting")


def a_policy(*criteria: dict[str, Any], **fields: Any) -> Policy:
    named = [{"name": f"c{number}", "text": "it is so", **criterion} for number, criterion in enumerate(criteria)]
    check_criteria(CriteriaDraft.model_validate({"criteria": named, **fields}))
    return Policy(CriteriaSet.model_validate({"criteria": named, "version": 1, **fields}), None)


def a_lead(policy: Policy, *signs: tuple[str, datetime], **fields: Any) -> Any:
    lead: Any = {**taken_in(submission()).parts, "source": "web", "created_at": NOW, "_id": "l", "status": "captured", **fields}
    if signs:
        assert policy.judge is not None
        lead["engaged"], lead["last_engaged_at"] = policy.judge.scale.added(None, signs), max(at for _, at in signs)
    return lead


def weighed(policy: Policy, lead: Any, at: datetime = NOW) -> Any:
    verdict, _ = policy.weigh(lead, at)
    return verdict


def test_fit_and_interest_are_told_apart_and_make_one_score() -> None:
    policy = a_policy({"expression": "true", "points": 60})
    verdict = weighed(policy, a_lead(policy, ("meeting", NOW), ("call", NOW)))
    assert (verdict.fit, verdict.engagement, verdict.score, verdict.grade) == (60, 40, 85, "B1")
    assert (verdict.reasons[-1].criterion, verdict.reasons[-1].points) == ("engagement", 25)


def test_interest_carries_a_lead_over_the_threshold_until_it_has_faded() -> None:
    policy = a_policy({"expression": "true", "points": 30})
    lead = a_lead(policy, ("meeting", NOW))
    assert weighed(policy, lead).qualified
    assert not weighed(policy, lead, NOW + timedelta(days=90)).qualified
    turn = policy.next_turn(lead, weighed(policy, lead), NOW)
    assert turn is not None
    # From 25 to below 20, where the digit changes: 60 days times the binary logarithm of 25/19.5.
    assert (turn - NOW) / timedelta(days=1) == pytest.approx(60 * 0.3585, abs=0.01)


def test_points_may_halve_since_the_lead_was_last_heard_of() -> None:
    policy = a_policy({"expression": "true", "points": 60, "halves_after_days": 30})
    lead = a_lead(policy)
    assert [weighed(policy, lead, NOW + timedelta(days=days)).fit for days in (0, 30, 60)] == [60, 30, 15]
    heard_again = a_lead(policy, last_submitted_at=NOW + timedelta(days=30))
    faded = weighed(policy, heard_again, NOW + timedelta(days=60))
    assert (faded.fit, faded.faded, faded.reasons[0].points, faded.qualified) == (30, {"c0": 30}, 30, False)


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("engagement.score >= 20", True),
        ("engagement.meeting == 1 && engagement.call == 0", True),
        ("engagement.score >= 30", False),
        ("enrichment.credit_score > 50 && enrichment.city == 'Bonn'", True),
        ("has(enrichment.nonsense)", False),
        ("!('nonsense' in enrichment)", True),
    ],
)
def test_criteria_speak_of_interest_and_of_what_providers_told(expression: str, holds: bool) -> None:
    policy = a_policy({"expression": expression, "points": 1})
    lead = a_lead(policy, ("meeting", NOW), enrichment={"bureau": {"credit_score": 71}, "maps": {"city": "Bonn"}})
    assert (weighed(policy, lead).met == ["c0"]) is holds


CRITERIA = (
    ({"expression": "true", "points": 30},),
    ({"expression": "true", "points": 50, "halves_after_days": 20}, {"expression": "true", "points": 10, "halves_after_days": 5}),
    ({"expression": "engagement.score >= 15", "points": 40}, {"expression": "true", "points": 20}),
    ({"expression": "engagement.score >= 3", "gate": True}, {"expression": "true", "points": 45, "halves_after_days": 9}),
    ({"expression": "true", "points": 60}, {"expression": "true", "points": -30, "halves_after_days": 9}),
    ({"expression": "false", "gate": True}, {"expression": "true", "points": 20}),
)
signs = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40).map(lambda days: NOW - timedelta(days=days))), max_size=6)


@given(st.sampled_from(CRITERIA), signs, st.floats(0, 1))
def test_nothing_changes_before_the_next_turn_and_something_does_then(criteria: Any, shown: Any, share: float) -> None:
    policy = a_policy(*criteria)
    lead = a_lead(policy, *shown)
    now = weighed(policy, lead)
    turn = policy.next_turn(lead, now, NOW)
    before = (turn or NOW + timedelta(days=4000)) - timedelta(milliseconds=60)
    then = weighed(policy, lead, NOW + max(timedelta(), before - NOW) * share)
    assert (then.grade, then.qualified) == (now.grade, now.qualified)
    if turn is not None:
        later = weighed(policy, lead, turn)
        assert (later.grade, later.qualified) != (now.grade, now.qualified)


@pytest.mark.parametrize(
    ("lead", "qualified", "again", "step"),
    [
        ({"status": "captured"}, True, False, "qualified"),
        ({"status": "captured"}, False, False, "disqualified"),
        ({"status": "disqualified"}, True, False, "qualified"),
        ({"status": "disqualified"}, False, True, None),
        ({"status": "disqualified", "by_hand": "no"}, True, True, None),
        ({"status": "captured", "by_hand": "sales gave it back"}, True, True, None),
        ({"status": "captured", "waits_until": NOW}, True, True, None),
        ({"status": "qualified", "grade": "A4"}, True, False, None),
        ({"status": "qualified", "grade": "A4"}, True, True, "regraded"),
        ({"status": "contacted", "grade": "B1", "qualified_at": NOW}, True, True, None),
        ({"status": "contacted", "grade": "A4", "qualified_at": NOW}, False, True, "regraded"),
        ({"status": "contacted"}, True, False, "qualified"),
        ({"status": "contacted"}, False, True, None),
        ({"status": "qualified", "grade": "A4"}, False, False, None),
        ({"status": "qualified", "grade": "B1"}, False, True, "disqualified"),
        ({"status": "qualified", "grade": "B1", "owner_id": "ana"}, False, True, None),
        ({"status": "qualified", "grade": "B1", "outcome": "converted"}, False, True, None),
        ({"status": "qualified", "grade": "A4", "outcome": "won"}, True, True, None),
        ({"status": "merged", "grade": "A4"}, True, True, None),
    ],
)
def test_what_comes_of_a_verdict(lead: Any, qualified: bool, again: bool, step: str | None) -> None:
    class Judged:
        grade = "B1"

    judged: Any = Judged()
    judged.qualified = qualified
    assert step_of(lead, judged, again=again) == step


def test_a_grade_may_be_asked_for_by_its_letter_or_its_digit() -> None:
    assert grades_meant("A") == "A,A1,A2,A3,A4"
    assert grades_meant("B2,1") == "B2,A1,B1,C1,D1"
    assert grades_meant("") == ""
