"""Examples for whatever in our OpenAPI has none of its own: short, and valid by the schema."""

import re
from typing import Any

Schema = dict[str, Any]
# By the end of the name of a field; a longer name goes first.
_WORDS: dict[str, Any] = {
    "first_name": "Ana",
    "last_name": "Silva",
    "file_name": "leads.csv",
    "email": "ana@acme.example",
    "phone": "+4930123456",
    "domain": "acme.example",
    "country": "DE",
    "currency": "EUR",
    "source": "web",
    "status": "active",
    "reason": "agreed on the phone",
    "period": "2026-03",
    "month": "2026-03",
    "zone": "Europe/Berlin",
    "url": "https://acme.example",
    "name": "Acme",
    "by": "ana",
    "id": "0199a1c4-5d70-7c1e-9b6f-3f0f6f1f2a10",
}
_FORMATS = {"date-time": "2026-03-02T09:30:00Z", "date": "2026-03-02", "binary": "email,name", "uri": "https://acme.example"}
# For fields that keep to a pattern or a length.
_SHORT = ("EUR", "DE", "250", "web", "owner", "email", ",")


def example_of(schema: Schema, known: Schema, name: str = "") -> Any:
    """`known` are the schemas that others refer to."""
    own = schema.get("examples") or ([schema["example"]] if "example" in schema else [])
    if own or "const" in schema or schema.get("default"):
        return own[0] if own else schema.get("const", schema.get("default"))
    if "$ref" in schema:
        return example_of(known[schema["$ref"].rpartition("/")[2]], known, name)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices and "properties" not in schema:
        return example_of(choices[0], known, name)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    return _MAKERS[kind if isinstance(kind, str) else kind[0]](schema, known, name)


def _object(schema: Schema, known: Schema, name: str) -> Any:
    if "properties" not in schema and schema.get("minProperties"):
        values = (*schema.get("patternProperties", {}).values(), schema.get("additionalProperties", {}))
        return {"person.email": example_of(values[0], known, "email")}
    return {field: example_of(part, known, field) for field, part in schema.get("properties", {}).items()}


def _array(schema: Schema, known: Schema, name: str) -> Any:
    if "prefixItems" in schema:
        return [example_of(part, known) for part in schema["prefixItems"]]
    return [example_of(schema.get("items", {}), known, name.removesuffix("s"))] * max(1, schema.get("minItems", 1))


def _number(schema: Schema, known: Schema, name: str) -> Any:
    return max(1, int(schema.get("minimum", 1)))


def _boolean(schema: Schema, known: Schema, name: str) -> Any:
    return True


def _null(schema: Schema, known: Schema, name: str) -> Any:
    return None


def _text(schema: Schema, known: Schema, name: str) -> Any:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    said = (word for end, word in _WORDS.items() if name.endswith(end))
    fitting = (word for word in (*said, name.replace("_", "-"), *_SHORT) if _fits(word, schema))
    return next(fitting, "")


def _fits(word: str, schema: Schema) -> bool:
    return schema.get("minLength", 0) <= len(word) <= schema.get("maxLength", len(word)) and bool(
        re.search(schema.get("pattern", ""), word)
    )


_MAKERS = {"object": _object, "array": _array, "integer": _number, "number": _number, "boolean": _boolean, "null": _null, "string": _text}
