"""Counters for reports: each transaction writes down by how much it changes them in a row of its own, and a worker adds the rows up.

So no two transactions meet on a counter, however many count at once, and whatever is counted commits with what it counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from pymongo import UpdateOne

from services.leads.models.counting import (
    Cell,
    Count,
    Fate,
    Standing,
    counts_of_lead,
    counts_of_submission,
    fate_of,
    standing_after,
    standing_of,
)
from shared.database import Database
from shared.transaction import Transaction

Document = Mapping[str, Any]
Sums = dict[Cell, dict[str, int]]
# As they are stored: the four words of each, and a number by measure.
Cells = Sequence[Sequence[Any]]
TALLIES, COUNTERS = "tallies", "counters"
FOLDED_AT_ONCE = 500


class Tally:
    """What one transaction counts. Whoever is `seen` before a change, and `noted` after it, is counted by the difference."""

    def __init__(self) -> None:
        self._stands: dict[str, Standing | Fate | None] = {}
        self._rows: dict[str, Document] = {}
        self._moved: defaultdict[Standing | Fate, int] = defaultdict(int)
        self._sums: defaultdict[Cell, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    @classmethod
    def of(cls, tx: Transaction) -> "Tally":
        return cast(Tally, tx.gathered(cls))

    def unseen(self, ids: Iterable[str]) -> list[str]:
        return [one_id for one_id in ids if one_id not in self._stands]

    def see_lead(self, lead: Document) -> None:
        if lead["_id"] not in self._stands:
            self._stands[lead["_id"]] = standing_of(lead)

    def note_lead(self, lead: Document) -> None:
        """As it now is. One that was never seen is new."""
        self._move(lead["_id"], standing_of(lead))

    def note_change(self, lead_id: str, fields: Document) -> tuple[Standing, Standing]:
        """Of one that was seen: these fields are otherwise now. Answers how it stood, and how it stands."""
        stood = cast(Standing, self._stands[lead_id])
        stands = standing_after(stood, fields)
        self._move(lead_id, stands)
        return stood, stands

    def note_gone(self, lead_id: str) -> None:
        self._move(lead_id, None)

    def see_submission(self, row: Document) -> None:
        if row["_id"] not in self._rows:
            self._rows[row["_id"]], self._stands[row["_id"]] = row, fate_of(row)

    def note_submission(self, row: Document) -> None:
        """As it now is, or what of it is otherwise now."""
        known = self._rows.get(row["_id"])
        self._rows[row["_id"]] = row = {**known, **row} if known else row
        self._move(row["_id"], fate_of(row))

    def note_erased(self, row: Document) -> None:
        """A submission of which nothing more than this is left."""
        self._rows[row["_id"]] = row
        self._move(row["_id"], fate_of(row))

    def count(self, cell: Cell, measure: str) -> None:
        self._sums[cell][measure] += 1

    def count_cells(self, cells: Cells, times: int = 1) -> None:
        for *cell, counted in cells:
            for measure, number in counted.items():
                self._sums[cast(Cell, tuple(cell))][measure] += number * times

    def _move(self, one_id: str, stands: Standing | Fate | None) -> None:
        stood = self._stands.get(one_id)
        self._stands[one_id] = stands
        if stood is not None:
            self._moved[stood] -= 1
        if stands is not None:
            self._moved[stands] += 1

    async def flush(self, tx: Transaction) -> None:
        for stands, number in self._moved.items():
            self._add(stands, number)
        cells = [[*cell, counted] for cell, sums in self._sums.items() if (counted := {name: n for name, n in sums.items() if n})]
        if cells:
            tx.later(TALLIES).insert_one({"at": tx.now, "cells": cells})

    def _add(self, stands: Standing | Fate, number: int) -> None:
        for cell, measure, worth in counts_of(stands) if number else ():
            self._sums[cell][measure] += number * worth


def counts_of(stands: Standing | Fate) -> Iterator[Count]:
    return counts_of_lead(stands) if isinstance(stands, Standing) else counts_of_submission(stands)


async def has_tallies(db: Database) -> bool:
    return await db.collection(TALLIES).find_one({}, {"_id": 1}, sort=[("_id", 1)]) is not None


async def fold_tallies(tx: Transaction) -> int:
    """Adds some rows to the counters, and removes them: in one transaction, so that each is added once."""
    rows = await tx.collection(TALLIES).find().sort("_id", 1).limit(FOLDED_AT_ONCE).to_list(None)
    if rows:
        writes = [_raise(cell, counted) for cell, counted in _added_up(rows).items()]
        await tx.collection(COUNTERS).bulk_write(writes, ordered=False)
        await tx.collection(TALLIES).delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
    return len(rows)


def _raise(cell: Cell, counted: Mapping[str, int]) -> UpdateOne:
    kind, day, name, second = cell
    named = {"kind": kind, "day": day, "name": name, "second": second}
    rise = {f"n.{measure}": number for measure, number in counted.items()}
    return UpdateOne({"_id": "\x1f".join(cell)}, {"$inc": rise, "$setOnInsert": named}, upsert=True)


def _added_up(rows: Iterable[Document]) -> Sums:
    sums: defaultdict[Cell, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for *cell, counted in row["cells"]:
            for measure, number in counted.items():
                sums[cast(Cell, tuple(cell))][measure] += number
    return {cell: dict(counted) for cell, counted in sums.items()}


async def read_counters(db: Database, kinds: Collection[str], first_day: str, last_day: str) -> Sums:
    """What was counted on these days, what is not added up yet included: read as of one moment."""
    return await db.transact(lambda tx: read_counters_in(tx, kinds, first_day, last_day))


async def read_counters_in(tx: Transaction, kinds: Collection[str], first_day: str, last_day: str) -> Sums:
    asked = {"kind": {"$in": list(kinds)}, "day": {"$gte": first_day, "$lte": last_day}}
    rows = await tx.collection(COUNTERS).find(asked).to_list(None)
    fresh = _added_up(await tx.collection(TALLIES).find().sort("_id", 1).to_list(None))
    wanted = {cell: counted for cell, counted in fresh.items() if cell[0] in kinds and first_day <= cell[1] <= last_day}
    for row in rows:
        counted = wanted.setdefault((row["kind"], row["day"], row["name"], row["second"]), {})
        for measure, number in row["n"].items():
            counted[measure] = counted.get(measure, 0) + number
    return wanted
