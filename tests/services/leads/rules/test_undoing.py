"""What was merged into a lead can be taken out again; what somebody has changed since stays."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import LeadDocument
from services.leads.rules.merging import changed_fields, merged_parts
from services.leads.rules.undoing import known_of, reason_to_keep, taken_back

_fields = st.dictionaries(st.sampled_from(["a", "b.c", "d"]), st.integers(0, 3), max_size=3)
_parts = st.fixed_dictionaries(dict.fromkeys(("person", "company", "attribution", "interest", "consent", "attributes"), _fields))


def lead_of(parts: dict[str, Any], **more: Any) -> LeadDocument:
    return cast(LeadDocument, {"_id": "l", "status": "qualified", **{part: dict(fields) for part, fields in parts.items()}, **more})


def merge(lead: LeadDocument, fresh: dict[str, Any]) -> dict[str, Any]:
    changed = merged_parts(lead, fresh)
    before, after = changed_fields(lead, changed)
    lead.update(changed)
    return {"before": before, "after": after | {"submission_id": "s", "steps": ["merged"]}}


@given(_parts, st.lists(_parts, max_size=4))
def test_merges_taken_back_from_the_latest_on_leave_what_was_there_before(known: dict[str, Any], fresh: list[dict[str, Any]]) -> None:
    lead = lead_of(known)
    before, changes = known_of(lead), [merge(lead, one) for one in fresh]
    for change in reversed(changes):
        assert taken_back(lead, change) == []
    assert known_of(lead) == before


def test_a_value_that_somebody_has_changed_since_stays_and_is_named() -> None:
    lead = lead_of({part: {} for part in ("person", "company", "attribution", "interest", "consent", "attributes")})
    change = merge(lead, {"person": {"title": "CEO", "phone": "+4915112345678"}})
    lead["person"]["title"] = "CTO"
    assert taken_back(lead, change) == ["person.title"]
    assert lead["person"] == {"title": "CTO"}


def test_a_lead_goes_unless_somebody_works_with_it() -> None:
    lead = lead_of({})
    assert reason_to_keep(lead, (), 0) is None
    assert reason_to_keep(lead, [{"by": "user:ana", "what": "contacted"}], 0) == "ana has contacted it"
    assert reason_to_keep(lead, (), 2) == "2 other submissions are part of it"
    assert reason_to_keep(lead_of({}, outcome="won"), (), 0) == "the deal that came of it is won"
    assert reason_to_keep(lead_of({}, outcome="converted"), (), 0) is None
    assert reason_to_keep(lead_of({}, status="merged", merged_into="m"), (), 0) == "it has become part of m"
