"""Counters for reports: each transaction writes down by how much it changes them in a row of its own, and a worker adds the rows up.

So no two transactions meet on a counter, however many count at once, and whatever is counted commits with what it counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from pymongo import UpdateOne

from services.leads.models import UNKNOWN_SOURCE
from services.leads.models.counting import Cell, Count, counts_of_lead, counts_of_submission
from shared.database import Database
from shared.transaction import Transaction

Document = Mapping[str, Any]
Sums = dict[Cell, dict[str, int]]
TALLIES, COUNTERS = "tallies", "counters"
FOLDED_AT_ONCE = 500
# What counting needs of a lead.
_MOMENTS = ("created_at", "qualified_at", "assigned_at", "contacted_at", "closed_at")
COUNTED_BY = ("status", "source", "attribution", "owner_id", "reason", "outcome", *_MOMENTS)


class Tally:
    """What one transaction counts. Whoever is `seen` before a change, and `noted` after it, is counted by the difference."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._before: dict[str, tuple[Count, ...]] = {}
        self._known: dict[str, Document] = {}
        self._sums: defaultdict[Cell, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    @classmethod
    def of(cls, tx: Transaction) -> "Tally":
        return cast(Tally, tx.gathered(cls))

    def see_lead(self, lead: Document) -> None:
        if lead["_id"] not in self._before:
            self._before[lead["_id"]] = tuple(counts_of_lead(lead))
            self._known[lead["_id"]] = lead

    def note_lead(self, lead_id: str, lead: Document | None) -> None:
        """As it now is; None when it is gone. One that was never seen is new."""
        self._note(lead_id, tuple(counts_of_lead(lead)) if lead is not None else ())

    def note_change(self, lead_id: str, fields: Document) -> None:
        """Of one that was seen: these fields are otherwise now."""
        self._known[lead_id] = {**self._known[lead_id], **fields}
        self.note_lead(lead_id, self._known[lead_id])

    def unseen(self, lead_ids: Iterable[str]) -> list[str]:
        return [lead_id for lead_id in lead_ids if lead_id not in self._before]

    def see_submission(self, row: Document) -> None:
        self._before.setdefault(row["_id"], tuple(counts_of_submission(row, _source_of(row))))
        self._known.setdefault(row["_id"], row)

    def note_submission(self, submission_id: str, fields: Document) -> None:
        known = self._known.get(submission_id)
        self._known[submission_id] = row = {**known, **fields} if known else fields
        self._note(submission_id, tuple(counts_of_submission(row, _source_of(row))))

    def count(self, cell: Cell, measure: str) -> None:
        self._sums[cell][measure] += 1

    def _note(self, record_id: str, after: tuple[Count, ...]) -> None:
        for cell, measure, number in self._before.get(record_id, ()):
            self._sums[cell][measure] -= number
        for cell, measure, number in after:
            self._sums[cell][measure] += number
        self._before[record_id] = after

    async def flush(self) -> None:
        cells = [[*cell, counted] for cell, sums in self._sums.items() if (counted := {name: n for name, n in sums.items() if n})]
        if cells:
            await self._tx.collection(TALLIES).insert_one({"at": self._tx.now, "cells": cells})


def _source_of(row: Document) -> str:
    return UNKNOWN_SOURCE if "unknown_source" in row else row["source"]


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
    return await db.transact(lambda tx: _read_counters(tx, kinds, first_day, last_day))


async def _read_counters(tx: Transaction, kinds: Collection[str], first_day: str, last_day: str) -> Sums:
    asked = {"kind": {"$in": list(kinds)}, "day": {"$gte": first_day, "$lte": last_day}}
    rows = await tx.collection(COUNTERS).find(asked).to_list(None)
    fresh = _added_up(await tx.collection(TALLIES).find().sort("_id", 1).to_list(None))
    wanted = {cell: counted for cell, counted in fresh.items() if cell[0] in kinds and first_day <= cell[1] <= last_day}
    for row in rows:
        counted = wanted.setdefault((row["kind"], row["day"], row["name"], row["second"]), {})
        for measure, number in row["n"].items():
            counted[measure] = counted.get(measure, 0) + number
    return wanted
