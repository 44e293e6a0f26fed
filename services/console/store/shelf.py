"""Writing the read models: all that one batch changes, in few round trips."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pymongo import InsertOne, ReplaceOne, UpdateOne

from services.console.models import Row
from services.console.store.generations import named
from shared.transaction import Transaction


class Shelf:
    """The read models of one generation, as a transaction writes them."""

    def __init__(self, tx: Transaction, generation: int) -> None:
        self._tx, self._generation = tx, generation

    def _model(self, name: str) -> Any:
        return self._tx.collection(named(name, self._generation))

    async def find_rows(self, model: str, ids: Iterable[str]) -> dict[str, Row]:
        rows = await self._model(model).find({"_id": {"$in": list(ids)}}).batch_size(1000).to_list(None)
        return {row["_id"]: row for row in rows}

    async def save_rows(self, model: str, rows: Iterable[Row], known: Iterable[str]) -> None:
        """Those that are `known` are replaced, the others are new."""
        known = set(known)
        writes = [ReplaceOne({"_id": row["_id"]}, row) if row["_id"] in known else InsertOne(row) for row in rows]
        await self._model(model).bulk_write(writes, ordered=False)

    async def add_entries(self, entries: list[Row]) -> None:
        """Those that are there already came before, longer ago than the inbox remembers."""
        timeline = self._model("timeline")
        found = timeline.find({"_id": {"$in": [row["_id"] for row in entries]}}, {"_id": 1}).batch_size(1000)
        known = {row["_id"] for row in await found.to_list(None)}
        if fresh := [row for row in entries if row["_id"] not in known]:
            await timeline.insert_many(fresh, ordered=False)

    async def raise_counters(self, counters: Mapping[tuple[str, str], Mapping[str, int]]) -> None:
        """By day and by the partition that was counted, so that two consumers never meet on one row."""
        writes = [
            UpdateOne({"_id": f"{day} {place}"}, {"$inc": dict(counts), "$setOnInsert": {"day": day}}, upsert=True)
            for (day, place), counts in counters.items()
        ]
        await self._model("days").bulk_write(writes, ordered=False)

    async def note_progress(self, read: Mapping[str, int]) -> None:
        """How far each partition was read, so that a rebuilt generation can tell when it has caught up."""
        writes = [UpdateOne({"_id": place}, {"$max": {"offset": offset}}, upsert=True) for place, offset in read.items()]
        await self._model("progress").bulk_write(writes, ordered=False)

    async def tell_changes(self, names: list[str]) -> None:
        await self._tx.collection("changes").insert_one({"at": self._tx.now, "generation": self._generation, "names": names})

    async def find_forgotten(self, names: Iterable[str]) -> dict[str, datetime]:
        """Which of these names are to be forgotten, and since when."""
        rows = await self._model("forgotten").find({"_id": {"$in": list(names)}}).to_list(None)
        return {row["_id"]: row["at"] for row in rows}

    async def add_forgotten(self, names: Iterable[str], at: datetime) -> None:
        writes = [UpdateOne({"_id": name}, {"$setOnInsert": {"at": at}}, upsert=True) for name in sorted(names)]
        await self._model("forgotten").bulk_write(writes, ordered=False)

    async def blank_entries(self, names: Iterable[str]) -> set[str]:
        """What happened stays, what was told of it goes. Returns all the names that these entries go by."""
        timeline, named_so = self._model("timeline"), {"names": {"$in": list(names)}}
        entries = await timeline.find(named_so, {"names": 1}).batch_size(1000).to_list(None)
        await timeline.update_many(named_so, {"$set": {"told": {}}})
        return {name for entry in entries for name in entry["names"]}
