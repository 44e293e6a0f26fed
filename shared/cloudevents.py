"""CloudEvents 1.0 over Kafka: binary out; binary, structured and, on inbound topics, bare JSON in."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from shared.errors import Invalid, Malformed, TooLarge
from shared.events import Envelope, Event, event_type_of
from shared.schemas import contract_address
from shared.violations import violations_of

STRUCTURED = "application/cloudevents+json"
MAX_HEADER_BYTES = 64 * 1024
MAX_ATTRIBUTE = 1_000
# With so many headers all events begin that one transaction says on one topic.
ALIKE = 6
Headers = Sequence[tuple[str, bytes | None]]

_REQUIRED = ("id", "source", "type")
_EXTENSIONS = ("correlationid", "causationid", "traceparent")
_ATTRIBUTES = (*_REQUIRED, "specversion", "time", *_EXTENSIONS)
# Our extensions travel under their bare names; CloudEvents' own binding would have them with the prefix.
_NAMES = {f"ce_{name}": name for name in _ATTRIBUTES} | {name: name for name in (*_EXTENSIONS, "content-type")}
_JSON_MEDIA_TYPE = re.compile(r"(application|text)/([\w.-]+\+)?json\s*(;.*)?", re.IGNORECASE)


class Encoded(NamedTuple):
    """An event ready for the wire."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def encode(event: Event) -> Encoded:
    """The binary form. Times on the wire are cut to milliseconds."""
    envelope, topic, key = event.envelope, event.topic, event.key().encode()
    headers = [
        *_shared_headers(topic, envelope.source, envelope.time),
        ("ce_id", envelope.id.encode()),
        ("ce_subject", key),
        ("correlationid", envelope.correlation_id.encode()),
    ]
    if envelope.causation_id:
        headers.append(("causationid", envelope.causation_id.encode()))
    if envelope.traceparent:
        headers.append(("traceparent", envelope.traceparent.encode()))
    return Encoded(topic, key, event.__pydantic_serializer__.to_json(event, exclude_none=True), headers)


def decode(
    *, topic: str, partition: int, offset: int, key: bytes | None, value: bytes | None, headers: Headers, timestamp_ms: int
) -> Event | None:
    """The event in a record, in its envelope; None for an event of another type than the topic's own, which is to be skipped.

    Raises Malformed, Invalid or TooLarge. `key` takes no part in the event.
    """
    event_type = event_type_of(topic)
    if event_type is None:
        raise Malformed(f"{topic} is not a topic of the catalogue", field="topic", rule="known")
    if value is None:
        raise Malformed("The message has no value", field="value", rule="null")
    found, enveloped = _attributes(headers)
    received = _moment_of_record(timestamp_ms)
    if found.get("content-type", "").lower().startswith(STRUCTURED):
        return _decode_structured(event_type, value, found, received)
    if enveloped:
        return _decode_binary(event_type, value, found, received)
    return _decode_bare(event_type, value, found, Record(topic, partition, offset, received))


class Record(NamedTuple):
    """The place and time that stand in for an envelope."""

    topic: str
    partition: int
    offset: int
    received: datetime


def _decode_binary(event_type: type[Event], value: bytes, found: Mapping[str, str], received: datetime) -> Event | None:
    if "type" in found and found["type"] != event_type.topic:
        return None
    envelope = _envelope(found, received, prefix="ce_")
    media_type = found.get("content-type")
    if media_type and media_type != "application/json" and not _JSON_MEDIA_TYPE.fullmatch(media_type):
        raise Malformed("The data must be JSON", field="content-type", rule="content_type")
    return _read(event_type, value).in_envelope(envelope)


def _decode_structured(event_type: type[Event], value: bytes, headers: Mapping[str, str], received: datetime) -> Event | None:
    whole = _read_json(value)
    attributes = {name: whole[name] for name in _ATTRIBUTES if _is_usable(whole.get(name))}
    if "type" in attributes and attributes["type"] != event_type.topic:
        return None
    travelling = {name: text for name, text in headers.items() if name in _EXTENSIONS}
    envelope = _envelope(travelling | attributes, received, prefix="")
    return _read(event_type, _structured_data(whole)).in_envelope(envelope)


def _decode_bare(event_type: type[Event], value: bytes, found: Mapping[str, str], record: Record) -> Event:
    if not event_type.inbound:
        raise Malformed(f"{record.topic} takes CloudEvents only: ce_id, ce_source and ce_type are missing", field="ce_id", rule="missing")
    event = _read(event_type, value)
    place = {"id": f"{record.topic}/{record.partition}/{record.offset}", "source": f"kafka:{record.topic}"}
    return event.in_envelope(_joined({**found, **place}, record.received))


