"""Expressions as they are asked of leads: each field a variable of its own, and the same facts asked about once."""

from typing import Any

import pytest

from services.leads.models.policies import Rule
from services.leads.rules.judging.expressions import Expression, compiled
from services.leads.rules.judging.vocabulary import Vocabulary, flattened
from shared.expressions import cel

NOBODY: dict[str, Any] = {"source": "web", "person": {}, "company": {}, "interest": {}, "consent": {}, "attribution": {}, "attributes": {}}
SOMEBODY = {**NOBODY, "person": {"email": "ana@acme.example"}, "company": {"name": "Acme", "employees": 1}, "interest": {"need": "quiet"}}


def asked(expression: str) -> Expression:
    return Expression(Rule(name="it", text="it is so", expression=expression))


def facts_of(lead: dict[str, Any], expression: str) -> dict[str, Any]:
    return Vocabulary(compiled(Rule(name="it", text="it is so", expression=expression)).references()["variables"]).facts(lead)


@pytest.mark.parametrize(
    "expression",
    [
        "person.email != '' || person.phone != ''",
        "!( person.email!=\"\" ) && interest.need != ''",
        "[person.title != '', company.name != ''].exists(given, given)",
        "person.email != '' ? company.name != '' : interest.notes != ''",
        "person.email + person.phone != ''",
        "person.email != '' + person.phone",
        "(person.email != '') == (company.name != '')",
        "source != 'a && person.email != \"\" && b'",
        "company.employees == 1 && company.name != ''",
    ],
)
@pytest.mark.parametrize("lead", [NOBODY, SOMEBODY])
def test_what_is_asked_of_single_fields_is_answered_as_of_whole_objects(expression: str, lead: dict[str, Any]) -> None:
    nouns = Vocabulary(["source", "person", "company", "interest"]).facts(lead)
    plain = cel.compile(expression).execute(cel.Context(nouns))
    question = asked(expression)
    assert [question.holds(facts_of(lead, expression)) for _ in range(2)] == [plain, plain]


@pytest.mark.parametrize(
    ("expression", "flat"),
    [
        ("person.email != ''", "person__email__given"),
        ("person.email != '' + 'x'", "person__email != '' + 'x'"),
        ("'x' + person.email != ''", "'x' + person__email != ''"),
        ("!person.email != ''", "!person__email != ''"),
        ("person.email != ''.trim()", "person__email != ''.trim()"),
        ("interest.budget != ''", "interest__budget != ''"),
        ("'(person.email != \"\")' == source", "'(person.email != \"\")' == source"),
    ],
)
def test_whether_a_text_is_given_is_a_fact_only_where_it_stands_by_itself(expression: str, flat: str) -> None:
    assert flattened(expression) == flat


def test_facts_that_are_equal_in_python_alone_are_told_apart() -> None:
    number = asked("company.employees == 1")
    assert number.holds({"company__employees": 1})
    assert number.holds({"company__employees": 1.0})
    assert not number.holds({"company__employees": True})


def test_what_cannot_be_told_is_not_remembered() -> None:
    question = asked("interest.budget / company.annual_revenue > 'x'")
    for _ in range(2):
        with pytest.raises((ValueError, TypeError, RuntimeError)):
            question.holds({"interest__budget": 1.0, "company__annual_revenue": 2.0})
