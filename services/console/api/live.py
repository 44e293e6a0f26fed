"""What open pages listen to: server-sent events that name what has changed; the page then asks for its fragments anew."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.console import service
from services.console.api.broadcasting import Watcher
from services.console.api.front import front_of
from services.console.api.visits import PEOPLE
from shared.database import utcnow
from shared.web import Door

router = APIRouter(include_in_schema=False)
MOST_NAMES = 300
PING_SECONDS, RETRY_MS = 20, 2000
# A stream ends after a while, and the browser opens another: so a token that has expired is noticed.
STREAM_SECONDS = 900.0


@router.get("/live")
async def follow_changes(
    request: Request,
    door: Door,
    on: Annotated[list[str], Query(default_factory=list, max_length=MOST_NAMES)],
    since: AwareDatetime | None = None,
) -> EventSourceResponse:
    door.allow(*PEOPLE)
    library = await service.open_library(door.db, door.principal)
    names = frozenset([*await service.watchable(library, on), f"notification:{door.principal.subject}"])
    return EventSourceResponse(_stream(request, names, since or utcnow()), ping=PING_SECONDS, headers={"cache-control": "no-store"})


async def _stream(request: Request, names: frozenset[str], since: datetime) -> AsyncIterator[ServerSentEvent]:
    async with front_of(request).broadcaster.watch(names, since) as watcher:
        yield ServerSentEvent(event="ready", data="{}", retry=RETRY_MS)
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                while True:
                    yield await _next(watcher)
        except TimeoutError:
            return


async def _next(watcher: Watcher) -> ServerSentEvent:
    return ServerSentEvent(event="changed", data=json.dumps(await watcher.changes()))
