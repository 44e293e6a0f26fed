"""The doors that every service has: how it is, what travels on its topics, what it measured."""

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.doors import Door
from shared.errors import Forbidden, NotFound
from shared.events import event_type_of
from shared.guard import OPEN
from shared.schemas import contract_address, contract_of

if TYPE_CHECKING:
    from shared.web import WebContext

_METRICS_READERS = frozenset({"admin", "integration"})


class SchemaResponse(JSONResponse):
    media_type = "application/schema+json"


router = APIRouter(tags=["operations"])


@router.get("/health/live", openapi_extra=OPEN)
async def live() -> dict[str, str]:
    """The process answers; it says nothing of the servers that it needs."""
    return {"status": "live"}


@router.get("/health/ready", openapi_extra=OPEN)
async def ready(request: Request, response: Response) -> dict[str, Any]:
    """200 when the process makes progress in everything that it does, else 503; and the measurements that say so."""
    context: WebContext = request.app.state.context
    is_ready, story = context.health()
    response.status_code = 200 if is_ready else 503
    return story


@router.get(contract_address("{topic}"), openapi_extra=OPEN, response_class=SchemaResponse)
async def contract(topic: str) -> Response:
    """The JSON Schema of what travels on a topic, as the header `ce_dataschema` names it."""
    return SchemaResponse(_contract(topic))


@router.get("/metrics", response_class=Response)
async def metrics(door: Door) -> Response:
    """For Prometheus: with DEALWIRE_METRICS_TOKEN as bearer token, with the scope `metrics`, or as admin or integration."""
    if not (door.principal.roles & _METRICS_READERS or "metrics" in door.principal.scopes):
        raise Forbidden("This takes the scope metrics")
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@cache
def _contract(topic: str) -> dict[str, Any]:
    event_type = event_type_of(topic)
    if event_type is None:
        raise NotFound(f"There is no topic {topic}", field="topic", rule="exists")
    return contract_of(event_type)
