"""The HTTP side of every service: one application with the same gates, errors and common doors."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from shared.batching import GroupCommit, Item, Result, Work
from shared.change import Audited
from shared.database import Database
from shared.doors import Door, RequestDoor
from shared.errors import Forbidden, NotFound
from shared.events import event_type_of
from shared.gates import Admission, Entrance, SizeLimit
from shared.guard import OPEN, Guard, routes_in
from shared.idempotency import INDEXES
from shared.openapi import described
from shared.problems import explain_problems
from shared.schemas import contract_address, contract_of
from shared.sealing import Sealer
from shared.security import ApiKeys, Principal, TokenVerifier
from shared.settings import Settings

__all__ = ["INDEXES", "OPEN", "Door", "Principal", "RequestDoor", "WebContext", "build_api"]

MAX_BODY_BYTES = 1_000_000
IMPORT_BYTES = 200_000_000
_METRICS_READERS = frozenset({"admin", "integration"})
_WITHOUT_WHAT_WE_MEASURE: TelemetryConfig = {"metrics": False, "logs": False, "operation_spans": False}


@dataclass
class WebContext:
    """What the doors of one process share. `health` tells whether it is ready, and the whole story; `audited` what may be kept for ever."""

    db: Database
    settings: Settings
    health: Callable[[], tuple[bool, dict[str, Any]]]
    audited: Audited = field(default_factory=dict)
    tokens: TokenVerifier = field(init=False)
    api_keys: ApiKeys = field(init=False)
    sealer: Sealer = field(init=False)
    _groups: dict[Any, GroupCommit[Any, Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens = TokenVerifier.of(self.settings)
        self.api_keys = ApiKeys(self.db)
        self.sealer = Sealer(self.settings.secret_key)

    def group_of(self, work: Work[Item, Result]) -> GroupCommit[Item, Result]:
        """The one group in which all callers of this work share their transactions."""
        if work not in self._groups:
            self._groups[work] = GroupCommit(self.db, work, by="api")
        return self._groups[work]


class SchemaResponse(JSONResponse):
    media_type = "application/schema+json"


class Api(FastAPI):
    """FastAPI behind our entrance, so that even an answer to a bug has its ids; its OpenAPI tells the whole form of errors."""

    def build_middleware_stack(self) -> ASGIApp:
        return Entrance(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema


def build_api(name: str, version: str, routers: Sequence[APIRouter], context: WebContext) -> Api:
    """The application of one service. A route takes a larger body by `max_body_size=`, and is open to all by `openapi_extra=OPEN`."""
    doors = [*routers, _common_doors(context)]
    app = Api(
        title=f"Dealwire {name}",
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_WITHOUT_WHAT_WE_MEASURE,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(Admission, guard=Guard(context, doors)),
            Middleware(SizeLimit, most=MAX_BODY_BYTES, larger=list(_larger_bodies(doors))),
        ],
    )
    app.state.context = context
    explain_problems(app)
    for router in doors:
        app.include_router(router)
    app.get("/openapi.json", include_in_schema=False)(_openapi_door(app))
    return app


def _common_doors(context: WebContext) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/health/live", openapi_extra=OPEN)
    async def live() -> dict[str, str]:
        """The process answers; it says nothing of the servers that it needs."""
        return {"status": "live"}

    @router.get("/health/ready", openapi_extra=OPEN)
    async def ready(response: Response) -> dict[str, Any]:
        """200 when the process makes progress in everything that it does, else 503; and the measurements that say so."""
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

    return router


@cache
def _contract(topic: str) -> dict[str, Any]:
    event_type = event_type_of(topic)
    if event_type is None:
        raise NotFound(f"There is no topic {topic}", field="topic", rule="exists")
    return contract_of(event_type)


def _openapi_door(app: Api) -> Callable[[], Any]:
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    return openapi


def _larger_bodies(routers: Sequence[APIRouter]) -> Iterator[tuple[re.Pattern[str], int]]:
    return ((route.path_regex, route.max_body_size) for route in routes_in(routers) if route.max_body_size is not None)


def _operation_id(route: APIRoute) -> str:
    return route.name
