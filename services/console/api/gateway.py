"""The way from a page to the services: the same paths as behind an ingress, with the caller's own token."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask
from starlette.datastructures import Headers
from starlette.responses import StreamingResponse

from shared.errors import NotFound, Unreachable
from shared.passage import Passage, passage_of

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
PATIENCE = httpx.Timeout(30, connect=2)
_SENT_ON = ("accept", "content-type", "content-length", "idempotency-key", "if-match", "if-none-match", "traceparent")
_SENT_BACK = ("content-type", "etag", "location", "retry-after", "idempotency-replayed", "content-disposition", "x-request-id")


class Gateway:
    """Carries requests to the services; knows where they are and nothing else of them."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self.addresses = addresses
        self._client = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, limits=httpx.Limits(max_connections=200))

    async def ask(self, service: str, method: str, path: str, *, headers: Mapping[str, str], **content: Any) -> httpx.Response:
        """Raises Unreachable when the service is away; its own refusals are answers."""
        try:
            return await self._client.request(method, self._address(service) + path, headers=dict(headers), **content)
        except httpx.TransportError as error:
            raise _away(service, error) from None

    async def carry(self, request: Request, service: str, path: str) -> Response:
        """A request as it came, streamed both ways."""
        url = httpx.URL(self._address(service) + path, query=request.url.query.encode())
        sent = self._client.build_request(request.method, url, headers=_headers_on(request), content=_body_of(request))
        try:
            answer = await self._client.send(sent, stream=True)
        except httpx.TransportError as error:
            raise _away(service, error) from None
        headers = _headers_back(answer.headers, service)
        return StreamingResponse(answer.aiter_raw(), answer.status_code, headers, background=BackgroundTask(answer.aclose))

    def _address(self, service: str) -> str:
        if service not in self.addresses:
            raise NotFound(f"There is no service {service[:50]}", field="service", rule="known_service")
        return self.addresses[service].rstrip("/")

    async def close(self) -> None:
        await self._client.aclose()


def ids_of(passage: Passage) -> dict[str, str]:
    """So that one journey has one name in all logs."""
    return {"x-request-id": passage.request_id, "x-correlation-id": passage.correlation_id}


router = APIRouter(include_in_schema=False)


@router.api_route("/api/{service}/{path:path}", methods=METHODS)
async def carry(service: str, path: str, request: Request) -> Response:
    """From the console to itself there is one step, and not one for each time that the path says so."""
    if service == "console" and path.startswith("api/"):
        raise NotFound("There is no way through the console to the console", field="path", rule="one_step")
    gateway: Gateway = request.app.state.front.gateway
    prefix = f"/api/{service}".encode()
    return await gateway.carry(request, service, request.scope["raw_path"].removeprefix(prefix).decode("latin-1"))


def _headers_on(request: Request) -> dict[str, str]:
    """The cookie stays here."""
    sent = {name: request.headers[name] for name in (*_SENT_ON, "authorization") if name in request.headers}
    return sent | ids_of(passage_of(request.scope)) | {"accept-encoding": "identity"}


def _body_of(request: Request) -> AsyncIterator[bytes] | None:
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    return request.stream() if has_body else None


def _headers_back(headers: Mapping[str, str], service: str) -> Headers:
    sent = {name: headers[name] for name in _SENT_BACK if name in headers}
    if sent.get("location", "").startswith("/"):
        sent["location"] = f"/api/{service}{sent['location']}"
    return Headers(sent)


def _away(service: str, error: httpx.TransportError) -> Unreachable:
    return Unreachable(f"The {service} service does not answer ({type(error).__name__})")
