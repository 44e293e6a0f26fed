"""The door for ordering systems that can't publish to Kafka: what enters here becomes `order.updated` like any other."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from services.accounts import service, store
from services.accounts.api.roles import READERS, SENDERS
from services.accounts.api.views import Accepted, OrderView
from services.accounts.models import Account, Order
from shared.events import OrderUpdated
from shared.history import HISTORY, ChangeView, history_page
from shared.paging import Page
from shared.web import Door

router = APIRouter(tags=["orders"])


@router.post("/orders", status_code=202, response_model=Accepted)
async def submit_order(door: Door, order: OrderUpdated) -> Response:
    door.allow(*SENDERS, scope="orders")
    return await door.command(lambda tx: service.submit_order(tx, order), view=_accepted, status=202, location=_look)


# Other systems make these ids, and put slashes into them: hence `path`, and the longer path first.
@router.get("/orders/{order_id:path}/history", openapi_extra=HISTORY.described)
async def list_order_history(door: Door, request: Request, order_id: str) -> Page[ChangeView]:
    await _order_in_scope(door, order_id)
    return await history_page(door.db, Order.noun, order_id, request.query_params)


@router.get("/orders/{order_id:path}", response_model=OrderView)
async def show_order(door: Door, order_id: str) -> Response:
    return door.answer(OrderView.showing(await _order_in_scope(door, order_id)))


async def _order_in_scope(door: Door, order_id: str) -> Order:
    door.allow(*READERS)
    order = await store.get(door.db, Order, order_id, {})
    await store.get(door.db, Account, order.account_id, door.principal.record_scope())
    return order


def _accepted(order: OrderUpdated) -> Accepted:
    return Accepted(id=order.order_id, look=_look(order))


def _look(order: OrderUpdated) -> str:
    return f"/orders/{quote(order.order_id)}"
