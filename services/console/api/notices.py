"""What one has been told: the bell and its page, straight from the notifications service."""

from typing import Any

from fastapi import APIRouter, Response

from services.console.api.commands import Key, passed_on, read, send
from services.console.api.visits import Guest, Visit
from shared.errors import Unreachable

router = APIRouter(prefix="/notifications", include_in_schema=False)
SHOWN, COUNTED = 50, 100


@router.get("")
async def show_notifications(visit: Guest) -> Response:
    answer = await read(visit, "notifications", f"/notifications?limit={SHOWN}")
    if not answer.is_success:
        return passed_on(answer)
    watch = [f"notification:{visit.principal.subject}"]
    return visit.show("notifications.html", watch=watch, items=answer.json()["items"])


@router.get("/bell")
async def show_bell(visit: Guest) -> Response:
    return visit.show("bell.html", unread=await _unread(visit), most=COUNTED)


@router.post("/read")
async def read_all(visit: Guest, key: Key) -> Response:
    answer = await send(visit, "POST", "notifications", "/notifications/read-all", {}, key=key)
    return visit.done("read", "/notifications") if answer.is_success else passed_on(answer)


async def _unread(visit: Visit) -> int | None:
    """None when nobody can say: the bell is on every page, and no page may depend on it."""
    try:
        answer = await read(visit, "notifications", f"/notifications?unread=true&limit={COUNTED}")
    except Unreachable:
        return None
    told: dict[str, Any] = answer.json() if answer.is_success else {}
    return len(told["items"]) if "items" in told else None
