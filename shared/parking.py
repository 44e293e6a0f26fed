"""Parked messages: seen, mended, replayed or discarded by an operator. A replay reaches only the service that parked it."""

import base64
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from shared.database import Database
from shared.delivery import Delivery
from shared.doors import Door, RequestDoor
from shared.errors import Invalid, NotAllowedNow, NotFound
from shared.hearing import Hearing
from shared.history import Change
from shared.indexing import Index
from shared.paging import Listing, Page
from shared.subscriptions import Subscriptions
from shared.timers import TIMER_TOPIC, Timer, Timers
from shared.transaction import Transaction

OPERATORS = ("admin", "manager")
KEPT_SECONDS = 90 * 24 * 3600
INDEXES = (
    Index("parked", [("status", 1), ("parked_at", -1)]),
    Index("parked", [("topic", 1), ("parked_at", -1)]),
    Index("parked", [("parked_at", 1)], expire_after_seconds=KEPT_SECONDS),
    Index("waiting", [("until", 1), ("at", 1), ("order", 1)]),
    Index("waiting", [("at", 1)], expire_after_seconds=KEPT_SECONDS),
    Index("waiting_names", [("at", 1)], expire_after_seconds=24 * 3600),
)


# What tools for OpenAPI make of a tuple differs; a short list they all know.
_PAIR = {"type": "array", "items": {"type": ["string", "null"]}, "minItems": 2, "maxItems": 2}
Header = Annotated[tuple[str, str | None], WithJsonSchema(_PAIR)]


class ParkedView(BaseModel):
    """`value` is text where it is UTF-8, else base64 in `value_base64`; headers likewise shown as text, bad bytes replaced."""

    id: str
    version: int
    status: str
    topic: str
    partition: int
    offset: int
    key: str | None
    value: str | None
    value_base64: str | None = None
    headers: list[Header]
    event_id: str | None
    correlation_id: str | None
    reason: str
    error: str
    violations: list[dict[str, str]]
    attempts: int
    parked_at: datetime
    settled_at: datetime | None = None
    note: str | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        text = _as_text(row["value"])
        fields = {name: row.get(name) for name in cls.model_fields if name in row}
        shown = {"id": row["_id"], "value": text, "key": _as_text(row["key"])}
        if text is None and row["value"] is not None:
            shown["value_base64"] = base64.b64encode(row["value"]).decode()
        headers = [(name, value.decode(errors="replace") if value is not None else None) for name, value in row["headers"]]
        return cls.model_validate(fields | shown | {"headers": headers})


class Mending(BaseModel):
    """What an operator changes of a parked message before it is replayed: its value, single headers by name (null takes one away)."""

    value: str | None = None
    headers: dict[str, str | None] = {}

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.value is None and not self.headers:
            raise PydanticCustomError("nothing", "Send a value, or headers, or both")
        return self

    def of(self, row: dict[str, Any]) -> dict[str, Any]:
        """What is not named stays as it came, whatever its bytes."""
        kept = [[name, value] for name, value in row["headers"] if name not in self.headers]
        new = [[name, value.encode()] for name, value in self.headers.items() if value is not None]
        return {"headers": kept + new} | ({"value": self.value.encode()} if self.value is not None else {})


class Discarding(BaseModel):
    reason: str


PARKED = Listing(
    "parked", view=ParkedView.of, sorts=("parked_at",), default_sort="-parked_at", filters={"status": str, "topic": str, "reason": str}
)


