"""What of a provider's answer is taken into a lead, field by field."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import LeadDocument, Provider
from services.leads.rules.enrichment.answers import Answer, apply_answer, check_fields, read_answer
from shared.errors import Invalid
from tests.services.leads.knowers import terms

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def provider(*fields: dict[str, Any], **more: Any) -> Provider:
    return Provider(**terms(fields=list(fields), **more), created_at=NOW, updated_at=NOW)


def size(**more: Any) -> dict[str, Any]:
    return {"field": "company.employees", "path": "size", **more}


def lead(**company: Any) -> LeadDocument:
    return {"person": {}, "company": company, "attributes": {}}


KNOWN = Answer(True, {"company.employees": 200})


def test_what_is_unknown_is_filled_and_says_from_where() -> None:
    one = lead()
    assert apply_answer(one, provider(size()), KNOWN, NOW) == ({"company.employees": None}, {"company.employees": 200})
    assert one["company"] == {"employees": 200}
    assert one["provenance"] == [{"field": "company.employees", "provider": "firms", "at": NOW, "confidence": 0.8}]


@pytest.mark.parametrize(
    ("policy", "confidence", "employees"),
    [("fill", 1.0, 7), ("overwrite", 0.1, 200), ("surer", 0.9, 200), ("surer", 0.6, 7)],
)
def test_what_the_person_said_gives_way_as_the_policy_of_the_field_says(policy: str, confidence: float, employees: int) -> None:
    one = lead(employees=7)
    before, _ = apply_answer(one, provider(size(policy=policy, confidence=confidence)), KNOWN, NOW)
    assert one["company"]["employees"] == employees
    assert before == ({} if employees == 7 else {"company.employees": 7})


@pytest.mark.parametrize(("confidence", "employees"), [(0.5, 7), (0.51, 200)])
def test_of_two_providers_the_surer_one_is_believed(confidence: float, employees: int) -> None:
    one = lead()
    apply_answer(one, provider(size(confidence=0.5)), Answer(True, {"company.employees": 7}), NOW)
    apply_answer(one, provider(size(policy="surer", confidence=confidence), id="other"), KNOWN, NOW)
    assert one["company"]["employees"] == employees
    assert len(one["provenance"]) == 1


def test_an_answer_that_is_less_sure_of_itself_counts_for_less() -> None:
    one = lead(employees=7)
    apply_answer(one, provider(size(policy="surer", confidence=0.9)), Answer(True, KNOWN.values, confidence=0.5), NOW)
    assert one["company"]["employees"] == 7


def test_values_come_in_the_form_in_which_leads_keep_them() -> None:
    fields = {"company.country": "c", "company.domain": "d", "company.annual_revenue": "r", "person.phone": "p", "attributes.vat": "v"}
    all_of_it = provider(*({"field": field, "path": path} for field, path in fields.items()))
    answer = read_answer(
        all_of_it, b'{"c": "Deutschland", "d": "https://www.Acme.example/x", "r": 1200000.50, "p": "+49 171 3920090", "v": 12}'
    )
    assert answer.values == {
        "company.country": "DE",
        "company.domain": "acme.example",
        "company.annual_revenue": Decimal("1200000.50"),
        "person.phone": "+491713920090",
        "attributes.vat": "12",
    }


def test_what_does_not_fit_its_field_is_left_out_and_said_without_being_repeated() -> None:
    answer = read_answer(provider(size(), {"field": "company.name", "path": "name"}), b'{"size": "many", "name": "<script>x"}')
    assert not answer.known
    assert answer.problems == ["company.employees must be a whole number", "company.name holds markup"]


def test_fields_of_the_providers_own_are_numbers_where_they_can_be_and_always_its_latest() -> None:
    paths = {"credit_score": "score", "limit": "limit", "insolvent": "insolvent", "rating": "rating", "register": "register"}
    bureau = provider(*({"field": f"enrichment.{name}", "path": path} for name, path in paths.items()), id="bureau")
    answer = read_answer(bureau, b'{"score": "71", "limit": 5000.50, "insolvent": false, "rating": "A+", "register": "007"}')
    one = lead()
    apply_answer(one, bureau, Answer(True, {"enrichment.credit_score": 12}), NOW)
    before, after = apply_answer(one, bureau, answer, NOW)
    own = {"credit_score": 71.0, "limit": 5000.5, "insolvent": False, "rating": "A+", "register": "007"}
    assert one["enrichment"] == {"bureau": own}
    assert (before["enrichment.bureau.credit_score"], after["enrichment.bureau.credit_score"]) == (12, 71.0)
    assert {row["field"] for row in one["provenance"]} == {f"enrichment.bureau.{name}" for name in own}


@pytest.mark.parametrize("score", ["NaN", "Infinity", "1e400", str(10**30), "[1]"])
def test_a_number_that_cannot_be_kept_is_a_problem_and_no_value(score: str) -> None:
    answer = read_answer(provider({"field": "enrichment.credit_score", "path": "score"}), f'{{"score": {score}}}'.encode())
    assert (answer.known, len(answer.problems)) == (False, 1)


def test_an_answer_may_say_that_nobody_is_known() -> None:
    assert not read_answer(provider(size(), known="found"), b'{"found": false, "size": 3}').known


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1", b'"\xff"'])
def test_what_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_answer(provider(size()), body)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_no_json_breaks_the_reading(answer: Any) -> None:
    assert isinstance(read_answer(provider(size(), {"field": "company.name", "path": "@"}), json.dumps({"size": answer}).encode()), Answer)


@pytest.mark.parametrize(
    ("field", "path", "place", "rule"),
    [
        ("person.email", "x", "fields.0.field", "known_field"),
        ("company.colour", "x", "fields.0.field", "known_field"),
        ("status", "x", "fields.0.field", "known_field"),
        ("enrichment.Credit Score", "x", "fields.0.field", "known_field"),
        ("enrichment.a.b", "x", "fields.0.field", "known_field"),
        ("company.name", "a[", "fields.0.path", "jmespath_syntax"),
    ],
)
def test_what_no_provider_may_fill_is_refused_when_it_is_entered(field: str, path: str, place: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_fields(provider({"field": field, "path": path}))
    (violation,) = refused.value.violations
    assert (violation.field, violation.rule) == (place, rule)
