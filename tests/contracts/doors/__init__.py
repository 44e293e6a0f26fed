"""Every door of a service, held against its own OpenAPI: whatever is sent, the answer is one that was announced."""

from collections.abc import Iterator
from typing import Any

import httpx
import schemathesis
from fastapi import APIRouter
from jsonschema import Draft202012Validator
from schemathesis import Response
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.guard import routes_in
from tests.contracts.doors.requests import Operation, Sent, requests_of

CHECKS = [status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
# What every service has; trying it in one of them is enough.
COMMON = ("api-keys", "audit", "contracts", "health", "metrics", "parked")
PROBLEM = "application/problem+json"
# A path may be known under another method, or look like another path.
NOT_THERE = (404, 405, 422)
MOST = 12
_OPERATIONS: dict[str, list[Operation]] = {}


def nouns_of(*routers: APIRouter) -> list[str]:
    """What the paths behind these routers begin with."""
    return sorted({noun for route in routes_in(routers) if (noun := _noun(route.path))})


async def failures_at(client: httpx.AsyncClient, noun: str, known: dict[str, str]) -> list[str]:
    """What is wrong with the answers at the doors of one noun, each with the request that it answers."""
    return [
        failure
        for operation in await operations(client, noun)
        for sent in requests_of(operation, known, most=MOST)
        if (failure := await _failure(client, sent))
    ]


async def operations(client: httpx.AsyncClient, *nouns: str) -> list[Operation]:
    found = await _operations_of(_application(client), client)
    return [operation for operation in found if not nouns or _noun(operation.path) in nouns]


async def _operations_of(application: str, client: httpx.AsyncClient) -> list[Operation]:
    """Read once: making the document of a large service takes longer than asking at most of its doors."""
    if application not in _OPERATIONS:
        document = (await client.get("/openapi.json")).json()
        _OPERATIONS[application] = [result.ok() for result in schemathesis.openapi.from_dict(document).get_all_operations()]
    return _OPERATIONS[application]


def _application(client: httpx.AsyncClient) -> str:
    """Each test builds an application of its own; those of one service are alike."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    return str(transport.app.title)  # type: ignore[attr-defined]


async def without_examples(client: httpx.AsyncClient) -> list[str]:
    """Where there is no example of what is sent or answered, or one that breaks the schema beside it."""
    document = (await client.get("/openapi.json")).json()
    return [
        place
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for place, media in _contents(f"{method} {path}", operation)
        if not _is_exemplified(media, document["components"])
    ]


def _is_exemplified(media: dict[str, Any], components: dict[str, Any]) -> bool:
    examples = [media["example"]] if "example" in media else [one["value"] for one in media.get("examples", {}).values()]
    validator = Draft202012Validator({**media.get("schema", {}), "components": components})
    return bool(examples) and all(validator.is_valid(example) for example in examples)


def _contents(door: str, operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    answers = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    for what, part in {"body": operation.get("requestBody", {}), **answers}.items():
        yield from ((f"{door} {what} {kind}", media) for kind, media in part.get("content", {}).items())


async def closed_doors(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """Method and path of those that don't say that they are open to all."""
    return [(one.method.upper(), one.path) for one in await operations(client) if one.definition.raw.get("security") != []]


async def open_ones(client: httpx.AsyncClient, doors: list[tuple[str, str]]) -> list[str]:
    """Those that answer anything else than 401."""
    answers = [(method, path, await client.request(method, path.replace("{", "").replace("}", ""))) for method, path in doors]
    return [f"{method} {path}: {answer.status_code}" for method, path, answer in answers if not _is_refusal(answer, 401)]


def _is_refusal(answer: httpx.Response, status: int) -> bool:
    return answer.status_code == status and answer.headers["content-type"] == PROBLEM and answer.json()["status"] == status


async def _failure(client: httpx.AsyncClient, sent: Sent) -> str | None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.headers.items()]
    answer = await client.request(sent.method, sent.url, headers=headers, content=sent.content)
    try:
        _check(sent, answer)
    except (AssertionError, FailureGroup) as failure:
        return f"{sent}\n{failure}"
    return None


def _check(sent: Sent, answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if sent.method == sent.case.operation.method.upper():
        told = {name: answer.headers.get_list(name) for name in answer.headers}
        sent.case.validate_response(Response(answer.status_code, told, answer.content, sent.prepared, 0.0, False), checks=CHECKS)
    else:
        assert answer.status_code in NOT_THERE, f"{answer.status_code} {answer.text}"


def _noun(path: str) -> str:
    return path.split("/")[1]
