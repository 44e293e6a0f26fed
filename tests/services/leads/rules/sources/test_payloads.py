"""Any JSON becomes submissions by a mapping, and the ready-made mappings read what the platforms send."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import Mapping
from services.leads.rules.capture.identity import taken_in
from services.leads.rules.sources.payloads import Item, Reader
from services.leads.rules.sources.platforms import PLATFORMS
from shared.errors import Invalid, Malformed
from shared.events import LeadSubmitted

SAMPLES = Path(__file__).parents[2] / "webhooks"
RESPONSE = "urn:li:leadGenFormResponse:a9a29e52-c0a3-42e3-8af1-2fc83b697003-4"
ANA = {"first_name": "Ana", "last_name": "Silva", "email": "ana.silva@acme.example"}

ASIDE = {"when": "x", "rule": "x", "reason": "x"}


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def recorded(name: str) -> list[Item]:
    platform: Any = name.partition("_")[0]
    return Reader(PLATFORMS[platform]).read(platform, sample(name))


def read(mapping: Mapping, payload: Any) -> list[Item]:
    return Reader(mapping).read("chat", json.dumps(payload).encode())


def submitted(item: Item) -> LeadSubmitted:
    assert item.submission is not None, item.refusal
    return item.submission


def wrong(item: Item) -> tuple[str, str]:
    assert item.refusal is not None
    return item.refusal.violations[0].field, item.refusal.violations[0].rule


@pytest.mark.parametrize(
    ("name", "external_id", "more"),
    [
        ("google", "TeSter-123-ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz-0123456789-AaBbCcDdEeFfGgHhIiJjKkLl", {}),
        ("linkedin_relayed", RESPONSE, {"title": "Head of Purchasing"}),
        ("typeform", "a3a12ec67a1365927098a606107fac15", {}),
        ("hubspot", "51787be1-4ae0-4143-8d77-2c8f867b0de7", {"title": "Head of Purchasing"}),
        ("calendly", "https://api.calendly.com/scheduled_events/EEEEEEEEEEEEEEEE/invitees/IIIIIIIIIIIIIIII", {}),
    ],
)
def test_a_recorded_payload_of_a_platform_is_read_whole(name: str, external_id: str, more: dict[str, str]) -> None:
    (item,) = recorded(name)
    lead = submitted(item)
    assert item.external_id == lead.external_id == external_id
    person = taken_in(lead).parts["person"]
    assert {name: person[name] for name in person if name != "phone"} == ANA | more
    assert lead.source == name.partition("_")[0]


def test_each_change_that_meta_relays_is_a_lead_of_its_own_and_other_news_is_none() -> None:
    first, second = (submitted(item) for item in recorded("meta_relayed"))
    person = taken_in(first).parts["person"]
    assert (first.external_id, person["first_name"], person["last_name"]) == ("123123123123", "Ana María", "Silva")
    assert first.attribution.campaign == "Spring pumps"
    assert first.attributes["which_kinds?"] == "submersible, diaphragm"
    assert (second.external_id, second.person.email) == ("123123123124", "ben@widgets.example")
    assert [str(lead.submitted_at) for lead in (first, second)] == ["2026-03-02 09:49:00+00:00", "2026-03-02 09:49:14+00:00"]


@pytest.mark.parametrize(
    ("name", "ids"),
    [("meta", ["123123123123", "123123123124"]), ("linkedin", [RESPONSE])],
)
def test_an_id_alone_is_set_aside_and_says_that_the_fields_must_be_fetched_or_relayed(name: str, ids: list[str]) -> None:
    items = recorded(name)
    assert [item.external_id for item in items] == ids
    for item in items:
        assert item.set_aside
        assert wrong(item) == ("", "fields_not_sent")
        assert "fetch" in str(item.refusal)
        assert "relay" in str(item.refusal)


def test_of_the_changes_that_hubspot_lists_the_one_with_an_address_is_a_lead() -> None:
    created, changed, deleted = recorded("hubspot_changes")
    assert (wrong(created)[1], wrong(deleted)[1]) == ("fields_not_sent", "deleted_there")
    assert submitted(changed).person.email == "ana.silva@acme.example"
    assert submitted(changed).attributes == {"hubspot_contact": "123"}


def test_answers_of_every_kind_are_kept_under_their_questions() -> None:
    (item,) = recorded("typeform")
    said = submitted(item).attributes
    assert said["Which pumps?"] == "submersible, diaphragm"
    assert (said["How many?"], said["Do you have a supplier?"]) == ("12", "false")


@pytest.mark.parametrize(
    ("platform", "change"),
    [
        ("google", {"is_test": True}),
        ("calendly", {"event": "invitee.canceled"}),
        ("meta", {"object": "page", "entry": [{"changes": [{"field": "feed", "value": {}}]}]}),
        ("linkedin", {"leadAction": "DELETED"}),
    ],
)
def test_what_is_no_lead_is_set_aside(platform: str, change: dict[str, Any]) -> None:
    payload = json.loads(sample(platform)) | change
    mapping = PLATFORMS[platform]  # type: ignore[index]
    assert [item.set_aside for item in read(mapping, payload)] == [True]


def test_one_that_cannot_be_read_costs_no_other() -> None:
    mapping = Mapping(items="leads", fields={"person.email": "mail", "external_id": "id"})
    good, bad = read(mapping, {"leads": [{"id": 1, "mail": "a@x.example"}, {"id": 2, "mail": {"not": "text"}}]})
    assert submitted(good).external_id == "1"
    assert (wrong(bad), bad.external_id, bad.set_aside) == (("person.email", "scalar"), "2", False)
    assert json.loads(bad.raw) == {"id": 2, "mail": {"not": "text"}}


@pytest.mark.parametrize(
    ("body", "rule"),
    [(b"{", "json"), (b"\xff", "json"), (b"", "json"), (b'{"a": NaN}', "json"), (b"[" * 9_000, "json"), (b"{}", "no_leads")],
)
def test_what_holds_no_leads_is_kept_whole_with_the_rule_that_it_broke(body: bytes, rule: str) -> None:
    (item,) = Reader(Mapping(items="leads", fields={"person.email": "mail"})).read("chat", body)
    assert (item.raw, item.whole, wrong(item)[1]) == (body, True, rule)
    assert isinstance(item.refusal, Malformed if rule == "json" else Invalid)


@pytest.mark.parametrize(
    ("mapping", "field", "rule"),
    [
        ({"fields": {"person.shoe_size": "a"}}, "fields.person.shoe_size", "known_field"),
        ({"fields": {"source": "a"}}, "fields.source", "known_field"),
        ({"fields": {"attributes.": "a"}}, "fields.attributes.", "known_field"),
        ({"fields": {"person.email": "a["}}, "fields.person.email", "jmespath_syntax"),
        ({"items": "[", "fields": {"person.email": "a"}}, "items", "jmespath_syntax"),
        (
            {"fields": {"person.email": "a"}, "set_aside": [ASIDE | {"when": "?"}]},
            "set_aside.0.when",
            "jmespath_syntax",
        ),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_place_and_rule(mapping: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        Reader(Mapping.model_validate(mapping))
    assert (refused.value.violations[0].field, refused.value.violations[0].rule) == (field, rule)


def test_an_expression_that_does_not_apply_repeats_nothing_of_what_came() -> None:
    (item,) = read(Mapping(fields={"person.email": "length(mail)"}), {"mail": 4711})
    assert wrong(item) == ("fields.person.email", "jmespath")
    assert "4711" not in str(item.refusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_whatever_comes_every_ready_made_mapping_gives_it_a_fate(payload: Any) -> None:
    for platform, mapping in PLATFORMS.items():
        items = Reader(mapping).read(platform, json.dumps(payload).encode())
        assert items
        assert all((item.submission is None) != (item.refusal is None) for item in items)
