"""Whom to ask about a lead, and by what."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.leads.models import LeadDocument, Provider
from services.leads.rules.enrichment.companies import most_similar, telling_stems
from services.leads.rules.enrichment.questions import Enquiries, check_provider, in_body, in_header, in_url
from shared.errors import Invalid
from shared.names import company_key
from tests.services.leads.knowers import terms

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def provider(**more: Any) -> Provider:
    return Provider(**terms(**more), created_at=NOW, updated_at=NOW)


def lead(**company: Any) -> LeadDocument:
    parts: dict[str, Any] = {part: {} for part in ("person", "interest", "consent", "attribution", "attributes")}
    return {"source": "web", "company": company, **parts}  # type: ignore[typeddict-item]


def test_two_leads_of_one_company_ask_the_same_and_a_change_of_the_provider_asks_anew() -> None:
    acme, other = lead(domain="acme.example", employees=1), lead(domain="acme.example")
    (one,), (same,) = Enquiries([provider()]).about(acme), Enquiries([provider(name="renamed", version=7)]).about(other)
    (changed,) = Enquiries([provider(fields=[{"field": "company.name", "path": "name"}])]).about(acme)
    assert one.key == same.key != changed.key
    assert "acme" not in one.key


def test_a_provider_is_not_asked_by_what_is_not_known() -> None:
    assert Enquiries([provider()]).about(lead(name="Acme")) == []


def test_providers_are_asked_in_the_order_of_their_rank() -> None:
    enquiries = Enquiries([provider(id="b", rank=1), provider(id="a", rank=2), provider(id="c", rank=1)])
    assert [question.provider.id for question in enquiries.about(lead(domain="x.example"), besides=["c"])] == ["b", "a"]


def test_a_condition_that_fails_on_a_lead_does_not_hold() -> None:
    assert Enquiries([provider(condition="attributes.size == 'L'")]).about(lead(domain="x.example")) == []


def test_what_stands_in_braces_is_written_as_its_place_takes_it() -> None:
    values = {"company.name": 'Müller & "Söhne"/x', "secret.key": "k"}
    assert (
        in_url("https://x.example/{company.name}?k={secret.key}", values)
        == "https://x.example/M%C3%BCller%20%26%20%22S%C3%B6hne%22%2Fx?k=k"
    )
    assert in_body('{"name": "{company.name}", "n": {}}', values) == '{"name": "M\\u00fcller & \\"S\\u00f6hne\\"/x", "n": {}}'
    assert in_header("Bearer {secret.key}", values) == "Bearer k"


@pytest.mark.parametrize(
    ("more", "field", "rule"),
    [
        ({"condition": "company.employees >"}, "condition", "cel_syntax"),
        ({"condition": "company.colour == ''"}, "condition", "cel_name"),
        ({"request": {"url": "https://x.example/{company.colour}"}}, "request", "known_field"),
        ({"request": {"url": "https://{company.domain}/about"}}, "request.url", "fixed_host"),
        ({"request": {"url": "https://x.example/", "headers": {"x": "{secret.key}"}}}, "request", "known_secret"),
    ],
)
def test_a_provider_that_could_never_be_asked_is_refused(more: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_provider(provider(**more))
    (violation,) = refused.value.violations
    assert (violation.field, violation.rule) == (field, rule)


def named(name: str, country: str = "") -> dict[str, str]:
    return {"name": company_key(name), "country": country}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Siemns AG", "siemens"),
        ("SIEMENS", "siemens"),
        ("Pumps Acme International Inc.", "acme pumps international"),
        ("Nobody We Know Ltd", None),
    ],
)
def test_a_company_is_found_by_a_name_that_is_nearly_the_same(wanted: str, found: str | None) -> None:
    rows = [named(name) for name in ("Siemens AG", "Acme Pumps International", "Acme Valves", "Bolt & Co")]
    similar = most_similar(named(wanted), rows, 0.9)
    assert (similar[0]["name"] if similar else None) == found


def test_a_namesake_in_another_country_is_another_company_and_of_two_that_are_equal_neither_is_taken() -> None:
    assert most_similar(named("Acme", "DE"), [named("Acme", "US")], 0.9) is None
    assert most_similar(named("Acme"), [named("Acme", "US"), named("Acme", "FR")], 0.9) is None
    similar = most_similar(named("Acme", "FR"), [named("Acme", "US"), named("Acme", "FR")], 0.9)
    assert similar is not None
    assert similar[0]["country"] == "FR"


def test_names_are_looked_for_by_the_beginnings_of_their_first_and_longest_words() -> None:
    assert telling_stems("acme pumps international") == ["acm", "int"]
    assert telling_stems("") == []
