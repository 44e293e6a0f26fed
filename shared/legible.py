"""Header names that are not UTF-8, which some clients do write.

aiokafka decodes names while it unpacks a fetch. One that it can't decode ends the reading of that partition for good, and what it had
unpacked from other partitions in the same turn would be passed over. Here such a name is made legible and the reading goes on.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c, decode_varint

# Base offset, length, leader epoch, magic, checksum, attributes, last offset delta, first and last time, producer, epoch, sequence, count.
_HEAD = struct.Struct(">qiibIhiqqqhii")
_LENGTH_END, _MAGIC, _CHECKSUM, _ATTRIBUTES = 12, 16, 17, 21
_CODEC, _CONTROL = 0x07, 0x20
_DECODERS: dict[int, Callable[[bytes], bytes]] = {0: bytes, 1: gzip_decode, 2: snappy_decode, 3: lz4_decode, 4: zstd_decode}


def read_any_header_name() -> None:
    """From now on every consumer of this process does."""
    fetcher.MemoryRecords, fetcher.PartitionRecords = _Records, _LegibleRecords


class _Records(MemoryRecords):  # type: ignore[misc]
    """Keeps the bytes that it reads."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class _LegibleRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    def _unpack_records(self) -> Iterator[Any]:
        try:
            yield from super()._unpack_records()
        except UnicodeDecodeError:
            self._records: MemoryRecords = MemoryRecords(legible(self._records.data))
            yield from super()._unpack_records()  # goes on behind the last record that was handed over


def legible(data: bytes) -> bytes:
    """The same record batches; in header names that are not UTF-8 each foreign byte is a question mark."""
    return b"".join(_legible_batch(batch) for batch in _batches(data))


def _batches(data: bytes) -> Iterator[bytes]:
    """A fetch may end in the middle of a batch; what is left over is no batch, and is read again with the next fetch."""
    begin = 0
    while (end := begin + _LENGTH_END + int.from_bytes(data[begin + 8 : begin + _LENGTH_END], "big")) <= len(data):
        yield data[begin:end]
        begin = end


def _legible_batch(batch: bytes) -> bytes:
    head, attributes = bytearray(batch[: _HEAD.size]), int.from_bytes(batch[_ATTRIBUTES : _ATTRIBUTES + 2], "big")
    if batch[_MAGIC] < 2 or attributes & _CONTROL:
        return batch
    records = bytearray(_DECODERS[attributes & _CODEC](batch[_HEAD.size :]))
    for place in _header_names(records, count=_HEAD.unpack(head)[-1]):
        records[place] = _legible_name(records[place])
    head[8:_LENGTH_END] = (_HEAD.size - _LENGTH_END + len(records)).to_bytes(4, "big")
    head[_ATTRIBUTES : _ATTRIBUTES + 2] = (attributes & ~_CODEC).to_bytes(2, "big")
    head[_CHECKSUM:_ATTRIBUTES] = calc_crc32c(bytes(head[_ATTRIBUTES:] + records)).to_bytes(4, "big")
    return bytes(head + records)


def _legible_name(name: bytearray) -> bytes:
    """As long as before, so that nothing else moves."""
    try:
        return name.decode().encode()
    except UnicodeDecodeError:
        return name.decode("ascii", errors="replace").replace("\N{REPLACEMENT CHARACTER}", "?").encode()


def _header_names(records: bytearray, *, count: int) -> Iterator[slice]:
    """Record => length, attributes, time delta, offset delta, key, value, headers; all but the attributes begin with a varint."""
    at = 0
    for _ in range(count):
        _, at = decode_varint(records, at)
        at += 1
        for _ in ("time delta", "offset delta"):
            _, at = decode_varint(records, at)
        for _ in ("key", "value"):
            at = _behind(records, at)
        headers, at = decode_varint(records, at)
        for _ in range(headers):
            length, begin = decode_varint(records, at)
            yield slice(begin, begin + length)
            at = _behind(records, begin + length)


def _behind(records: bytearray, at: int) -> int:
    """Where what stands here ends; null has the length -1 and no bytes."""
    length, begin = decode_varint(records, at)
    return int(begin + max(0, length))
