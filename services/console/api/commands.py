"""A button of a page becomes a command to the service that owns the record, with the token of whoever pressed it."""

from typing import Annotated, Any

import httpx
from fastapi import Form, Response

from services.console.api.gateway import ids_of
from services.console.api.visits import Visit
from shared.passage import passage_of

# Written into every form, so that a button that is pressed twice acts once.
Key = Annotated[str, Form(pattern=r"^[0-9a-f-]{36}$")]


async def command(visit: Visit, service: str, path: str, told: dict[str, Any], *, key: str, done: tuple[str, str]) -> Response:
    """`done` is what to say when it is carried out, and where to go then. A refusal is answered as the service said it."""
    answer = await send(visit, "POST", service, path, told, key=key)
    return visit.done(*done) if answer.is_success else passed_on(answer)


async def send(visit: Visit, method: str, service: str, path: str, told: dict[str, Any], *, key: str) -> httpx.Response:
    headers = {"authorization": visit.authorization, "idempotency-key": key, **ids_of(passage_of(visit.request.scope))}
    return await visit.front.gateway.ask(service, method, path, headers=headers, json=told)


async def read(visit: Visit, service: str, path: str) -> httpx.Response:
    headers = {"authorization": visit.authorization, **ids_of(passage_of(visit.request.scope))}
    return await visit.front.gateway.ask(service, "GET", path, headers=headers)


def passed_on(answer: httpx.Response) -> Response:
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))
