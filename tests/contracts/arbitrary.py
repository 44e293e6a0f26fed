"""Any event that its schema allows, for property tests."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from shared.events import Event
from shared.events.values import DIGITS
from shared.schemas import Schema

Strategy = st.SearchStrategy[Any]
# Text as people type it in any script, with what JSON has to escape; edges are stripped on the way in.
LETTERS = st.characters(exclude_categories=("Cc", "Cs"), include_characters='"\\/<>&').filter(lambda letter: not letter.isspace())


def arbitrary(event_type: type[Event]) -> st.SearchStrategy[Event]:
    schema = event_type.model_json_schema(mode="serialization")
    return _object(schema, schema.get("$defs", {})).map(event_type.model_validate)


def _any_of(schema: Schema, defs: Schema) -> Strategy:
    if "$ref" in schema:
        return _any_of(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema and "type" not in schema:
        return st.one_of([_any_of(alternative, defs) for alternative in schema["anyOf"] if alternative != {"type": "null"}])
    return _KINDS[schema["type"]](schema, defs)


def _object(schema: Schema, defs: Schema) -> Strategy:
    properties = schema.get("properties", {})
    alternatives = [frozenset(each["required"]) for each in schema.get("anyOf", [])] or [frozenset()]
    return st.sampled_from(alternatives).flatmap(lambda needed: _fields(schema, properties, needed, defs))


def _fields(schema: Schema, properties: Schema, needed: frozenset[str], defs: Schema) -> Strategy:
    required = needed | set(schema.get("required", []))
    known = {name: _any_of(_insisting(inner, name in needed, defs), defs) for name, inner in properties.items()}
    fixed = st.fixed_dictionaries(
        {name: known[name] for name in sorted(required)}, optional={name: known[name] for name in sorted(known.keys() - required)}
    )
    return st.tuples(_extras(schema, defs), fixed).map(lambda parts: parts[0] | parts[1])


def _insisting(schema: Schema, needed: bool, defs: Schema) -> Schema:
    """A person that has to be someone gets all that may be asked of them."""
    if not needed or "$ref" not in schema:
        return schema
    named = defs[schema["$ref"].rpartition("/")[2]]
    return named | {"required": [name for name in ("email", "phone", "last_name", "name") if name in named["properties"]]}


def _extras(schema: Schema, defs: Schema) -> Strategy:
    inner = schema.get("additionalProperties") or next(iter(schema.get("patternProperties", {}).values()), None)
    return st.dictionaries(st.text(LETTERS, min_size=1, max_size=20), _any_of(inner, defs), max_size=3) if inner else st.just({})


def _text(schema: Schema, _: Schema) -> Strategy:
    if schema.get("format") == "date-time":
        return st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
    if schema.get("pattern") == DIGITS:
        return st.integers(1, 9_999).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
    if "pattern" in schema and "x00" not in schema["pattern"]:
        return st.from_regex(schema["pattern"].replace("$", r"\Z"))
    return st.text(LETTERS, min_size=max(1, schema.get("minLength", 0)), max_size=30)


_KINDS: dict[str, Any] = {
    "object": _object,
    "array": lambda schema, defs: st.lists(_any_of(schema["items"], defs), max_size=3),
    "string": _text,
    "integer": lambda schema, _: st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31)),
    "number": lambda schema, _: st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False),
    "boolean": lambda _, __: st.booleans(),
}