class Parking:
    """The doors of one service's parked messages."""

    def __init__(self, subscriptions: Subscriptions, timers: Timers) -> None:
        self._subscriptions, self._timers = subscriptions, timers
        self.router = APIRouter(tags=["parked"])
        self.router.get("/parked", response_model=Page[ParkedView], openapi_extra=PARKED.described)(self._list_parked)
        self.router.get("/parked/{parked_id}", response_model=ParkedView)(self._show_parked)
        self.router.patch("/parked/{parked_id}", response_model=ParkedView)(self._edit_parked)
        self.router.post("/parked/{parked_id}/replay", response_model=ParkedView)(self._replay_parked)
        self.router.post("/parked/{parked_id}/discard", response_model=ParkedView)(self._discard_parked)

    async def _list_parked(self, door: Door, request: Request) -> Any:
        door.allow(*OPERATORS)
        return await PARKED.page(door.db, request.query_params, scope={})

    async def _show_parked(self, parked_id: str, door: Door) -> ParkedView:
        door.allow(*OPERATORS)
        return ParkedView.of(await _get(door.db, parked_id))

    async def _edit_parked(self, parked_id: str, mending: Mending, door: Door) -> Response:
        async def edit(tx: Transaction) -> dict[str, Any]:
            row = await _get_parked(tx, parked_id)
            return await _save(tx, row, what="edited", **mending.of(row))

        return await _commanded(door, edit)

    async def _replay_parked(self, parked_id: str, door: Door) -> Response:
        async def replay(tx: Transaction) -> dict[str, Any]:
            row = await _get_parked(tx, parked_id)
            await self._hear_again(tx, row)
            return await _save(tx, row, what="replayed", status="replayed", settled_at=tx.now)

        return await _commanded(door, replay)

    async def _discard_parked(self, parked_id: str, discarding: Discarding, door: Door) -> Response:
        async def discard(tx: Transaction) -> dict[str, Any]:
            row = await _get_parked(tx, parked_id)
            return await _save(tx, row, what="discarded", status="discarded", note=discarding.reason, settled_at=tx.now)

        return await _commanded(door, discard)

    async def _hear_again(self, tx: Transaction, row: dict[str, Any]) -> None:
        """Through the same code as the first time; what is still wrong with it is the answer, and it stays parked."""
        if row["topic"].startswith(TIMER_TOPIC):
            timer = Timer.parked(row["topic"], row["value"])
            return await self._timers.handlers[timer.name](tx, [timer])
        delivery = _delivery(row).decoded()
        if delivery.refusal is not None:
            raise delivery.refusal
        if delivery.event is None or self._subscriptions.handler_of(delivery.topic) is None:
            raise Invalid(f"{tx.database.name} does not hear {row['topic']}", field="topic", rule="unheard")
        refused = await Hearing(tx.database, self._subscriptions).hear(tx, [delivery])
        if refused:
            raise Invalid(refused[0]["error"], field="value", rule="refused_again")


async def settle_parked(tx: Transaction, parked_id: str, *, note: str) -> None:
    """For a service that took the matter up again in its own way; one that an operator has settled stays as it is."""
    row: dict[str, Any] | None = await tx.collection("parked").find_one({"_id": parked_id})
    if row is not None and row["status"] == "parked":
        await _save(tx, row, what="replayed", status="replayed", note=note, settled_at=tx.now)


async def _commanded(door: RequestDoor, work: Any) -> Response:
    door.allow(*OPERATORS)
    return await door.command(work, view=ParkedView.of)


async def _get(db: Database, parked_id: str) -> dict[str, Any]:
    row: dict[str, Any] | None = await db.collection("parked").find_one({"_id": parked_id})
    if row is None:
        raise NotFound(f"There is no parked message {parked_id}", field="parked_id", rule="exists")
    return row


async def _get_parked(tx: Transaction, parked_id: str) -> dict[str, Any]:
    row: dict[str, Any] | None = await tx.collection("parked").find_one({"_id": parked_id})
    if row is None:
        raise NotFound(f"There is no parked message {parked_id}", field="parked_id", rule="exists")
    if row["status"] != "parked":
        raise NotAllowedNow(f"It was {row['status']} already", field="status", rule="parked")
    return row


async def _save(tx: Transaction, row: dict[str, Any], *, what: str, **changes: Any) -> dict[str, Any]:
    version = row["version"] + 1
    await tx.collection("parked").update_one({"_id": row["_id"]}, {"$set": changes | {"version": version}})
    tx.record(
        Change(
            of="parked",
            id=row["_id"],
            version=version,
            what=what,
            before={"status": row["status"]},
            after={"status": changes.get("status", row["status"])},
        )
    )
    return row | changes | {"version": version}


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        value=row["value"],
        headers=[(name, value) for name, value in row["headers"]],
        timestamp_ms=row["timestamp_ms"],
        replay_of=f"{row['_id']}/{row['version']}",
    )


def _as_text(value: bytes | None) -> str | None:
    try:
        return value.decode() if value is not None else None
    except UnicodeDecodeError:
        return None
