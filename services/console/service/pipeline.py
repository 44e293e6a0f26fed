"""The sales that are open, by stage."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.console.models import Row
from services.console.store import Library

CARDS = 40
ROWS = 200


@dataclass(slots=True)
class Column:
    """One stage: how many sales stand there, what they are worth per currency, and those that have stood there longest."""

    stage: str
    count: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)
    cards: list[Row] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True, slots=True)
class Board:
    columns: list[Column]
    names: dict[str, str]

    @property
    def totals(self) -> dict[str, Decimal]:
        return add_up([column.totals for column in self.columns])


async def lay_out_board(library: Library) -> Board:
    columns = {stage: Column(stage) for stage in await library.list_stages()}
    for row in await library.sum_stages():
        _add(columns, row)
    for column in columns.values():
        if column.count:
            column.cards = await library.list_open_sales(column.stage, CARDS)
    names = await library.find_names(card["owner_id"] for column in columns.values() for card in column.cards)
    return Board(list(columns.values()), names)


async def list_sales(library: Library, *, closed: bool) -> tuple[list[Row], dict[str, str]]:
    sales = await library.list_closed_sales(ROWS) if closed else await library.list_open_sales(None, ROWS)
    return sales, await library.find_names(sale["owner_id"] for sale in sales)


def add_up(several: list[dict[str, Decimal]]) -> dict[str, Decimal]:
    """Per currency: amounts in different ones are never added."""
    sums: dict[str, Decimal] = {}
    for totals in several:
        for currency, amount in totals.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return dict(sorted(sums.items()))


def _add(columns: dict[str, Column], row: dict[str, Any]) -> None:
    stage, currency = row["_id"].get("stage"), row["_id"].get("currency")
    if stage is None:
        return
    column = columns.setdefault(stage, Column(stage))
    column.count += row["count"]
    if currency is not None:
        column.totals = add_up([column.totals, {currency: Decimal(row["amount"])}])
