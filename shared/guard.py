"""Decides who may come in: which doors are open to all, and what counts as proof of who asks."""

from collections.abc import Iterable, Iterator
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.types import Scope

from shared.errors import Unauthenticated
from shared.principal import Principal

if TYPE_CHECKING:
    from shared.web import WebContext

# On a route: `@router.get("/sign-in", openapi_extra=OPEN)`, or with more beside it. It is how OpenAPI itself says that no proof is needed.
OPEN: dict[str, Any] = {"security": []}
_METRICS_READER = Principal(subject="metrics", name="metrics", scopes=frozenset({"metrics"}))


class Guard:
    """One service's. A door is open only if its route says so."""

    def __init__(self, context: "WebContext", routers: Iterable[APIRouter]) -> None:
        self._context = context
        self._open = [route for route in routes_in(routers) if (route.openapi_extra or {}).get("security") == OPEN["security"]]

    def is_open(self, scope: Scope) -> bool:
        return any(scope["method"] in (route.methods or ()) and route.path_regex.match(scope["path"]) for route in self._open)

    async def principal(self, scope: Scope) -> Principal:
        """Raises Unauthenticated, or Unreachable when that can't be found out now."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in (b"authorization", b"x-api-key")}
        if b"authorization" in headers:
            token = _bearer(headers[b"authorization"])
            return _METRICS_READER if self._is_scraper(token, scope) else await self._context.tokens.principal(token)
        if b"x-api-key" in headers:
            return await self._context.api_keys.principal(headers[b"x-api-key"])
        raise Unauthenticated("Send a bearer token, or an API key in X-API-Key")

    def _is_scraper(self, token: str, scope: Scope) -> bool:
        expected = self._context.settings.metrics_token
        return expected is not None and scope["path"] == "/metrics" and compare_digest(token.encode(), expected.get_secret_value().encode())


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Authorization takes the form: Bearer <token>")
    return token.strip()


def routes_in(routers: Iterable[APIRouter]) -> Iterator[RouteContext]:
    """Those of routers within routers too, under the paths that they have there."""
    for router in routers:
        yield from (route for route in iter_route_contexts(router.routes) if isinstance(route.original_route, APIRoute))
