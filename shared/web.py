"""The HTTP side of every service: one application with the same gates, errors and common doors."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from shared import common_doors
from shared.batching import GroupCommit, Item, Result, Work
from shared.change import Audited
from shared.database import Database
from shared.doors import Door, RequestDoor
from shared.gates import Admission, Entrance, SizeLimit
from shared.guard import OPEN, Guard, routes_in
from shared.idempotency import INDEXES
from shared.openapi import described
from shared.problems import explain_problems
from shared.sealing import Sealer
from shared.security import ApiKeys, Principal, TokenVerifier
from shared.settings import Settings

__all__ = ["INDEXES", "OPEN", "Door", "Principal", "RequestDoor", "WebContext", "build_api", "with_common_doors"]

MAX_BODY_BYTES = 1_000_000
IMPORT_BYTES = 200_000_000
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


class Api(FastAPI):
    """FastAPI behind our entrance, so that even an answer to a bug has its ids; its OpenAPI tells the whole form of errors."""

    def build_middleware_stack(self) -> ASGIApp:
        return Entrance(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema


def with_common_doors(*routers: APIRouter) -> APIRouter:
    """All doors of a service.

    To be made once in a process: what FastAPI has to find out of the routes, when the first of an application is asked for, takes a third
    of a second of CPU for a large service.
    """
    doors = APIRouter(generate_unique_id_function=_operation_id)
    for router in (*routers, common_doors.router):
        doors.include_router(router)
    return doors


def build_api(name: str, version: str, doors: APIRouter, context: WebContext) -> Api:
    """The application of one service. A route takes a larger body by `max_body_size=`, and is open to all by `openapi_extra=OPEN`."""
    app = Api(
        title=f"Dealwire {name}",
        version=version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_WITHOUT_WHAT_WE_MEASURE,
        middleware=[
            Middleware(Admission, guard=Guard(context, [doors])),
            Middleware(SizeLimit, most=MAX_BODY_BYTES, larger=list(_larger_bodies([doors]))),
        ],
    )
    app.state.context = context
    explain_problems(app)
    app.router.routes.extend(doors.routes)
    app.get("/openapi.json", include_in_schema=False)(_openapi_door(app))
    return app


def _openapi_door(app: Api) -> Callable[[], Any]:
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    return openapi


def _larger_bodies(routers: Sequence[APIRouter]) -> Iterator[tuple[re.Pattern[str], int]]:
    return ((route.path_regex, route.max_body_size) for route in routes_in(routers) if route.max_body_size is not None)


def _operation_id(route: APIRoute) -> str:
    return route.name
