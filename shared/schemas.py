"""JSON Schema of an event, as the party outside needs it."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from shared.events import Event

Schema = dict[str, Any]
IN_DEFS = "#/$defs/{model}"


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


def schema_of(event_type: type[Event], *, ref_template: str = IN_DEFS) -> Schema:
    """Of an inbound event what may be sent to us; of any other what a reader gets."""
    mode: JsonSchemaMode = "validation" if event_type.inbound else "serialization"
    return event_type.model_json_schema(mode=mode, ref_template=ref_template, schema_generator=_Plain)


def key_in_words(event_type: type[Event]) -> str:
    """The field that keys the topic, or how the key is made where it is not one field."""
    own = vars(event_type).get("key")
    return event_type.key_field if own is None else (own.__doc__ or "").partition(", so that")[0].strip().rstrip(".")
