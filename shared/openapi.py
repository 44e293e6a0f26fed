"""What FastAPI can't know of our doors: how callers prove who they are, how errors look, which headers commands take."""

from typing import Any

from shared.errors import Forbidden, Invalid, Malformed, NotAllowedNow, NotFound, Refused, StaleVersion, Unauthenticated
from shared.examples import example_of
from shared.problems import MEDIA_TYPE, Problem

Schema = dict[str, Any]
_COMMANDS = ("post", "put", "patch", "delete")
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PAGE = {"text/html": {"schema": {"type": "string"}}}
_OF_CALLERS, _OF_COMMANDS = (Unauthenticated, Forbidden), (Malformed, NotAllowedNow, StaleVersion, Invalid)
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
    components["responses"] = {kind.__name__: _refusal(kind) for kind in (*_OF_CALLERS, *_OF_COMMANDS, NotFound)}
    document["security"] = [{name: []} for name in _PROOFS]
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            _complete(path, method, operation)
            _exemplify(operation, schemas)
    return document


def _exemplify(operation: Schema, known: Schema) -> None:
    """What is sent and what is answered has an example: its model's own, or one by its schema."""
    answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    for part in (operation.get("requestBody", {}), *answers):
        for media in part.get("content", {}).values():
            if "example" not in media and "examples" not in media:
                media["example"] = example_of(media.get("schema", {}), known)


def _complete(path: str, method: str, operation: Schema) -> None:
    """Which refusals are to be reckoned with; `default` stands for the rare ones: too many, too large, a server that is away."""
    responses, is_open = operation["responses"], "security" in operation
    responses.pop("422", None)
    if _is_page(responses):
        responses["default"] = {"description": "A page, or a problem", "content": _PAGE | _PROBLEM}
        return
    expected = ((not is_open, _OF_CALLERS), ("{" in path, (NotFound,)), (method in _COMMANDS, _OF_COMMANDS), (method == "get", (Invalid,)))
    for kind in (kind for applies, kinds in expected if applies for kind in kinds):
        responses[str(kind.status)] = {"$ref": f"#/components/responses/{kind.__name__}"}
    responses["default"] = {"description": "A problem", "content": _PROBLEM}
    if method in _COMMANDS and not is_open:
        operation["parameters"] = [*operation.get("parameters", []), *_COMMAND_HEADERS]


def _is_page(responses: Schema) -> bool:
    return any("text/html" in answer.get("content", {}) for answer in responses.values())


def _refusal(kind: type[Refused]) -> Schema:
    return {"description": kind.title, "content": _PROBLEM}
