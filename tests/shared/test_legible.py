"""Record batches whose header names aiokafka can't decode are made legible, and nothing else of them changes."""

import pytest
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from shared.legible import legible

PLACEHOLDER, ILLEGIBLE = b"placeholder", b"\xffl\xe9gende\xc3(\x80"
ENCODERS = {0: bytes, 1: gzip_encode, 2: snappy_encode, 3: lz4_encode, 4: zstd_encode}
names = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.none() | st.binary(max_size=40)
records = st.lists(st.tuples(values, values, st.lists(st.tuples(names, values), max_size=3)), min_size=1, max_size=6)
Read = list[tuple[int, int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]]


def batch_of(*given: tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]], codec: int = 0) -> bytes:
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1_000_000)
    for number, (key, value, headers) in enumerate(given):
        builder.append(number, 1_000 + number, key, value, headers)
    return bytes(builder.build())


def spoilt(batch: bytes) -> bytes:
    """With the name that can't be encoded put in by hand, and a checksum that is right."""
    changed = bytearray(batch.replace(PLACEHOLDER, ILLEGIBLE))
    changed[17:21] = calc_crc32c(bytes(changed[21:])).to_bytes(4, "big")
    return bytes(changed)


def compressed(batch: bytes, codec: int) -> bytes:
    head, packed = bytearray(batch[:61]), ENCODERS[codec](batch[61:])
    head[8:12] = (49 + len(packed)).to_bytes(4, "big")
    head[21:23] = codec.to_bytes(2, "big")
    head[17:21] = calc_crc32c(bytes(head[21:]) + packed).to_bytes(4, "big")
    return bytes(head) + packed


def read(data: bytes) -> Read:
    found, batches = [], MemoryRecords(data)
    while batches.has_next():
        batch = batches.next_batch()
        assert batch.validate_crc()
        found += [(one.offset, one.timestamp, one.key, one.value, list(one.headers)) for one in batch]
    return found


@given(st.lists(records, max_size=3), st.sampled_from([0, 1, 2, 3, 4]))
def test_what_was_legible_reads_as_before(batches: list, codec: int) -> None:
    data = b"".join(batch_of(*batch, codec=codec) for batch in batches)
    assert read(legible(data)) == read(data)


@pytest.mark.parametrize("codec", ENCODERS)
def test_foreign_bytes_of_a_name_are_question_marks_and_all_else_is_as_it_was(codec: int) -> None:
    assert len(PLACEHOLDER) == len(ILLEGIBLE)
    others = [("n\u00f6te", b"\xff"), ("empty", None)]
    batch = batch_of((b"k", b"before", []), (None, b"spoilt", [*others, (PLACEHOLDER.decode(), b"1")]), (b"k", None, others))
    data = compressed(spoilt(batch), codec)
    with pytest.raises(UnicodeDecodeError):
        read(data)
    assert read(legible(data)) == [
        (0, 1_000, b"k", b"before", []),
        (1, 1_001, None, b"spoilt", [*others, ("?l?gende?(?", b"1")]),
        (2, 1_002, b"k", None, others),
    ]


def test_the_beginning_of_a_batch_at_the_end_of_a_fetch_is_left_as_it_is() -> None:
    whole = batch_of((b"k", b"v", []))
    assert [read(legible(whole + whole[:size])) for size in (5, 30, len(whole) - 1)] == [read(whole)] * 3
