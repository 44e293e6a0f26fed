"""Criteria, routing rules and the language that they are written in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import CriteriaDraft, CriteriaSet, RoutingDraft, RoutingSet
from services.leads.rules.capture.identity import taken_in
from services.leads.rules.judging.defaults import default_criteria, default_routing
from services.leads.rules.judging.expressions import check_criteria, check_routing
from services.leads.rules.judging.policy import Policy
from services.leads.rules.judging.vocabulary import NO_TIME_SOON, decides, months_until
from shared.errors import Invalid
from tests.services.leads.builders import bare, submission

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_criterion(expression: str, name: str = "it", **fields: Any) -> dict[str, Any]:
    return {"name": name, "text": "it is so", "expression": expression, **fields}


def criteria(*given: dict[str, Any], **fields: Any) -> CriteriaSet:
    return CriteriaSet.model_validate({"criteria": list(given), "version": 1, **fields})


def weighed(policy_criteria: CriteriaSet, **fields: Any) -> Any:
    lead = {**taken_in(submission(**fields)).parts, "source": fields.get("source", "web"), "created_at": NOW}
    verdict, _ = Policy(policy_criteria, None).weigh(lead, NOW)
    return verdict


def test_the_points_of_what_holds_add_up() -> None:
    verdict = weighed(criteria(a_criterion("company.employees >= 50", "big", points=30), a_criterion("false", "never", points=99)))
    assert (verdict.score, verdict.met, verdict.grade) == (30, ["big"], "D4")
    assert [(reason.criterion, reason.passed, reason.points) for reason in verdict.reasons] == [("big", True, 30), ("never", False, 0)]


def test_a_gate_must_hold_whatever_the_score() -> None:
    verdict = weighed(criteria(a_criterion("true", "yes", points=100), a_criterion("company.country == 'CH'", "swiss", gate=True)))
    assert (verdict.score, verdict.qualified, verdict.reason) == (100, False, "not so: it is so")


def test_a_criterion_that_fails_on_a_lead_counts_as_not_met_and_says_why() -> None:
    verdict = weighed(criteria(a_criterion("attributes.tier == 'gold'", "gold", points=50), a_criterion("true", "yes", points=50)))
    assert (verdict.score, verdict.met, verdict.qualified) == (50, ["yes"], True)
    assert verdict.broken == {"gold": "'tier' is missing"}
    assert verdict.reasons[0].detail == "could not be told: 'tier' is missing"


def test_a_lead_qualifies_at_the_threshold_and_not_below_it() -> None:
    at, below = (criteria(a_criterion("true", points=points), threshold=40) for points in (40, 39))
    assert weighed(at).qualified
    assert weighed(below).reason == "score 39 is below 40"


@given(st.lists(st.tuples(st.booleans(), st.integers(-100, 100)), min_size=1, max_size=8), st.randoms())
def test_a_score_lies_between_0_and_100_and_does_not_depend_on_the_order(rules: list[tuple[bool, int]], random: Any) -> None:
    given_rules = [a_criterion(str(holds).lower(), f"c{number}", points=points) for number, (holds, points) in enumerate(rules)]
    score = weighed(criteria(*given_rules)).score
    assert score == max(0, min(100, sum(points for holds, points in rules if holds)))
    assert weighed(criteria(*random.sample(given_rules, len(given_rules)))).score == score


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_better_score_never_has_a_worse_grade(one: int, other: int) -> None:
    judge = Policy(criteria(a_criterion("true")), None).judge
    assert judge is not None
    assert (one <= other) <= (judge.grade(one, one) >= judge.grade(other, other))


def test_the_default_criteria_qualify_who_has_budget_need_time_and_a_say() -> None:
    assert weighed(default_criteria()).qualified
    assert weighed(default_criteria()).grade == "A4"
    assert not weighed(default_criteria(), company={"country": "KP"}).qualified
    nobody = {
        **taken_in(bare(person={"email": "lena@gmail.com", "title": "Student"}, interest={"timeline": "just looking"})).parts,
        "source": "web",
        "created_at": NOW,
    }
    verdict, _ = Policy(default_criteria(), None).weigh(nobody, NOW)
    assert verdict is not None
    assert (verdict.score, verdict.qualified) == (0, False)


def test_what_is_kept_of_a_verdict_is_enough_to_tell_its_reasons_again() -> None:
    chosen = criteria(a_criterion("true", "yes", points=9), a_criterion("attributes.x == 'y'", "x"), a_criterion("false", "no"))
    verdict, judge = weighed(chosen), Policy(chosen, None).judge
    assert judge is not None
    kept: Any = {"met": verdict.met, "broken": verdict.broken, "faded": verdict.faded, "engagement": verdict.engagement}
    assert judge.reasons_of(kept) == verdict.reasons


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("has(person.email) && person.email.endsWith('.example')", True),
        ("person.email == 'person.email'", False),
        ("interest.budget >= 20000", True),
        ("interest.budget > 20000.0", False),
        ("company.country in ['DE', 'AT']", True),
        ("['DE', 'AT'].exists(code, company.country == code)", True),
        ("source == 'web' && !('x' in attributes)", True),
        ("consent.marketing", True),
        ("person.decides && person.business_email && interest.months <= 3", True),
        ("attribution == {}", True),
    ],
)
def test_expressions_speak_about_the_facts_of_a_lead(expression: str, holds: bool) -> None:
    check_criteria(CriteriaDraft.model_validate({"criteria": [a_criterion(expression)]}))
    assert (weighed(criteria(a_criterion(expression))).met == ["it"]) is holds


@pytest.mark.parametrize(
    ("expression", "rule", "says"),
    [
        ("company.employees >=", "cel_syntax", "line 1, column 21"),
        ("person.email == 'a'\n&& &&", "cel_syntax", "line 2, column 4"),
        ("person.shoe_size > 3", "cel_name", "person.shoe_size is not known"),
        ("budget > 3", "cel_name", "budget is not known"),
        ("score > 3", "cel_name", "score is not known"),
        ("person.email > 3", "cel_type", "No such overload"),
        ("nonsense(person.email)", "cel_type", "nonsense"),
        ("company.employees", "cel_boolean", "true or false"),
        ("[1].all(x, [2].exists(y, [3].map(z, z) == [')']))", "cel_nesting", "at most 2"),
    ],
)
def test_an_expression_that_cannot_be_used_is_named_with_its_place(expression: str, rule: str, says: str) -> None:
    draft = CriteriaDraft.model_validate({"criteria": [a_criterion("true", "fine"), a_criterion(expression, "wrong")]})
    with pytest.raises(Invalid) as refused:
        check_criteria(draft)
    (violation,) = refused.value.violations
    assert (violation.field, violation.rule) == ("criteria.1.expression", rule)
    assert violation.detail.startswith("wrong: ")
    assert says in violation.detail


def test_every_expression_that_is_wrong_is_named_at_once() -> None:
    draft = RoutingDraft.model_validate(
        {"rules": [a_criterion(text, f"r{n}", team_id="x") for n, text in enumerate(("1 +", "true", "nobody"))]}
    )
    with pytest.raises(Invalid) as refused:
        check_routing(draft)
    assert [one.field for one in refused.value.violations] == ["rules.0.expression", "rules.2.expression"]


def routed(*rules: str) -> str | None:
    routing = RoutingSet.model_validate(
        {"rules": [a_criterion(text, f"r{n}", team_id=f"t{n}") for n, text in enumerate(rules)], "version": 1}
    )
    lead = {**taken_in(submission()).parts, "source": "web", "created_at": NOW}
    _, route = Policy(default_criteria(), routing).weigh(lead, NOW)
    return route.pool_id if route else None


def test_the_first_routing_rule_that_holds_decides() -> None:
    assert routed("company.country == 'FR'", "company.country == 'DE'", "true") == "t1"
    assert routed("false") is None


def test_a_routing_rule_may_ask_for_score_and_grade_and_one_that_fails_does_not_hold() -> None:
    assert routed("attributes.region == 'x'", "score > 100", "grade == 'A' && score > 60") == "t2"


def test_in_routing_the_grade_is_its_letter_as_it_was_before_it_had_a_digit() -> None:
    assert routed("grade == 'A' && engagement_grade < 4", "grade in ['B', 'C']", "grade <= 'A' && engagement_grade == 4") == "t2"


@pytest.mark.parametrize("grade", ["A", "A4"])
def test_a_lead_that_was_judged_when_grades_had_no_digit_is_routed_by_the_same_rules(grade: str) -> None:
    rule = a_criterion("grade == 'A' && engagement_grade == 4", "best", team_id="t")
    routing = RoutingSet.model_validate({"rules": [rule], "version": 1})
    route = Policy(None, routing).route({**taken_in(submission()).parts, "source": "web", "created_at": NOW, "grade": grade})
    assert route is not None


@pytest.mark.parametrize("expression", ["grade == 'B2'", "score > 3 && grade in ['A1', 'A2']", 'grade in ["A", "A2"]', "'B2' != grade"])
def test_a_rule_that_compares_the_letter_with_a_letter_and_a_digit_is_refused(expression: str) -> None:
    draft = RoutingDraft.model_validate({"rules": [a_criterion(expression, "r", team_id="t")]})
    with pytest.raises(Invalid) as refused:
        check_routing(draft)
    assert refused.value.violations[0].rule == "cel_grade"


@pytest.mark.parametrize(
    "expression", ["interest.product == 'A4' && grade == 'A'", "attributes.grade == 'B2'", "grade in ['A'] || source == 'B2'"]
)
def test_what_only_looks_like_a_grade_is_not_refused(expression: str) -> None:
    check_routing(RoutingDraft.model_validate({"rules": [a_criterion(expression, "r", team_id="t")]}))


def test_a_criterion_may_not_take_the_name_under_which_something_else_speaks() -> None:
    draft = CriteriaDraft.model_validate({"criteria": [a_criterion("true", "engagement")]})
    with pytest.raises(Invalid) as refused:
        check_criteria(draft)
    assert (refused.value.violations[0].field, refused.value.violations[0].rule) == ("criteria.0.name", "reserved")


def test_the_default_policies_are_sound() -> None:
    check_criteria(CriteriaDraft.model_validate(default_criteria().model_dump(include={"criteria", "threshold", "grades"})))
    check_routing(RoutingDraft.model_validate(default_routing().model_dump(include={"rules"})))
    assert sum(criterion.points for criterion in default_criteria().criteria) == 100


@pytest.mark.parametrize(
    ("timeline", "months"),
    [
        ("ASAP", 0),
        ("this month", 1),
        ("3 months", 3),
        ("in 2 weeks", 0),
        ("Q1", 6),
        ("next year", 12),
        ("just looking", NO_TIME_SOON),
        ("", NO_TIME_SOON),
    ],
)
def test_a_timeline_is_read_as_months(timeline: str, months: int) -> None:
    assert months_until(timeline) == months


@pytest.mark.parametrize(
    ("title", "says_yes"), [("Head of Purchasing", True), ("C.E.O.", False), ("CEO", True), ("Geschäftsführer", True), ("Student", False)]
)
def test_a_title_tells_who_can_say_yes(title: str, says_yes: bool) -> None:
    assert decides(title) is says_yes
