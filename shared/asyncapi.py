"""The AsyncAPI 3 document of a service: the channels it hears and says, with messages, keys and consumer groups."""

from collections.abc import Sequence
from typing import Any

from shared.consumer import group_of
from shared.events import Event
from shared.events.base import DAY_MS, FOR_EVER
from shared.schemas import key_in_words, schemas_of
from shared.subscriptions import Subscription, Subscriptions

Object = dict[str, Any]
BINDING_VERSION = "0.5.0"
_SCHEMAS = "#/components/schemas/"
_TEXT = {"type": "string", "minLength": 1}


def asyncapi_document(name: str, hears: Subscriptions, says: Sequence[type[Event]], version: str) -> Object:
    """Everything that the service `name` hears and says, ready to be served as JSON."""
    heard = [event_type for one in hears.subscribed() for event_type in one.event_types]
    event_types = sorted({*heard, *says}, key=lambda event_type: event_type.topic)
    channels = {event_type.topic: _channel(event_type) for event_type in event_types}
    operations = _receiving(name, hears) | {f"say_{_snake(event_type)}": _operation("send", event_type) for event_type in says}
    return {
        "asyncapi": "3.0.0",
        "info": _info(name, version),
        "defaultContentType": "application/json",
        "servers": {"kafka": _SERVER},
        "channels": channels | {f"{name}.dead": _dead_channel(name)},
        "operations": operations | {"say_dead_letter": _sending_dead(name)},
        "components": _components(event_types),
    }


def _info(name: str, version: str) -> Object:
    description = (
        f"What the service `{name}` of Dealwire hears and says on Kafka: CloudEvents 1.0 in binary form, JSON data, one event type "
        "per topic. Readers ignore fields that they do not know, expect an event more than once, and expect no order between topics."
    )
    return {"title": f"Dealwire {name}", "version": version, "description": description}


_SERVER: Object = {
    "host": "{address}",
    "protocol": "kafka",
    "variables": {"address": {"description": "The bootstrap servers of the deployment, as in DEALWIRE_KAFKA."}},
}


def _channel(event_type: type[Event]) -> Object:
    kept = "for ever" if event_type.retention_ms == FOR_EVER else f"for {event_type.retention_ms // DAY_MS} days"
    configuration = {"cleanup.policy": ["delete"], "retention.ms": event_type.retention_ms}
    binding = {"topic": event_type.topic, "partitions": event_type.partitions, "topicConfiguration": configuration}
    return {
        "address": event_type.topic,
        "description": f"{event_type.__name__}, kept {kept}.",
        "messages": {event_type.__name__: {"$ref": f"#/components/messages/{event_type.__name__}"}},
        "bindings": _kafka(binding),
    }


def _receiving(name: str, hears: Subscriptions) -> Object:
    return {
        f"on_{_snake(event_type)}": _operation("receive", event_type) | {"bindings": _kafka(_group(name, one))}
        for one in hears.subscribed()
        for event_type in one.event_types
    }


def _operation(action: str, event_type: type[Event]) -> Object:
    channel = f"#/channels/{event_type.topic}"
    return {"action": action, "channel": {"$ref": channel}, "messages": [{"$ref": f"{channel}/messages/{event_type.__name__}"}]}


def _group(name: str, subscription: Subscription) -> Object:
    return {"groupId": {"type": "string", "enum": [group_of(name, subscription.role)]}}


def _components(event_types: Sequence[type[Event]]) -> Object:
    schemas = {"CloudEventHeaders": _HEADERS, "DeadLetterHeaders": _DEAD_HEADERS} | schemas_of(event_types, within=_SCHEMAS)
    messages = {event_type.__name__: _message(event_type) for event_type in event_types}
    return {"messages": messages | {"DeadLetter": _DEAD_LETTER}, "schemas": schemas}


def _message(event_type: type[Event]) -> Object:
    headers = {"allOf": [{"$ref": f"{_SCHEMAS}CloudEventHeaders"}, {"properties": {"ce_type": {"const": event_type.topic}}}]}
    message = {
        "name": event_type.topic,
        "title": event_type.__name__,
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/correlationid"},
        "headers": headers,
        "payload": {"$ref": f"{_SCHEMAS}{event_type.__name__}"},
        "bindings": _kafka({"key": {"type": "string", "description": key_in_words(event_type)}}),
    }
    if event_type.inbound:
        message["description"] = (
            "Also taken as a structured CloudEvent (application/cloudevents+json), or as bare JSON data without any header."
        )
    return message


_HEADERS: Object = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": _TEXT | {"description": "With ce_source the identity of the event: what is delivered twice has it twice."},
        "ce_type": _TEXT | {"description": "The topic."},
        "ce_source": _TEXT,
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "The message key."},
        "ce_dataschema": {"type": "string"},
        "content-type": {"type": "string"},
        "correlationid": {"type": "string", "description": "The event that began it all."},
        "causationid": {"type": "string", "description": "The event that led to this one."},
        "traceparent": {"type": "string", "description": "W3C trace context."},
    },
}
_DEAD_NAMES = ("topic", "partition", "offset", "key", "reason", "error", "attempts", "time", "id")
_DEAD_HEADERS: Object = {
    "type": "object",
    "required": [f"dead_{name}" for name in _DEAD_NAMES],
    "properties": {f"dead_{name}": {"type": "string"} for name in _DEAD_NAMES},
}
_DEAD_LETTER: Object = {
    "name": "DeadLetter",
    "title": "DeadLetter",
    "description": "What was refused, value and headers as they came; the `dead_…` headers say where it was read and why it was refused.",
    "headers": {"$ref": f"{_SCHEMAS}DeadLetterHeaders"},
    "payload": {},
}


def _dead_channel(name: str) -> Object:
    messages = {"DeadLetter": {"$ref": "#/components/messages/DeadLetter"}}
    return {"address": f"{name}.dead", "description": f"What {name} could not use, kept for 90 days.", "messages": messages}


def _sending_dead(name: str) -> Object:
    channel = f"#/channels/{name}.dead"
    return {"action": "send", "channel": {"$ref": channel}, "messages": [{"$ref": f"{channel}/messages/DeadLetter"}]}


def _kafka(binding: Object) -> Object:
    return {"kafka": binding | {"bindingVersion": BINDING_VERSION}}


def _snake(event_type: type[Event]) -> str:
    return event_type.topic.replace(".", "_")
