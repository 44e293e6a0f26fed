"""The page of parked messages, of all services: seen, mended, replayed or discarded where they were parked."""

import asyncio
import json
from operator import itemgetter
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from services.console.api.commands import Key, command, passed_on, read, send
from services.console.api.visits import OPERATORS, Guest, Visit
from shared.database import new_id
from shared.errors import Unreachable

router = APIRouter(prefix="/parked-messages", include_in_schema=False)
STATES = ("parked", "replayed", "discarded")
SHOWN = 50
MOST_AT_ONCE = 100
Row = dict[str, Any]


@router.get("")
async def show_parked(visit: Guest, status: str = "parked", service: str = "") -> Response:
    visit.door.allow(*OPERATORS)
    chosen = status if status in STATES else STATES[0]
    names = [name for name in visit.front.gateway.addresses if service in ("", name)]
    found = await asyncio.gather(*(_parked_in(visit, name, chosen) for name in names))
    rows = sorted((row for rows in found if rows for row in rows), key=lambda row: str(row["parked_at"]), reverse=True)
    away = [name for name, rows in zip(names, found, strict=True) if rows is None]
    asked = {"status": chosen, "service": service, "services": list(visit.front.gateway.addresses), "states": STATES}
    return visit.show("parked.html", rows=rows, away=away, shown=SHOWN, asked=asked)


@router.post("/replay")
async def replay_several(visit: Guest, chosen: Annotated[list[str], Form(max_length=MOST_AT_ONCE)]) -> Response:
    """One after the other, in the order in which they were parked; what is still wrong with one is said beside it."""
    visit.door.allow(*OPERATORS)
    named = [one.split("/") for one in chosen if one.count("/") == 1]
    # The page lists the newest first, and their ids sort by the time at which they were made.
    outcomes = [await _replay(visit, service, parked_id) for service, parked_id in sorted(named, key=itemgetter(1))]
    return visit.show("replayed.html", outcomes=outcomes)


@router.get("/{service}/{parked_id}")
async def show_message(visit: Guest, service: str, parked_id: str) -> Response:
    visit.door.allow(*OPERATORS)
    answer = await read(visit, service, f"/parked/{parked_id}")
    if not answer.is_success:
        return passed_on(answer)
    row = answer.json()
    return visit.show("parked_message.html", service=service, row=row, value=_legible(row["value"]))


@router.post("/{service}/{parked_id}/edit")
async def edit_message(visit: Guest, service: str, parked_id: str, key: Key, value: Annotated[str, Form()]) -> Response:
    """Browsers send lines with carriage returns; what was parked had none."""
    told = {"value": value.replace("\r\n", "\n")}
    answer = await send(visit, "PATCH", service, f"/parked/{parked_id}", told, key=key)
    return visit.done("edited", _page_of(service, parked_id)) if answer.is_success else passed_on(answer)


@router.post("/{service}/{parked_id}/replay")
async def replay_message(visit: Guest, service: str, parked_id: str, key: Key) -> Response:
    path, to = f"/parked/{parked_id}/replay", _page_of(service, parked_id)
    return await command(visit, service, path, {}, key=key, done=("replayed", to))


@router.post("/{service}/{parked_id}/discard")
async def discard_message(visit: Guest, service: str, parked_id: str, key: Key, reason: Annotated[str, Form()]) -> Response:
    path, to = f"/parked/{parked_id}/discard", _page_of(service, parked_id)
    return await command(visit, service, path, {"reason": reason}, key=key, done=("discarded", to))


async def _parked_in(visit: Visit, service: str, status: str) -> list[Row] | None:
    """None when the service does not answer."""
    try:
        answer = await read(visit, service, f"/parked?status={status}&limit={SHOWN}")
    except Unreachable:
        return None
    return [row | {"service": service} for row in answer.json()["items"]] if answer.is_success else None


async def _replay(visit: Visit, service: str, parked_id: str) -> Row:
    outcome: Row = {"service": service, "id": parked_id, "problem": None}
    try:
        answer = await send(visit, "POST", service, f"/parked/{parked_id}/replay", {}, key=new_id())
    except Unreachable as away:
        return outcome | {"problem": str(away)}
    return outcome if answer.is_success else outcome | {"problem": answer.json()["detail"]}


def _legible(value: str | None) -> str | None:
    """JSON as people read it; what is no JSON as it is."""
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False) if value is not None else None
    except ValueError:
        return value


def _page_of(service: str, parked_id: str) -> str:
    return f"/parked-messages/{service}/{parked_id}"
