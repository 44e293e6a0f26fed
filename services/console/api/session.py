"""Who sits at the browser: a signed cookie stands for a bearer token, and a form proves that it came from our own page."""

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, new
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Forbidden, Refused, TooLarge
from shared.passage import passage_of
from shared.problems import answer_problem

MAX_FORM_BYTES = 1_000_000
CSRF_FIELD, CSRF_HEADER = "csrf", b"x-csrf-token"
_KEY = "dealwire.session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({b"same-origin", b"none"})


@dataclass(frozen=True, slots=True)
class Session:
    """What a signed-in browser holds."""

    token: str

    @property
    def csrf(self) -> str:
        """Bound to the session: nobody can know it who can't read the pages that it is written in."""
        return new(self.token.encode(), b"csrf", sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Cookie:
    """Its name holds the port: browsers keep one jar for all the ports of a host, and two stacks may run on one."""

    name: str
    secure: bool

    @classmethod
    def of(cls, request: Request, port: int) -> "Cookie":
        return cls(f"dealwire_{port}", request.url.scheme == "https")

    def put(self, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(self.name, value, max_age=seconds, httponly=True, samesite="strict", secure=self.secure)

    def drop(self, response: Response) -> None:
        response.delete_cookie(self.name, httponly=True, samesite="strict", secure=self.secure)


class BySession:
    """Lets the cookie stand for a bearer token, for requests that bring no proof of their own."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app, self._cookie = app, f"dealwire_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = _cookie_in(scope, self._cookie) if scope["type"] == "http" else None
        if token is None or _has_own_proof(scope):
            return await self._app(scope, receive, send)
        session = Session(token)
        try:
            receive = await _proven(scope, receive, session)
        except Refused as refusal:
            return await answer_problem(refusal, passage_of(scope).request_id)(scope, receive, send)
        headers = [*scope["headers"], (b"authorization", f"Bearer {token}".encode())]
        await self._app({**scope, "headers": headers, _KEY: session}, receive, send)


def session_of(request: Request) -> Session | None:
    session: Session | None = request.scope.get(_KEY)
    return session


def header_of(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


def _cookie_in(scope: Scope, name: str) -> str | None:
    try:
        jar = SimpleCookie(header_of(scope, b"cookie").decode("latin-1"))
    except CookieError:
        return None
    return jar[name].value or None if name in jar else None


def _has_own_proof(scope: Scope) -> bool:
    return any(name in (b"authorization", b"x-api-key") for name, _ in scope["headers"])


async def _proven(scope: Scope, receive: Receive, session: Session) -> Receive:
    """Raises Forbidden for a change that another site may have made the browser ask for."""
    if scope["method"] in _SAFE:
        return receive
    if header_of(scope, b"sec-fetch-site") not in (*_OURS, b""):
        raise Forbidden("This request came from another site", rule="same_origin")
    given = header_of(scope, CSRF_HEADER)
    if not given and header_of(scope, b"content-type").startswith(b"application/x-www-form-urlencoded"):
        body = await _whole_body(receive)
        given, receive = _field(body, CSRF_FIELD), _again(body, receive)
    if not compare_digest(given, session.csrf.encode()):
        raise Forbidden("The page was too old, or was not ours; load it again and repeat", field=CSRF_FIELD, rule="csrf")
    return receive


async def _whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge(f"A form may be at most {MAX_FORM_BYTES} bytes", rule="size")
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once more for those behind us."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _field(body: bytes, name: str) -> bytes:
    values: dict[Any, Any] = parse_qs(body, max_num_fields=1000)
    return bytes(values.get(name.encode(), [b""])[0])
