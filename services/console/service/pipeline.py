"""The sales that are open, by stage."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from services.console.models import Row
from services.console.store import Library

Worth = dict[str, Decimal]
CARDS = 40
ROWS = 200


@dataclass(slots=True)
class Column:
    """One stage: how many sales stand there, what they are worth per currency (`worth`), and those that have stood there longest."""

    stage: str
    sums: list[Row] = field(default_factory=list)
    cards: list[Row] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(row["count"] for row in self.sums)

    @property
    def worth(self) -> Worth:
        return add_up(priced(self.sums))

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True, slots=True)
class Board:
    columns: list[Column]
    names: dict[str, str]

    @property
    def worth(self) -> Worth:
        return add_up(priced(row for column in self.columns for row in column.sums))


async def lay_out_board(library: Library) -> Board:
    columns = {stage: Column(stage) for stage in await library.list_stages()}
    for row in await library.sum_stages():
        if row["stage"] is not None:
            columns.setdefault(row["stage"], Column(row["stage"])).sums.append(row)
    for column in columns.values():
        if column.count:
            column.cards = await library.list_open_sales(column.stage, CARDS)
    names = await library.find_names(card["owner_id"] for column in columns.values() for card in column.cards)
    return Board(list(columns.values()), names)


async def list_sales(library: Library, *, closed: bool) -> tuple[list[Row], dict[str, str]]:
    sales = await library.list_closed_sales(ROWS) if closed else await library.list_open_sales(None, ROWS)
    return sales, await library.find_names(sale["owner_id"] for sale in sales)


def priced(rows: Iterable[Row]) -> list[Row]:
    """Without the sums of sales that have no amount yet."""
    return [row for row in rows if row["currency"] is not None]


def add_up(rows: Iterable[Row]) -> Worth:
    """Sums per currency, the most used currency first: amounts in different ones are never added, nor compared."""
    sums: defaultdict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for row in rows:
        count, amount = sums[row["currency"]]
        sums[row["currency"]] = (count + row["count"], amount + Decimal(row["amount"]))
    ranked = sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))
    return {currency: amount for currency, (_, amount) in ranked}
