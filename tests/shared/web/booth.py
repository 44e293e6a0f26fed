"""A service small enough to see the HTTP side of all services through: a booth that takes orders."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, Self

import httpx
from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, SecretStr
from pymongo.errors import AutoReconnect, OperationFailure

from shared.database import Database, new_id
from shared.errors import Invalid, NotAllowedNow, NotFound, StaleVersion, Unreachable
from shared.events import Envelope, OrderUpdated
from shared.events.values import Text
from shared.history import Change
from shared.paging import Listing, Page
from shared.security import router as api_keys_router
from shared.settings import Settings
from shared.transaction import Transaction
from shared.web import OPEN, Door, WebContext, build_api, with_common_doors
from tests.tokens import JWKS_PATH, signed_token

IMPORT_BYTES = 3_000_000


class Buyer(BaseModel):
    email: Text
    name: str = ""
    age: int = Field(30, ge=0)


class NewOrder(BaseModel):
    buyer: Buyer
    amount: Decimal = Field(Decimal(1), ge=0)
    due: AwareDatetime | None = None
    notes: str = Field("", max_length=500)


class OrderView(BaseModel):
    id: str
    version: int
    email: str
    amount: Decimal
    due: datetime | None

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        return cls.model_validate({**document, "id": document["_id"]})


class TipView(BaseModel):
    tip_id: str
    together_with: int


class Tip(NamedTuple):
    email: str
    origin: Envelope


FILTERS = {"email": str, "due": datetime, "amount": Decimal, "age": int}
ORDERS = Listing("orders", view=OrderView.of, sorts=("amount", "due"), default_sort="-amount", filters=FILTERS)
router = APIRouter()


@router.post("/orders", response_model=OrderView, status_code=201)
async def post_order(wanted: NewOrder, door: Door) -> Response:
    door.allow("rep", "integration", scope="orders")
    return await door.command(
        lambda tx: place_order(tx, wanted), view=OrderView.of, status=201, location=lambda row: f"/orders/{row['_id']}"
    )


@router.post("/tips", response_model=TipView, status_code=202)
async def post_tip(wanted: Buyer, door: Door) -> Response:
    return await door.submit(take_tips, Tip(wanted.email, door.origin))


@router.get("/orders", response_model=Page[OrderView], openapi_extra=ORDERS.described)
async def list_orders(door: Door, request: Request) -> Page[OrderView]:
    return await ORDERS.page(door.db, request.query_params, scope=door.principal.record_scope())


@router.get("/orders/{order_id}", response_model=OrderView)
async def show_order(order_id: str, door: Door) -> Response:
    row = await door.db.collection("orders").find_one({"_id": order_id})
    if row is None:
        raise NotFound(f"There is no order {order_id}", field="order_id", rule="exists")
    return door.answer(OrderView.of(row))


@router.post("/orders/{order_id}/raise", response_model=OrderView)
async def post_raise(order_id: str, door: Door) -> Response:
    return await door.command(lambda tx: raise_order(tx, order_id, door.expected_version), view=OrderView.of)


@router.post("/orders/{order_id}/refuse", status_code=204)
async def post_refuse(order_id: str, door: Door) -> Response:
    async def refuse(tx: Transaction) -> None:
        await tx.collection("orders").delete_one({"_id": order_id})
        raise NotAllowedNow("It is paid for", field="status", rule="unpaid")

    return await door.command(refuse, status=204)


@router.post("/imports/{kind}", max_body_size=IMPORT_BYTES)
async def post_import(kind: str, door: Door, request: Request) -> dict[str, int]:
    return {kind: len(await request.body())}


@router.get("/numbers/{number}")
async def show_number(number: int, door: Door, least: int = 0) -> dict[str, int]:
    return {"number": number, "least": least}


@router.get("/welcome", openapi_extra=OPEN)
async def welcome() -> dict[str, str]:
    return {"welcome": "all"}


@router.post("/welcome")
async def post_welcome() -> dict[str, str]:
    return {"welcome": "some"}


@router.get("/broken/{how}")
async def broken(how: str) -> None:
    raise {
        "bug": ValueError("hunter2 is the password"),
        "unreachable": Unreachable("mongodb://h:1 timed out"),
        "election": AutoReconnect("not primary"),
        "query": OperationFailure("bad $where hunter2", 2),
    }[how]


async def place_order(tx: Transaction, wanted: NewOrder) -> dict[str, Any]:
    row = {
        "_id": new_id(),
        "version": 1,
        "email": wanted.buyer.email,
        "name": wanted.buyer.name,
        "amount": wanted.amount,
        "due": wanted.due,
        "owner_id": "ana",
    }
    await tx.collection("orders").insert_one(row)
    tx.record(Change(of="order", id=row["_id"], version=1, what="placed", after={"amount": wanted.amount}))
    tx.emit(OrderUpdated(order_id=row["_id"], status="placed", occurred_at=tx.now))
    return row


async def take_tips(tx: Transaction, tips: list[Tip]) -> list[TipView | Invalid]:
    """Those with an @; and an event for each, from the request that it came with."""
    return [take_tip(tx, tip, len(tips)) if "@" in tip.email else Invalid("no", field="email", rule="at") for tip in tips]


def take_tip(tx: Transaction, tip: Tip, together: int) -> TipView:
    view = TipView(tip_id=new_id(), together_with=together)
    event = OrderUpdated(order_id=view.tip_id, status="placed", occurred_at=tx.now).in_envelope(tip.origin)
    tx.emit(event, cause=event)
    return view


async def raise_order(tx: Transaction, order_id: str, expected: int | None) -> dict[str, Any]:
    row: dict[str, Any] = await tx.collection("orders").find_one({"_id": order_id})
    if expected not in (None, row["version"]):
        raise StaleVersion(f"The order is at version {row['version']}", field="If-Match", rule="version")
    row |= {"version": row["version"] + 1, "amount": row["amount"] + 1}
    await tx.collection("orders").replace_one({"_id": order_id}, row)
    return row


# A router within a router, as the services have them.
within = APIRouter()
within.include_router(router)
doors = with_common_doors(within, api_keys_router)


@dataclass
class Booth:
    """The booth's application, and clients at its doors."""

    db: Database
    metrics_token: str | None = None
    is_ready: bool = True
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def __post_init__(self) -> None:
        token = SecretStr(self.metrics_token) if self.metrics_token else None
        settings = Settings(
            service="booth", mongo=SecretStr("mongodb://unused"), kafka="unused:1", jwks=str(JWKS_PATH), metrics_token=token
        )
        context = WebContext(db=self.db, settings=settings, health=lambda: (self.is_ready, {"parked": 0}))
        self.app = build_api("booth", "1.2.3", doors, context)

    def client(self, *roles: str, subject: str = "ana", teams: tuple[str, ...] = ()) -> httpx.AsyncClient:
        """Someone with a token of these roles (a rep's, when none is named)."""
        return self.bare(authorization=f"Bearer {signed_token(subject=subject, roles=roles or ('rep',), teams=teams)}")

    def bare(self, **headers: str) -> httpx.AsyncClient:
        """Someone with these headers and no other proof."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        client = httpx.AsyncClient(transport=transport, base_url="http://booth.test", headers=sent)
        self._clients.append(client)
        return client
