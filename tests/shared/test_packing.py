"""What lies in the outbox comes out of it as it went in."""

from bson import decode, encode
from hypothesis import given
from hypothesis import strategies as st

from shared.cloudevents import Encoded
from shared.cloudevents import encode as encoded
from shared.database import new_id, utcnow
from shared.events import Envelope, RepChanged
from shared.packing import packed, unpacked

HEADERS = st.lists(st.tuples(st.sampled_from(["ce_id", "ce_type", "dead_key"]), st.binary(max_size=3)), max_size=9)
EVENTS = st.lists(st.builds(Encoded, st.sampled_from(["rep.changed", "leads.dead"]), st.binary(), st.binary(), HEADERS), min_size=1)


@given(EVENTS)
def test_events_with_any_headers_come_out_as_they_went_in(events: list[Encoded]) -> None:
    assert unpacked(decode(encode(packed(events)))) == events


def test_headers_that_all_of_a_topic_begin_with_stand_in_a_row_once() -> None:
    now, rep = utcnow(), RepChanged(rep_id="ana", version=1, name="Ana", email="ana@acme.example")
    events = [encoded(rep.in_envelope(Envelope(new_id(), "/dealwire/leads", now, "cause"))) for _ in range(50)]
    row = encode(packed(events))
    assert unpacked(decode(row)) == events
    assert row.count(b"/dealwire/leads") == row.count(b"ce_specversion") == 1


def test_a_row_that_was_written_when_each_event_had_all_its_headers_is_read_as_ever() -> None:
    row = {"events": [["rep.changed", b"ana", b"{}", "ce_id", b"1", "ce_source", b"/a"]]}
    assert unpacked(row) == [Encoded("rep.changed", b"ana", b"{}", [("ce_id", b"1"), ("ce_source", b"/a")])]
