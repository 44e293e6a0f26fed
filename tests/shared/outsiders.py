"""An outside system on a real port of this machine: it answers as it is told, and remembers what it was asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

LOCAL = (ip_network("127.0.0.0/8"),)
Answers = Callable[[Request], Any]


@dataclass
class Outsider:
    """`answer` makes a Response, a JSON value, or, as a coroutine, either of them in its own time."""

    answer: Answers = lambda request: {}
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    url: str = ""

    async def _respond(self, request: Request) -> Response:
        self.asked.append(str(request.url).removeprefix(self.url))
        self.headers.append(dict(request.headers))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answer(request)
            answer = await answer if asyncio.iscoroutine(answer) else answer
        finally:
            self.at_once -= 1
        return answer if isinstance(answer, Response) else JSONResponse(answer)


@contextlib.asynccontextmanager
async def outsider(answer: Answers = lambda request: {}) -> AsyncIterator[Outsider]:
    system = Outsider(answer)
    app = Starlette(routes=[Route("/{path:path}", system._respond, methods=["GET", "POST"])])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    system.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield system
    finally:
        server.should_exit = server.force_exit = True
        await serving
