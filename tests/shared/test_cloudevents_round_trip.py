"""Whatever an event says, it says the same after the wire, in every form that its topic takes."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cloudevents import Encoded, decode, encode
from shared.events import Envelope, Event, catalogue
from tests.contracts.arbitrary import arbitrary

EVENTS = sorted(catalogue().values(), key=lambda event_type: event_type.topic)
INBOUND = [event_type for event_type in EVENTS if event_type.inbound]
ENVELOPE = Envelope(
    id="0193a5c2-7f00-7000-8000-000000000001",
    source="/dealwire/leads",
    time=datetime(2026, 3, 2, 9, 30, 0, 125_000, tzinfo=UTC),
    correlation_id="0193a5c2-7f00-7000-8000-000000000000",
    causation_id="0193a5c2-7e00-7000-8000-000000000009",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
few = settings(max_examples=12, deadline=None)


def received(topic: str, value: bytes, headers: Any) -> Event | None:
    return decode(topic=topic, partition=3, offset=17, key=b"k", value=value, headers=headers, timestamp_ms=1_772_443_800_000)


def structured(event: Event, *, as_base64: bool) -> Encoded:
    """As another system might write it."""
    envelope = event.envelope
    data = event.model_dump_json(exclude_none=True)
    whole: dict[str, Any] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": event.topic,
        "time": envelope.time.isoformat(),
        "correlationid": envelope.correlation_id,
        "causationid": envelope.causation_id,
        "traceparent": envelope.traceparent,
    }
    whole |= {"data_base64": base64.b64encode(data.encode()).decode()} if as_base64 else {"data": json.loads(data)}
    return Encoded(event.topic, b"", json.dumps(whole).encode(), [("content-type", b"application/cloudevents+json; charset=utf-8")])


@pytest.mark.parametrize("event_type", EVENTS, ids=lambda event_type: event_type.topic)
@few
@given(data=st.data())
def test_a_binary_event_comes_back_as_it_was_with_its_envelope(event_type: type[Event], data: st.DataObject) -> None:
    event = data.draw(arbitrary(event_type)).in_envelope(ENVELOPE)
    wire = encode(event)
    again = received(wire.topic, wire.value, wire.headers)
    assert again == event
    assert again.envelope == ENVELOPE
    assert wire.key.decode() == event.key()


@pytest.mark.parametrize("as_base64", [False, True], ids=["data", "data_base64"])
@pytest.mark.parametrize("event_type", EVENTS, ids=lambda event_type: event_type.topic)
@few
@given(data=st.data())
def test_a_structured_event_comes_back_as_it_was_with_its_envelope(event_type: type[Event], as_base64: bool, data: st.DataObject) -> None:
    event = data.draw(arbitrary(event_type)).in_envelope(ENVELOPE)
    wire = structured(event, as_base64=as_base64)
    assert received(wire.topic, wire.value, wire.headers) == event


@pytest.mark.parametrize("event_type", INBOUND, ids=lambda event_type: event_type.topic)
@few
@given(data=st.data())
def test_a_bare_inbound_event_gets_its_identity_from_where_it_was_read(event_type: type[Event], data: st.DataObject) -> None:
    event = data.draw(arbitrary(event_type))
    again = received(event.topic, event.model_dump_json(exclude_none=True).encode(), [])
    assert again is not None
    assert again.model_dump() == event.model_dump()
    assert again.envelope.identity == f"kafka:{event.topic} {event.topic}/3/17"
    assert again.envelope.correlation_id == again.envelope.id
    assert again.envelope.time == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
