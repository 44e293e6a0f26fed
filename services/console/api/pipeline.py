"""The pages of the pipeline: the board, the list, and what is done with one sale."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from services.console import service
from services.console.api.commands import Key, command, passed_on, read
from services.console.api.visits import Guest, Visit

router = APIRouter(include_in_schema=False)
VIEWS = ("board", "list", "closed")


@router.get("/pipeline")
async def show_pipeline(visit: Guest, view: str = "board") -> Response:
    if view in ("list", "closed"):
        sales, names = await service.list_sales(visit.library, closed=view == "closed")
        return visit.show("sales.html", watch=["opportunities"], view=view, sales=sales, names=names)
    return visit.show("board.html", watch=["opportunities"], view="board", board=await service.lay_out_board(visit.library))


@router.get("/opportunities/{opportunity_id}/move")
async def ask_to_move(visit: Guest, opportunity_id: str) -> Response:
    return await _ask(visit, opportunity_id, "move.html")


@router.post("/opportunities/{opportunity_id}/move")
async def move_opportunity(visit: Guest, opportunity_id: str, key: Key, stage: Annotated[str, Form()]) -> Response:
    path, to = f"/opportunities/{opportunity_id}/stage", f"/customers/{opportunity_id}"
    return await command(visit, "opportunities", path, {"stage": stage}, key=key, done=("moved", to))


@router.get("/opportunities/{opportunity_id}/close")
async def ask_to_close(visit: Guest, opportunity_id: str) -> Response:
    return await _ask(visit, opportunity_id, "close.html")


@router.post("/opportunities/{opportunity_id}/close")
async def close_opportunity(
    visit: Guest,
    opportunity_id: str,
    key: Key,
    ending: Annotated[str, Form()],
    amount: Annotated[Decimal | None, Form()] = None,
    currency: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """`ending` is the outcome and its reason in one choice, such as `won:price`."""
    outcome, _, reason = ending.partition(":")
    given = {"amount": str(amount) if amount is not None else None, "currency": currency.strip().upper(), "note": note.strip()}
    told = {"outcome": outcome, "reason": reason, **{name: value for name, value in given.items() if value}}
    path, to = f"/opportunities/{opportunity_id}/close", f"/customers/{opportunity_id}"
    return await command(visit, "opportunities", path, told, key=key, done=("closed", to))


async def _ask(visit: Visit, opportunity_id: str, template: str) -> Response:
    """What can be chosen, and how the record stands now, only its own service knows."""
    sale = await read(visit, "opportunities", f"/opportunities/{opportunity_id}")
    if not sale.is_success:
        return passed_on(sale)
    told: dict[str, Any] = visit.library.show(sale.json())
    pipeline = await read(visit, "opportunities", f"/pipelines/{told['pipeline']}")
    return visit.show(template, sale=told, pipeline=pipeline.json()) if pipeline.is_success else passed_on(pipeline)
