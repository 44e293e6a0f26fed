"""Conditions: what can be asked of an event, and what is said to whoever asks wrongly."""

import pytest

from services.notifications.rules import Directory, check_condition, facts_of, holds, tellings
from shared.database import utcnow
from shared.errors import Invalid
from tests.services.notifications.builders import a_recipient, a_rule, a_situation, deal_closed, enveloped, lead_qualified


def test_a_condition_sees_the_event_with_amounts_as_numbers() -> None:
    facts = facts_of(deal_closed("won", amount="12000.50"))
    assert holds('event.outcome == "won" && event.amount > 12000', facts)
    assert not holds('event.outcome == "lost"', facts)
    assert holds("event.team.exists(one, one.rep_id == 'sam')", facts)


def test_no_condition_holds_always() -> None:
    assert holds(None, {})


def test_a_field_that_an_event_happens_not_to_have_makes_a_condition_false() -> None:
    facts = facts_of(deal_closed(amount=None, currency=None))
    assert not holds("event.amount > 5", facts)
    assert not holds("has(event.amount)", facts)


@pytest.mark.parametrize("grade", ["A", "A4"])
def test_the_grade_of_a_lead_is_its_letter_as_it_was_before_it_had_a_digit(grade: str) -> None:
    assert holds("event.grade == 'A' && event.grade < 'B'", facts_of(lead_qualified(grade=grade)))


def test_a_condition_that_compares_the_letter_with_a_letter_and_a_digit_is_refused() -> None:
    check_condition("lead.qualified", "event.grade in ['A', 'B'] && event.engagement >= 20")
    with pytest.raises(Invalid, match="is a letter"):
        check_condition("lead.qualified", "event.grade in ['A', 'B2']")


@pytest.mark.parametrize(
    ("condition", "rule", "words"),
    [
        ('event.outcome ==\n  "won" &&', "cel", "line 2, column"),
        ("event..outcome", "cel", "line 1, column 7"),
        ("event.outcom == 'won'", "unknown_field", "deal.closed has no field outcom"),
        ("deal.outcome == 'won'", "unknown_variable", "Nothing is called deal"),
        ("event.team.all(a, event.team.all(b, event.team.exists(c, true)))", "cel_nesting", "at most 2"),
        ("(" * 500 + "true" + ")" * 500, "cel", "cannot be read"),
    ],
)
def test_a_mistake_in_a_condition_is_named_with_its_place(condition: str, rule: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        check_condition("deal.closed", condition)
    assert (refused.value.violations[0].field, refused.value.violations[0].rule) == ("condition", rule)


@pytest.mark.parametrize(
    "condition", ["event.team.all(one, one.split > 1.0)", "event.reason.startsWith('best')", "true", "!has(event.lead_id)"]
)
def test_what_makes_sense_is_taken(condition: str) -> None:
    check_condition("deal.closed", condition)


def test_a_condition_that_makes_no_sense_of_an_event_is_recorded_and_stops_no_other_rule() -> None:
    rules = [a_rule(id="odd", condition="event.outcome > 5"), a_rule(id="fine")]
    told, lost = tellings(rules, a_situation(event=enveloped(deal_closed())), Directory({"rita": a_recipient()}), utcnow())
    assert [one.rule.id for one in told] == ["fine"]
    assert [(one.rule_id, one.state) for one in lost] == [("odd", "failed")]
    assert "cannot be answered" in str(lost[0].error)
