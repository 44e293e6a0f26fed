"""What every request passes before it reaches a door: ids and measures, proof of who asks, a limit on size. Plain ASGI, for speed."""

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from shared.errors import DealwireError, TooLarge
from shared.metrics import HTTP_SECONDS
from shared.passage import Passage, passage_of
from shared.problems import answer_problem
from shared.telemetry import pass_on

if TYPE_CHECKING:
    from shared.guard import Guard

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"DENY"), (b"referrer-policy", b"same-origin")]
_UNLESS_SAID = [(b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"), (b"cache-control", b"no-store")]


class Entrance:
    """The outermost: names the request for logs, events and the caller, measures it, and sets the headers that browsers need."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 500
        passage = Passage.begin(scope)
        passage.enter(scope)
        pass_on(passage.traceparent)

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _marked(list(message["headers"]), passage)
            await send(message)

        try:
            with bound_contextvars(request_id=passage.request_id, correlation_id=passage.correlation_id):
                await self._app(scope, receive, send_marked)
        finally:
            HTTP_SECONDS.labels(_method(scope), _route(scope), str(status)).observe(time.perf_counter() - began)


class Admission:
    """Nobody gets to a door without proof of who they are, and nothing of theirs is read before."""

    def __init__(self, app: ASGIApp, guard: "Guard") -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if scope["type"] != "http" or self._guard.is_open(scope) else await self._admitted(scope)
        await app(scope, receive, send)

    async def _admitted(self, scope: Scope) -> ASGIApp:
        passage = passage_of(scope)
        try:
            passage.principal = await self._guard.principal(scope)
        except DealwireError as error:
            return answer_problem(error, passage.request_id)
        return self._app


class SizeLimit:
    """Refuses a body that is larger than its door takes, announced or not. `larger` are the doors that take more than `most`."""

    def __init__(self, app: ASGIApp, most: int, larger: Sequence[tuple[re.Pattern[str], int]]) -> None:
        self._app, self._most, self._larger = app, most, larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        passage, most = passage_of(scope), self._limit(scope["path"])
        if _announced(scope) > most:
            refusal = TooLarge(f"The body may be at most {most} bytes", field="body", rule="size")
            return await answer_problem(refusal, passage.request_id)(scope, receive, send)
        return await self._app(scope, _counted(receive, passage, most), send)

    def _limit(self, path: str) -> int:
        return next((most for pattern, most in self._larger if pattern.match(path)), self._most)


def _counted(receive: Receive, passage: Passage, most: int) -> Receive:
    size = 0

    async def receive_counted() -> Message:
        nonlocal size
        message = await receive()
        body = message.get("body", b"")
        size += len(body)
        if size > most:
            # The one exception that the framework lets through while it reads a body; it becomes a TooLarge problem.
            raise HTTPException(413, detail=str(most))
        if passage.body_digest is not None:
            passage.body_digest.update(body)
        return message

    return receive_counted


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


def _marked(headers: list[tuple[bytes, bytes]], passage: Passage) -> list[tuple[bytes, bytes]]:
    said = {name for name, _ in headers}
    headers += [(b"x-request-id", passage.request_id.encode()), (b"x-correlation-id", passage.correlation_id.encode()), *_ALWAYS]
    headers += [pair for pair in _UNLESS_SAID if pair[0] not in said]
    return headers


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


def _route(scope: Scope) -> str:
    """The template of the path, so that ids in paths don't multiply the series."""
    return getattr(scope.get("route"), "path", "none")
