"""JSON Schema of an event, as the party outside needs it."""

from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from shared.events import Event

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Without what says nothing: titles that repeat the name, empty defaults, and nulls, which we never send."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"]) if self.mode == "serialization" else super().nullable_schema(schema)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if described.get("default") is None or isinstance(described["default"], dict | list):
            described.pop("default", None)
        return described


def schema_of(event_type: type[Event]) -> Schema:
    """Of an inbound event what may be sent to us; of any other what a reader gets."""
    return event_type.model_json_schema(mode=_mode(event_type), schema_generator=_Plain)


def contract_address(topic: str) -> str:
    """Where every service serves the contract of a topic; what `ce_dataschema` names."""
    return f"/contracts/{topic}.json"


def contract_of(event_type: type[Event]) -> Schema:
    """The schema of an event's data as a document of its own, with what else there is to know of its topic."""
    about = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": contract_address(event_type.topic),
        "x-topic": event_type.topic,
        "x-key": key_in_words(event_type),
        "x-inbound": event_type.inbound,
    }
    return about | schema_of(event_type)


def schemas_of(event_types: Sequence[type[Event]], *, within: str) -> Schema:
    """The schemas of these events and of all their parts by name, referring to each other under the path `within`."""
    inputs = [(event_type, _mode(event_type)) for event_type in event_types]
    _, definitions = models_json_schema(inputs, ref_template=within + "{model}", schema_generator=_Plain)
    schemas: Schema = definitions.get("$defs", {})
    return schemas


def _mode(event_type: type[Event]) -> JsonSchemaMode:
    return "validation" if event_type.inbound else "serialization"


def key_in_words(event_type: type[Event]) -> str:
    """The field that keys the topic, or how the key is made where it is not one field."""
    own = vars(event_type).get("key")
    return event_type.key_field if own is None else (own.__doc__ or "").partition(", so that")[0].strip().rstrip(".")
