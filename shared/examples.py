"""Examples for whatever in our OpenAPI has none of its own: valid by the schema, and as it would be said."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from shared.example_values import VALUES

Schema = dict[str, Any]
_FORMATS = {"date-time": "2026-03-02T10:30:00+01:00", "date": "2026-03-02", "binary": "email,name", "uri": "https://acme.example"}
_TIMES = {"date-time": r"^\d{4}-\d\d-\d\dT.+([+-]\d\d:\d\d|Z)$", "date": r"^\d{4}-\d\d-\d\d$"}
# For fields that keep to a pattern or a length.
_SHORT = ("EUR", "DE", "250", "web", "owner", "email", ",")
_KINDS: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float), "object": dict}


def example_of(schema: Schema, known: Schema, name: str = "", within: str = "") -> Any:
    """`known` are the schemas that others refer to; `within` is the title of the object in which the field `name` stands."""
    own = schema.get("examples") or ([schema["example"]] if "example" in schema else [])
    if own or "const" in schema or schema.get("default"):
        return own[0] if own else schema.get("const", schema.get("default"))
    if "$ref" in schema:
        return example_of(known[schema["$ref"].rpartition("/")[2]], known, name, within)
    choices = [_resolved(one, known) for one in schema.get("anyOf") or schema.get("oneOf") or () if "properties" not in schema]
    fitting = (value for value in _values_of(name, within) if any(_fits(value, one) for one in choices or [schema]))
    if (value := next(fitting, None)) is not None:
        return value
    if choices:
        return example_of(choices[0], known, name, within)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    return _MAKERS[kind if isinstance(kind, str) else kind[0]](schema, known, name)


def _values_of(name: str, within: str) -> Iterator[Any]:
    """The most special first: of this field in this kind of thing, of this name, of its ends."""
    of = [word.lower() for word in re.findall(r"[A-Z][a-z]+", within)]
    words = name.split("_")
    ends = ["_".join(words[begin:]) for begin in range(len(words))]
    for end in (*(f"{noun}.{name}" for noun in of), *ends):
        yield from VALUES.get(end, ())


def _resolved(schema: Schema, known: Schema) -> Schema:
    resolved: Schema = known[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return resolved


def _object(schema: Schema, known: Schema, name: str) -> Any:
    if "properties" not in schema and schema.get("minProperties"):
        values = (*schema.get("patternProperties", {}).values(), schema.get("additionalProperties", {}))
        return {"person.email": example_of(values[0], known, "email")}
    return {field: example_of(part, known, field, schema.get("title", "")) for field, part in schema.get("properties", {}).items()}


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
    return _first_fitting((name.replace("_", "-"), *_SHORT), schema)


def _first_fitting(values: Iterable[str], schema: Schema) -> str:
    return next((value for value in values if _fits(value, schema)), "")


def _fits(value: Any, schema: Schema) -> bool:
    kinds = schema.get("type", ())
    if value not in schema.get("enum", [value]) or not any(isinstance(value, _KINDS.get(kind, ())) for kind in _listed(kinds)):
        return False
    if isinstance(value, dict):
        return "properties" not in schema and _fits_each(value, schema.get("additionalProperties", True))
    return _fits_text(value, schema) if isinstance(value, str) else _fits_number(value, schema)


def _listed(kinds: Any) -> tuple[str, ...]:
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def _fits_each(value: Schema, inside: Any) -> bool:
    return not isinstance(inside, dict) or not inside or all(_fits(part, inside) for part in value.values())


def _fits_text(text: str, schema: Schema) -> bool:
    patterns = (schema.get("pattern", ""), _TIMES.get(schema.get("format", ""), ""))
    short = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    return short and all(re.search(pattern, text) for pattern in patterns)


def _fits_number(number: float, schema: Schema) -> bool:
    return bool(schema.get("minimum", number) <= number <= schema.get("maximum", number))


_MAKERS = {"object": _object, "array": _array, "integer": _number, "number": _number, "boolean": _boolean, "null": _null, "string": _text}
