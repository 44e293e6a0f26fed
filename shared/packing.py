"""How events lie in a row of the outbox: the headers with which all of a topic begin stand in it once."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from shared.cloudevents import ALIKE, Encoded

Row = dict[str, Any]


def packed(events: Sequence[Encoded]) -> Row:
    """Each is its topic, key and value, and the names and values of its headers in turn; a None stands for those that are `alike`."""
    alike = {event.topic: event.headers[:ALIKE] for event in reversed(events)}
    return {
        "alike": [[topic, *chain.from_iterable(headers)] for topic, headers in alike.items()],
        "events": [_packed(event, alike[event.topic]) for event in events],
    }


def _packed(event: Encoded, alike: list[tuple[str, bytes]]) -> list[Any]:
    topic, key, value, headers = event
    if headers[:ALIKE] == alike:
        return [topic, key, value, None, *chain.from_iterable(headers[ALIKE:])]
    return [topic, key, value, *chain.from_iterable(headers)]


def unpacked(row: Row) -> list[Encoded]:
    alike = {topic: _in_pairs(headers) for topic, *headers in row.get("alike", ())}
    return [Encoded(event[0], event[1], event[2], _headers_of(event, alike)) for event in row["events"]]


def _headers_of(event: list[Any], alike: dict[str, list[tuple[str, bytes]]]) -> list[tuple[str, bytes]]:
    if len(event) > 3 and event[3] is None:
        return alike[event[0]] + _in_pairs(event[4:])
    return _in_pairs(event[3:])


def _in_pairs(headers: list[Any]) -> list[tuple[str, bytes]]:
    return list(zip(headers[::2], headers[1::2], strict=True))
