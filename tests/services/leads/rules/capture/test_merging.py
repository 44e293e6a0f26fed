"""Which value survives a merge."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import Survivorship
from services.leads.rules.capture.merging import PARTS, changed_fields, merged_parts

_words = st.text("abc", min_size=1, max_size=3)


def _part(*fields: str) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(fields, _words))


leads = st.fixed_dictionaries(
    {
        "person": _part("first_name", "last_name", "email", "phone"),
        "company": _part("name", "domain", "country"),
        "interest": _part("product", "need"),
        "consent": _part("basis"),
        "attribution": _part("campaign"),
        "attributes": st.dictionaries(_words, _words, max_size=3),
        "keys": st.lists(st.sampled_from(["e:a", "e:b", "p:1", "n:x|y"]), unique=True),
        "corrections": st.just([]),
    }
)


def told(field: str, provider: str = "firms") -> dict[str, Any]:
    return {"field": field, "provider": provider, "confidence": 0.8}


def _merge(kept: dict[str, Any], fresh: dict[str, Any]) -> dict[str, Any]:
    return {**kept, **merged_parts(kept, fresh)}


@given(leads, leads)
def test_nothing_that_either_knows_becomes_unknown(kept: dict[str, Any], fresh: dict[str, Any]) -> None:
    merged = _merge(kept, fresh)
    for part in ("person", "company", "interest", "consent", "attribution", "attributes"):
        assert merged[part].keys() == kept[part].keys() | fresh[part].keys()
        for field, value in merged[part].items():
            assert value in (kept[part].get(field), fresh[part].get(field))


@given(leads, leads)
def test_merging_the_same_again_changes_nothing(kept: dict[str, Any], fresh: dict[str, Any]) -> None:
    merged = _merge(kept, fresh)
    assert merged_parts(merged, fresh) == {}


@given(leads, st.lists(leads, max_size=4), st.randoms())
def test_who_is_known_by_what_does_not_depend_on_the_order(kept: dict[str, Any], others: list[dict[str, Any]], random: Any) -> None:
    def merged_in_order(rest: list[dict[str, Any]]) -> set[str]:
        lead = kept
        for other in rest:
            lead = _merge(lead, other)
        return set(lead["keys"])

    assert merged_in_order(others) == merged_in_order(random.sample(others, len(others)))


@given(leads, leads)
def test_a_person_stays_as_first_known_and_an_interest_as_last_said(kept: dict[str, Any], fresh: dict[str, Any]) -> None:
    merged = _merge(kept, fresh)
    assert merged["person"] == {**fresh["person"], **kept["person"]}
    assert merged["interest"] == {**kept["interest"], **fresh["interest"]}


@given(leads, leads)
def test_the_changes_of_a_merge_are_told_before_and_after(kept: dict[str, Any], fresh: dict[str, Any]) -> None:
    before, after = changed_fields(kept, merged_parts(kept, fresh))
    merged = _merge(kept, fresh)
    assert before.keys() == after.keys()
    for path, value in after.items():
        part, _, field = path.partition(".")
        assert merged[part][field] == value != before[path] == kept[part].get(field)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 5), timezones=st.just(UTC))  # noqa: DTZ001
said = st.builds(
    lambda lead, at, source, of: {**lead, "created_at": at, "source": source, "_id": of}, leads, moments, st.sampled_from("abc"), _words
)


@pytest.mark.parametrize("survival", ["first_known", "most_recent", "longest", "source_priority"])
@given(one=said, two=said, three=said)
def test_in_whichever_order_three_records_meet_the_same_values_survive(survival: Any, one: Any, two: Any, three: Any) -> None:
    survivorship = Survivorship(rules=dict.fromkeys(PARTS, survival), sources=["b", "a"])

    def joined(kept: Any, fresh: Any) -> Any:
        return {**kept, **merged_parts(kept, fresh, survivorship)}

    first, last = joined(joined(one, two), three), joined(one, joined(two, three))
    assert {part: first[part] for part in PARTS} == {part: last[part] for part in PARTS}


def test_each_way_of_surviving() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    old = {"_id": "l1", "created_at": at, "source": "web", "person": {"title": "CEO", "first_name": "Jo"}}
    new = {"_id": "l2", "created_at": at + timedelta(days=1), "source": "crm", "person": {"title": "Boss of all", "first_name": "Al"}}

    def title(**survivorship: Any) -> Any:
        return merged_parts(old, new, Survivorship(**survivorship)).get("person", old["person"])["title"]

    assert title() == "CEO"
    assert title(rules={"person": "most_recent"}) == "Boss of all"
    assert title(rules={"person.title": "longest"}) == "Boss of all"
    assert title(rules={"person": "source_priority"}, sources=["crm"]) == "Boss of all"
    assert title(rules={"person": "source_priority"}, sources=["web"]) == "CEO"


def test_a_value_tells_which_lead_it_came_from() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    old = {"_id": "l1", "created_at": at, "source": "web", "person": {"first_name": "Jo"}}
    new = {"_id": "l2", "created_at": at, "source": "crm", "person": {"title": "Boss"}}
    assert merged_parts(old, new)["origins"] == [["person.title", at, "crm", "l2"]]


def test_where_a_value_is_from_is_known_as_long_as_it_is_that_value() -> None:
    kept = {"company": {"employees": 200}, "attributes": {"vat": "1"}, "provenance": [told("company.employees"), told("attributes.vat")]}
    fresh = {
        "company": {"employees": 7, "country": "DE", "industry": "pumps"},
        "attributes": {"vat": "2"},
        "enrichment": {"bureau": {"credit_score": 71}},
        "provenance": [told("company.employees"), told("company.country"), told("enrichment.bureau.credit_score", "bureau")],
    }
    merged = _merge(kept, fresh)
    assert merged["enrichment"] == fresh["enrichment"]
    assert [row["field"] for row in merged["provenance"]] == ["company.employees", "company.country", "enrichment.bureau.credit_score"]
