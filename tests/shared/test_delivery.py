"""Whatever a record is like, it becomes an event or a refusal: anything else would be read again for ever."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.delivery import Delivery

GOOD = json.dumps({"source": "web", "person": {"email": "ana@people.example"}}).encode()
NAMES = st.sampled_from(["ce_id", "ce_source", "ce_type", "ce_time", "ce_specversion", "content-type", "traceparent", "other"])
HEADERS = st.lists(st.tuples(NAMES, st.none() | st.binary(max_size=40) | st.just(b"lead.submitted")), max_size=8)
VALUES = st.none() | st.binary(max_size=60) | st.just(GOOD)


def delivered(value: bytes | None, headers: list[tuple[str, bytes | None]], timestamp_ms: int = 0) -> Delivery:
    return Delivery("lead.submitted", 0, 0, b"k", value, headers, timestamp_ms=timestamp_ms).decoded()


@pytest.mark.parametrize("timestamp_ms", [10**16, 2**63 - 1])
def test_a_timestamp_that_is_no_time_is_refused(timestamp_ms: int) -> None:
    refusal = delivered(GOOD, [], timestamp_ms).refusal
    assert refusal is not None
    assert refusal.violations[0].field == "timestamp"


@given(VALUES, HEADERS, st.integers(-(2**63), 2**63 - 1))
def test_any_record_is_an_event_or_a_refusal_or_of_another_type(
    value: bytes | None, headers: list[tuple[str, bytes | None]], timestamp_ms: int
) -> None:
    delivery = delivered(value, headers, timestamp_ms)
    assert delivery.event is None or delivery.refusal is None
