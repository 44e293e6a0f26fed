"""Which value survives a merge."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.merging import changed_fields, merged_parts

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
