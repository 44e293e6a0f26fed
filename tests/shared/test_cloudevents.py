"""What the codec writes, and what it makes of messages that are not as they should be."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.cloudevents import MAX_HEADER_BYTES, decode, encode
from shared.errors import Invalid, Malformed, Refused, TooLarge
from shared.events import Envelope, Event, LeadContacted, LeadSubmitted, Person

MORNING = datetime(2026, 3, 2, 9, 30, 0, 125_999, tzinfo=UTC)
SUBMISSION = {"source": "web", "person": {"email": "ada@lovelace.example"}}
Headers = list[tuple[str, bytes | None]]


def contacted(**envelope: Any) -> Event:
    fields = {"id": "e1", "source": "/dealwire/leads", "time": MORNING, "correlation_id": "c1"} | envelope
    return LeadContacted(lead_id="zürich-1", version=3, contacted_at=MORNING).in_envelope(Envelope(**fields))


def received(value: bytes | None, headers: Headers | None = None, *, topic: str = "lead.submitted") -> Event | None:
    return decode(topic=topic, partition=2, offset=41, key=None, value=value, headers=headers or [], timestamp_ms=1_772_443_800_000)


def refused(value: bytes | None, headers: Headers | None = None, *, topic: str = "lead.submitted") -> Refused:
    with pytest.raises(Refused) as refusal:
        received(value, headers, topic=topic)
    return refusal.value


def in_binary(**changed: bytes | None) -> Headers:
    headers: dict[str, bytes | None] = {"ce_specversion": b"1.0", "ce_id": b"e1", "ce_type": b"lead.submitted", "ce_source": b"/shop"}
    return [(name, value) for name, value in (headers | changed).items() if value != b"absent"]


def rules(refusal: Refused) -> list[tuple[str, str]]:
    return [(violation.field, violation.rule) for violation in refusal.violations]


def test_an_event_goes_out_in_binary_form() -> None:
    wire = encode(contacted(causation_id="s1", traceparent="00-ab-cd-01"))
    assert dict(wire.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e1",
        "ce_type": b"lead.contacted",
        "ce_source": b"/dealwire/leads",
        "ce_time": b"2026-03-02T09:30:00.125Z",
        "ce_subject": "zürich-1".encode(),
        "ce_dataschema": b"/contracts/lead.contacted.json",
        "content-type": b"application/json",
        "correlationid": b"c1",
        "causationid": b"s1",
        "traceparent": b"00-ab-cd-01",
    }
    assert wire.key == "zürich-1".encode()
    assert json.loads(wire.value) == {"lead_id": "zürich-1", "version": 3, "contacted_at": "2026-03-02T09:30:00.125999Z"}


def test_what_has_no_cause_and_no_trace_names_none() -> None:
    names = {name for name, _ in encode(contacted()).headers}
    assert not names & {"causationid", "traceparent"}


def test_times_go_out_in_utc_whatever_their_zone() -> None:
    in_delhi = datetime(2026, 3, 2, 15, 0, 0, 7_000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert dict(encode(contacted(time=in_delhi)).headers)["ce_time"] == b"2026-03-02T09:30:00.007Z"


def test_an_event_without_an_envelope_can_not_go_out() -> None:
    with pytest.raises(ValueError, match="no envelope"):
        encode(LeadSubmitted(source="web", person=Person(email="ada@lovelace.example")))


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (None, "null"),
        (b"", "json"),
        (b"{", "json"),
        (b"not json", "json"),
        (b'{"source": "web",}', "json"),
        (b'{"notes": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "json"),
        (b'{"source": "caf\xe9"}', "utf8"),
        (b"[1, 2]", "object"),
        (b'"text"', "object"),
        (b"null", "object"),
    ],
)
def test_what_is_no_json_object_is_malformed(value: bytes | None, rule: str) -> None:
    refusal = refused(value)
    assert isinstance(refusal, Malformed)
    assert rules(refusal) == [("value", rule)]


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"source": None}, "source", "string_type"),
        ({"source": "Web Shop"}, "source", "slug"),
        ({"person": {"email": 7}}, "person.email", "string_type"),
        ({"person": {}}, "person", "identity_required"),
        ({"person": {"email": "  "}}, "person", "identity_required"),
        ({"person": {"last_name": "Lovelace"}}, "person", "identity_required"),
        ({"person": {"email": "a\u0000b"}}, "person.email", "control_characters"),
        ({"person": {"email": "ada@x.example", "first_name": "Ada\u001b[31m"}}, "person.first_name", "control_characters"),
        ({"interest": {"notes": "x" * 1_000_000}}, "interest.notes", "string_too_long"),
        ({"interest": {"budget": -1}}, "interest.budget", "greater_than_equal"),
        ({"interest": {"budget": "nan"}}, "interest.budget", "finite_number"),
        ({"interest": {"budget": float("nan")}}, "interest.budget", "finite_number"),
        ({"interest": {"budget": "1e9999"}}, "interest.budget", "decimal_max_digits"),
        ({"interest": {"currency": "euro"}}, "interest.currency", "currency"),
        ({"submitted_at": "2026-03-02T09:30:00"}, "submitted_at", "timezone_aware"),
        ({"submitted_at": "yesterday"}, "submitted_at", "datetime_from_date_parsing"),
        ({"submitted_at": "0001-01-01T00:00:00+14:00"}, "submitted_at", "greater_than_equal"),
        ({"company": {"employees": 10**30}}, "company.employees", "less_than_equal"),
        ({"attributes": {f"a{number}": "x" for number in range(101)}}, "attributes", "too_many"),
        ({"attribution": {f"a{number}": "x" for number in range(101)}}, "attribution", "too_many"),
        ({"attributes": {"a\u0000": "x"}}, "attributes.a?.[key]", "control_characters"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_with_the_rule(changed: dict[str, Any], field: str, rule: str) -> None:
    refusal = refused(json.dumps(SUBMISSION | changed).encode())
    assert isinstance(refusal, Invalid)
    assert (field, rule) in rules(refusal)


def test_every_broken_field_is_named_at_once() -> None:
    refusal = refused(json.dumps({"source": "web", "person": {"email": 1, "phone": 2}, "interest": {"budget": -1}}).encode())
    assert [field for field, _ in rules(refusal)] == ["person.email", "person.phone", "interest.budget"]


@pytest.mark.parametrize("person", [{"email": "a@b.example"}, {"phone": "+41 44 668 18 00"}, {"last_name": "Lovelace"}])
def test_an_email_a_phone_or_a_last_name_with_a_company_is_somebody(person: dict[str, str]) -> None:
    event = received(json.dumps({"source": "web", "person": person, "company": {"name": "Analytical Engines"}}).encode())
    assert isinstance(event, LeadSubmitted)


def test_html_in_a_name_is_only_text() -> None:
    event = received(json.dumps({"source": "web", "person": {"email": "a@b.example", "first_name": "<b>Ada</b>"}}).encode())
    assert isinstance(event, LeadSubmitted)
    assert event.person.first_name == "<b>Ada</b>"


def test_line_ends_are_fine_in_notes_and_not_in_names() -> None:
    assert received(json.dumps(SUBMISSION | {"interest": {"notes": "one\r\n\ttwo"}}).encode())
    assert rules(refused(json.dumps(SUBMISSION | {"company": {"name": "a\nBcc: all"}}).encode())) == [
        ("company.name", "control_characters")
    ]


def test_an_engagement_needs_someone_who_was_engaged() -> None:
    value = b'{"kind": "call", "occurred_at": "2026-03-02T09:30:00Z"}'
    assert rules(refused(value, topic="engagement.recorded")) == [("email", "identity_required")]


def test_unknown_fields_are_ignored() -> None:
    assert received(json.dumps(SUBMISSION | {"shoe_size": 43, "person": {"email": "a@b.example", "iq": 160}}).encode())


def test_an_event_of_another_type_is_skipped_even_if_all_else_is_wrong_with_it() -> None:
    assert received(b"junk", in_binary(ce_type=b"lead.renamed", ce_id=None)) is None
    whole = {"specversion": "1.0", "type": "lead.renamed", "data": 7}
    assert received(json.dumps(whole).encode(), [("content-type", b"application/cloudevents+json")]) is None


@pytest.mark.parametrize("name", ["ce_id", "ce_source", "ce_type"])
@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe", b"a\x07b", b"x" * 2_000, b"absent"])
def test_an_envelope_without_a_readable_identity_is_malformed(name: str, value: bytes | None) -> None:
    refusal = refused(json.dumps(SUBMISSION).encode(), in_binary(**{name: value}))
    assert isinstance(refusal, Malformed)
    assert rules(refusal) == [(name, "missing")]


@pytest.mark.parametrize("bad", [None, b"\xff\xfe", b"a\x00b"])
@pytest.mark.parametrize("name", ["traceparent", "causationid", "correlationid", "ce_time", "x-anything"])
def test_an_optional_header_that_can_not_be_read_costs_nothing_but_itself(name: str, bad: bytes | None) -> None:
    event = received(json.dumps(SUBMISSION).encode(), in_binary(**{name: bad}))
    assert event is not None
    assert (event.envelope.traceparent, event.envelope.causation_id, event.envelope.correlation_id) == (None, None, "e1")
    assert event.envelope.time == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "rule"),
    [(b"2026-03-02T09:30:00", "timezone_aware"), (b"soon", "datetime_parsing"), (b"0001-01-01T00:00:00+14:00", "datetime_parsing")],
)
def test_a_wrong_time_of_the_envelope_is_not_guessed(text: bytes, rule: str) -> None:
    assert rules(refused(json.dumps(SUBMISSION).encode(), in_binary(ce_time=text))) == [("ce_time", rule)]


def test_the_time_of_the_envelope_is_kept_in_utc() -> None:
    event = received(json.dumps(SUBMISSION).encode(), in_binary(ce_time=b"2026-03-02T15:00:00+05:30"))
    assert event is not None
    assert event.envelope.time == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert event.envelope.time.tzinfo is UTC


def test_other_versions_of_cloudevents_are_refused() -> None:
    assert rules(refused(b"{}", in_binary(ce_specversion=b"0.3"))) == [("ce_specversion", "specversion")]


def test_data_that_says_it_is_not_json_is_refused() -> None:
    assert rules(refused(b"<xml/>", [*in_binary(), ("content-type", b"application/xml")])) == [("content-type", "content_type")]


@pytest.mark.parametrize("media_type", [b"application/json; charset=utf-8", b"text/json", b"application/vnd.shop+json", b"\xff"])
def test_json_is_json_under_any_of_its_names(media_type: bytes) -> None:
    assert received(json.dumps(SUBMISSION).encode(), [*in_binary(), ("content-type", media_type)])


def test_extensions_may_carry_the_prefix_too() -> None:
    event = received(json.dumps(SUBMISSION).encode(), in_binary(ce_correlationid=b"c9", ce_traceparent=b"00-ab-cd-01"))
    assert event is not None
    assert (event.envelope.correlation_id, event.envelope.traceparent) == ("c9", "00-ab-cd-01")


def test_a_bare_submission_takes_its_trace_and_correlation_from_the_headers() -> None:
    event = received(
        json.dumps(SUBMISSION).encode(), [("traceparent", b"00-ab-cd-01"), ("correlationid", b"c9"), ("content-type", b"text/plain")]
    )
    assert event is not None
    assert (event.envelope.identity, event.envelope.correlation_id) == ("kafka:lead.submitted lead.submitted/2/41", "c9")
    assert event.envelope.traceparent == "00-ab-cd-01"


@pytest.mark.parametrize("topic", ["lead.captured", "lead.routed", "deal.closed"])
def test_bare_json_is_taken_on_inbound_topics_only(topic: str) -> None:
    assert rules(refused(b"{}", topic=topic)) == [("ce_id", "missing")]


@pytest.mark.parametrize(
    ("whole", "field", "rule"),
    [
        ([], "value", "object"),
        ({"source": "/shop", "type": "lead.submitted", "data": SUBMISSION}, "id", "missing"),
        ({"id": 7, "source": "/shop", "type": "lead.submitted", "data": SUBMISSION}, "id", "missing"),
        ({"id": "e1", "source": "/shop", "data": SUBMISSION}, "type", "missing"),
        ({"id": "e1", "source": "/shop", "type": "lead.submitted"}, "data", "missing"),
        ({"id": "e1", "source": "/shop", "type": "lead.submitted", "data": "text"}, "value", "object"),
        ({"id": "e1", "source": "/shop", "type": "lead.submitted", "data_base64": "*"}, "data_base64", "base64"),
        ({"id": "e1", "source": "/shop", "type": "lead.submitted", "data_base64": 7}, "data_base64", "base64"),
        ({"id": "e1", "source": "/shop", "type": "lead.submitted", "data_base64": "/w=="}, "value", "utf8"),
        ({"id": "e1", "source": "/shop", "type": "lead.submitted", "time": "noon", "data": SUBMISSION}, "time", "datetime_parsing"),
        ({"id": "e1", "source": "/shop", "type": "lead.submitted", "data": {"source": "web"}}, "person", "identity_required"),
    ],
)
def test_a_broken_structured_event_says_what_is_broken(whole: Any, field: str, rule: str) -> None:
    refusal = refused(json.dumps(whole).encode(), [("Content-Type", b"application/cloudevents+json")])
    assert rules(refusal) == [(field, rule)]


def test_a_structured_event_that_is_no_json_is_malformed() -> None:
    for value, rule in ((b"{", "json"), (b"\xff", "utf8")):
        assert rules(refused(value, [("content-type", b"application/cloudevents+json")])) == [("value", rule)]


def test_headers_without_end_are_refused() -> None:
    refusal = refused(json.dumps(SUBMISSION).encode(), [*in_binary(), ("x-junk", b"x" * MAX_HEADER_BYTES)])
    assert isinstance(refusal, TooLarge)
    assert rules(refusal) == [("headers", "size")]


def test_a_topic_that_is_not_in_the_catalogue_is_refused() -> None:
    assert rules(refused(b"{}", topic="lead.forgotten")) == [("topic", "known")]


def test_a_refusal_never_repeats_what_was_sent() -> None:
    secret = "hunter2-secret-"
    bad = {
        "source": secret * 9,
        "person": {"email": secret * 99},
        "interest": {"budget": secret, "currency": secret},
        "submitted_at": secret,
    }
    refusal = refused(json.dumps(bad).encode())
    assert len(refusal.violations) == 5
    assert secret not in f"{refusal} {refusal.violations}"