def _moment_of_record(timestamp_ms: int) -> datetime:
    try:
        return datetime.fromtimestamp(max(0, timestamp_ms) / 1000, UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed("The record's timestamp, as its producer set it, is no time", field="timestamp", rule="datetime_parsing") from error


def _attributes(headers: Headers) -> tuple[dict[str, str], bool]:
    """The attributes among the headers, by their plain names, and whether any of them belongs to an envelope.

    A header that is null, not UTF-8 or unprintable is as good as absent: it matters only where it is required.
    """
    found: dict[str, str] = {}
    size, enveloped = 0, False
    for header, raw in headers:
        size += len(header) + len(raw or b"")
        name = _NAMES.get(header) or _NAMES.get(header.lower())
        if name is None:
            continue
        enveloped = enveloped or name in _REQUIRED
        text = _text(raw)
        if text is not None:
            found[name] = text
    if size > MAX_HEADER_BYTES:
        raise TooLarge(f"The headers must have at most {MAX_HEADER_BYTES} bytes", field="headers", rule="size")
    return found, enveloped


def _text(raw: bytes | None) -> str | None:
    try:
        text = raw.decode() if raw else ""
    except UnicodeDecodeError:
        return None
    return text if _is_usable(text) else None


def _is_usable(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= MAX_ATTRIBUTE and text.isprintable()


def _envelope(attributes: Mapping[str, str], received: datetime, *, prefix: str) -> Envelope:
    """Raises Malformed naming each required attribute that is missing or unreadable; `prefix` is that of its name as sent."""
    for name in _REQUIRED:
        if name not in attributes:
            detail = f"{prefix}{name} is required, as printable text of at most {MAX_ATTRIBUTE} characters"
            raise Malformed(detail, field=prefix + name, rule="missing")
    if not attributes.get("specversion", "1.0").startswith("1."):
        raise Malformed("Only CloudEvents 1.x is read", field=f"{prefix}specversion", rule="specversion")
    time = attributes.get("time")
    return _joined(attributes, _moment(time, f"{prefix}time") if time else received)


def _joined(attributes: Mapping[str, str], time: datetime) -> Envelope:
    """An event that names no correlation begins one."""
    return Envelope(
        id=attributes["id"],
        source=attributes["source"],
        time=time,
        correlation_id=attributes.get("correlationid") or attributes["id"],
        causation_id=attributes.get("causationid"),
        traceparent=attributes.get("traceparent"),
    )


def _moment(text: str, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{field} must be a time such as 2026-03-02T09:30:00Z", field=field, rule="datetime_parsing") from error
    raise Invalid(f"{field} must be a time with a zone, such as 2026-03-02T09:30:00Z", field=field, rule="timezone_aware")


def _read(event_type: type[Event], value: bytes) -> Event:
    try:
        return event_type.model_validate_json(value)
    except ValidationError as error:
        raise _refusal(error, value) from error


def _refusal(error: ValidationError, value: bytes) -> Malformed | Invalid:
    violations = violations_of(error)
    rule = violations[0].rule
    if rule == "json_invalid":
        return _unreadable(value, violations[0].detail)
    if rule == "model_type" and not violations[0].field:
        return Malformed("The data must be a JSON object", field="value", rule="object")
    return Invalid("; ".join(violation.detail for violation in violations[:3]), violations=violations)


def _unreadable(value: bytes, detail: str) -> Malformed:
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return Malformed(f"The value is not UTF-8: byte {error.start} is wrong", field="value", rule="utf8")
    return Malformed(f"The value is not JSON: {detail.partition(': ')[2]}", field="value", rule="json")


def _read_json(value: bytes) -> dict[str, Any]:
    try:
        whole = from_json(value)
    except ValueError as error:
        raise _unreadable(value, f"JSON: {error}") from error
    if not isinstance(whole, dict):
        raise Malformed("A structured CloudEvent must be a JSON object", field="value", rule="object")
    return whole


def _structured_data(whole: Mapping[str, Any]) -> bytes:
    if "data_base64" in whole:
        try:
            return base64.b64decode(whole["data_base64"], validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise Malformed("data_base64 must be base64", field="data_base64", rule="base64") from error
    if whole.get("data") is None:
        raise Malformed("data is required", field="data", rule="missing")
    return to_json(whole["data"], inf_nan_mode="constants")


@lru_cache(256)
def _shared_headers(topic: str, source: str, time: datetime) -> list[tuple[str, bytes]]:
    """Those of all events of a topic that one transaction says."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", topic.encode()),
        ("ce_dataschema", contract_address(topic).encode()),
        ("content-type", b"application/json"),
        ("ce_source", source.encode()),
        ("ce_time", f"{time.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}Z".encode()),
    ]
