"""A merge taken back: both are what they would be."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.leads.rules.capture.merging import PARTS, merged_parts
from services.leads.rules.duplicates.unmerging import divided, without
from tests.services.leads.rules.capture.test_merging import leads

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def _named(lead: dict[str, Any], name: str, day: int, *keys: str) -> dict[str, Any]:
    given = {"_id": name, "created_at": BEGINNING + timedelta(days=day), "source": "web", "keys": list(keys), "corrections": []}
    return {**lead, **given}


def _with(lead: dict[str, Any], other: Any) -> dict[str, Any]:
    return {**lead, **merged_parts(lead, other)}


def _parts(lead: dict[str, Any]) -> dict[str, Any]:
    return {part: lead.get(part, {}) for part in PARTS} | {"keys": lead["keys"]}


@given(leads, leads)
def test_merging_and_unmerging_changes_nothing(one: dict[str, Any], two: dict[str, Any]) -> None:
    kept, other = _named(one, "kept", 0, "e:a"), _named(two, "other", 1, "e:b", "p:1")
    merge: Any = {"kept": kept, "other": other}
    division = divided(merge, _with(kept, other), [])  # type: ignore[arg-type]
    assert _parts(division.kept) == _parts(kept)
    assert _parts(division.other) == _parts(other)


@given(leads, leads, st.lists(st.tuples(leads, st.booleans()), max_size=4))
def test_what_was_submitted_since_goes_to_whom_it_names(one: dict[str, Any], two: dict[str, Any], since: list[Any]) -> None:
    kept, other = _named(one, "kept", 0, "e:a"), _named(two, "other", 1, "e:b")
    alone = {"kept": kept, "other": other}
    together, later = _with(kept, other), []
    for day, (lead, is_others) in enumerate(since, start=2):
        submission = _named(lead, f"s{day}", day, "e:b" if is_others else "e:a")
        later.append(submission)
        together = _with(together, submission)
        name = "other" if is_others else "kept"
        alone[name] = _with(alone[name], submission)
    division = divided({"kept": kept, "other": other}, together, later)  # type: ignore[typeddict-item, arg-type]
    assert _parts(division.kept) == _parts(alone["kept"])
    assert _parts(division.other) == _parts(alone["other"])


def test_what_somebody_put_right_goes_with_the_value_that_was_wrong() -> None:
    nothing: dict[str, Any] = {part: {} for part in PARTS}
    kept = _named({**nothing, "person": {"first_name": "Ana"}}, "kept", 0, "e:a")
    other = _named({**nothing, "person": {"title": "CEO"}}, "other", 1, "e:b")
    together = _with(kept, other)
    together["person"] = {"first_name": "Anna", "title": "CFO"}
    division = divided({"kept": kept, "other": other}, together, [])  # type: ignore[typeddict-item, arg-type]
    assert (division.kept["person"], division.other["person"]) == ({"first_name": "Anna"}, {"title": "CFO"})


@given(leads, leads, leads)
def test_of_two_merges_the_earlier_may_be_taken_back_first(one: dict[str, Any], two: dict[str, Any], three: dict[str, Any]) -> None:
    a, b, c = _named(one, "a", 0, "e:a"), _named(two, "b", 1, "e:b"), _named(three, "c", 2, "e:c")
    ab = _with(a, b)
    abc = _with(ab, c)
    without_b = divided({"kept": a, "other": b}, abc, [{**c, "merge_id": "m2"}])  # type: ignore[typeddict-item, arg-type]
    assert _parts(without_b.kept) == _parts(_with(a, c))
    second: Any = {"kept": {**ab, **without_b.kept_before["m2"]}, "other": c}
    alone = divided(second, {**abc, **without_b.kept}, [])  # type: ignore[typeddict-item]
    assert (_parts(alone.kept), _parts(alone.other)) == (_parts(a), _parts(c))


@given(leads, st.lists(st.tuples(leads, st.booleans()), max_size=4))
def test_without_some_submissions_a_lead_is_what_the_others_make_of_it(begun: dict[str, Any], since: list[Any]) -> None:
    made = _named(begun, "lead", 0, "e:a")
    said = [_named(one, f"s{number}", number + 1, f"p:{number}") for number, (one, _) in enumerate(since)]
    gone = {one["_id"] for one, (_, goes) in zip(said, since, strict=True) if goes}
    lead, expected = made, made
    for one in said:
        lead = _with(lead, one)
        expected = expected if one["_id"] in gone else _with(expected, one)
    parts, changed = without(made, said, gone, lead)  # type: ignore[arg-type]
    assert _parts(parts) == _parts(expected)
    assert changed == []


def test_what_somebody_changed_since_a_submission_brought_it_stays_and_is_named() -> None:
    made = _named({}, "lead", 0, "e:a")
    said = _named({"person": {"title": "CEO", "phone": "+4915112345678"}}, "s", 1, "p:1")
    lead = _with(made, said)
    lead["person"] = {**lead["person"], "title": "CTO"}
    parts, changed = without(made, [said], {"s"}, lead)  # type: ignore[arg-type, list-item]
    assert (parts["person"], parts["keys"], changed) == ({"title": "CTO"}, ["e:a"], ["person.title"])
