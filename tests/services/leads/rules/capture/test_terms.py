"""What a source may say, what is filled in for it, and how often it may knock."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import Limits, Source
from services.leads.rules.capture.terms import PARTS, Terms, beyond, check_terms, take_in, windows
from shared.errors import Invalid
from shared.events import LeadSubmitted

NOW = datetime(2026, 3, 2, 23, 59, 40, tzinfo=UTC)
EVERYTHING = {
    "person": {"first_name": "Ana", "last_name": "Silva", "email": "ana@acme.example", "phone": "+491713920090", "title": "CEO"},
    "company": {"name": "Acme GmbH", "country": "DE", "employees": 20},
    "interest": {"product": "pumps", "budget": "100", "currency": "EUR"},
    "consent": {"marketing": True},
    "attribution": {"campaign": "spring", "booth": "7"},
    "attributes": {"colour": "red", "size": "xl"},
}


def source(**fields: Any) -> Source:
    return Source(id="fair", name="Fair", created_at=NOW, updated_at=NOW, **fields)


def terms(**fields: Any) -> Terms:
    found = Terms.of(source(**fields))
    assert found is not None
    return found


def said(**parts: Any) -> LeadSubmitted:
    return LeadSubmitted.model_validate({"source": "fair", **EVERYTHING, **parts})


def paths(submission: LeadSubmitted) -> set[str]:
    stated = submission.model_dump(exclude_none=True, include={*PARTS, "attributes"})
    return {f"{part}.{field}" for part, fields in stated.items() for field in fields}


def test_a_source_without_terms_costs_nothing() -> None:
    assert Terms.of(source()) is None
    assert Terms.of(source(monthly_cost={"amount": "5", "currency": "EUR"}, owner_id="ana")) is None


def test_what_a_source_may_not_say_is_dropped_and_noted() -> None:
    kept, dropped = terms(allowed_fields=["person", "company.name", "attributes.colour", "attribution.booth"]).applied(said())
    assert paths(kept) == {
        *(f"person.{field}" for field in EVERYTHING["person"]),
        "company.name",
        "attributes.colour",
        "attribution.booth",
    }
    assert set(dropped) == paths(said()) - paths(kept)


def test_defaults_fill_what_is_empty_and_nothing_else() -> None:
    defaults = {
        "company.country": "AT",
        "interest.budget": "5000",
        "attribution.medium": "fair",
        "attributes.size": "m",
        "attributes.hall": "3",
    }
    kept, dropped = terms(default_fields=defaults, consent_basis="asked at the booth").applied(said(interest={"product": "pumps"}))
    assert (kept.company.country, kept.interest.budget, kept.interest.product) == ("DE", Decimal(5000), "pumps")
    assert kept.attribution.model_dump(exclude_none=True) == {"campaign": "spring", "booth": "7", "medium": "fair"}
    assert kept.attributes == {"colour": "red", "size": "xl", "hall": "3"}
    assert (kept.consent.basis, kept.consent.marketing, dropped) == ("asked at the booth", True, [])


def test_a_source_that_says_its_own_basis_is_believed() -> None:
    kept, _ = terms(consent_basis="asked at the booth").applied(said(consent={"basis": "contract"}))
    assert kept.consent.basis == "contract"


@given(st.sets(st.sampled_from(sorted(paths(LeadSubmitted.model_validate({"source": "fair", **EVERYTHING}))))), st.booleans())
def test_nothing_comes_through_that_is_not_allowed_and_nothing_is_lost_unnoted(allowed: set[str], filled_in: bool) -> None:
    chosen = terms(allowed_fields=[*allowed, "interest.need"], default_fields={"company.industry": "pumps"} if filled_in else {})
    kept, dropped = chosen.applied(said())
    assert paths(kept) - {"company.industry"} == allowed
    assert set(dropped) | allowed == paths(said())
    again, none = chosen.applied(kept)
    assert (paths(again), set(none) - {"company.industry"}) == (paths(kept), set())


def test_a_source_that_is_off_is_heard_only_for_what_was_promised() -> None:
    off = terms(active=False, off_reason="the contract ended")
    refusal = take_in(off, said()).refusal
    assert refusal is not None
    assert "the contract ended" in refusal.detail
    assert (refusal.violations[0].field, refusal.violations[0].rule) == ("source", "switched_off")
    assert take_in(off, said(), promised=True).refusal is None


def test_who_may_not_say_who_they_are_is_nobody() -> None:
    refusal = take_in(terms(allowed_fields=["interest"]), said()).refusal
    assert refusal is not None


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"allowed_fields": ["person.shoe_size"]}, "allowed_fields.person.shoe_size", "known_field"),
        ({"allowed_fields": ["attributes."]}, "allowed_fields.attributes.", "known_field"),
        ({"default_fields": {"person": "x"}}, "default_fields.person", "known_field"),
        ({"default_fields": {"external_id": "x"}}, "default_fields.external_id", "known_field"),
        ({"default_fields": {"interest.budget": "a lot"}}, "default_fields.interest.budget", "decimal_parsing"),
        ({"active": False}, "off_reason", "missing"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_field_and_rule(fields: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_terms(source(**fields))
    assert (refused.value.violations[0].field, refused.value.violations[0].rule) == (field, rule)


def test_one_beyond_a_limit_is_told_when_to_come_again() -> None:
    assert beyond(Limits(per_minute=5, per_day=9), 4, 8, NOW) is None
    minute, day = beyond(Limits(per_minute=5), 5, 5, NOW), beyond(Limits(per_day=9), 1, 9, NOW.replace(hour=12))
    assert minute is not None
    assert day is not None
    assert minute.headers == {"retry-after": "20"}
    assert day.headers == {"retry-after": str(11 * 3600 + 20)}
    assert windows(NOW) == ("2026-03-02T23:59", "2026-03-02")
