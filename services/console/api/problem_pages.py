"""Problems as pages: whoever came with a browser gets a readable page, or is sent to sign in, instead of problem+json."""

import json
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console.api.rendering import render
from services.console.api.session import header_of
from shared.problems import MEDIA_TYPE


class ProblemPages:
    """Watches the answers go out, and exchanges problems for pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or b"text/html" not in header_of(scope, b"accept"):
            return await self._app(scope, receive, send)
        problem = _Problem()
        await self._app(scope, receive, problem.keeping(send))
        if problem.status:
            await _page(scope, problem)(scope, receive, send)


class _Problem:
    """A problem that is kept back."""

    def __init__(self) -> None:
        self.status, self.body = 0, b""

    def keeping(self, send: Send) -> Send:
        async def send_or_keep(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                self.status = message["status"]
            elif self.status:
                self.body += message.get("body", b"")
            else:
                await send(message)

        return send_or_keep

    @property
    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


def _is_problem(message: Message) -> bool:
    return any(name == b"content-type" and value.startswith(MEDIA_TYPE.encode()) for name, value in message["headers"])


def _page(scope: Scope, problem: _Problem) -> Response:
    if problem.status != 401 or scope["method"] != "GET":
        return render("problem.html", problem.status, problem=problem.told, path=scope["path"])
    if header_of(scope, b"sec-fetch-site") == b"cross-site":
        return render("bounce.html")
    return RedirectResponse(f"/sign-in?next={quote(_address(scope))}", 303)


def _address(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return str(scope["path"]) + (f"?{query}" if query else "")
