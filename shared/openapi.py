"""What FastAPI can't know of our doors: how callers prove who they are, how errors look, which headers commands take."""

from typing import Any

from shared.problems import MEDIA_TYPE, Problem

Schema = dict[str, Any]
_COMMANDS = ("post", "put", "patch", "delete")
_PROBLEM = {"description": "A problem", "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_PROOFS: Schema = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_COMMAND_HEADERS: list[Schema] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same body within 24 hours gets the first answer again, and changes nothing.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    {
        "name": "If-Match",
        "in": "header",
        "description": "The ETag of the version that the change is meant for; 412 if there is a newer one.",
        "schema": {"type": "string"},
    },
]


def described(document: Schema) -> Schema:
    """Completes FastAPI's own document, in place."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs") | {"Problem": problem}
    components["securitySchemes"] = _PROOFS
    document["security"] = [{name: []} for name in _PROOFS]
    for path in document.get("paths", {}).values():
        for method, operation in path.items():
            _complete(method, operation)
    return document


def _complete(method: str, operation: Schema) -> None:
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = _PROBLEM
    if method in _COMMANDS and "security" not in operation:
        operation["parameters"] = [*operation.get("parameters", []), *_COMMAND_HEADERS]
