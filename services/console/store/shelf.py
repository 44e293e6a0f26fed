"""Writing the read models: all that one batch changes, in few round trips."""

from collections.abc import Iterable, Mapping
from typing import Any

from pymongo import InsertOne, ReplaceOne, UpdateOne

from services.console.models import Ref, Row
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

    async def find_sales_of(self, leads: Iterable[Ref]) -> list[Ref]:
        ties = await self._model("links").find({"ends": {"$in": list(leads)}, "tied": True}).to_list(None)
        return sorted(end for tie in ties for end in tie["ends"] if end.startswith("opportunity:"))

    async def forget_entries(self, about: Iterable[Ref]) -> None:
        """What happened stays, what was told of it goes."""
        await self._model("timeline").update_many({"about": {"$in": list(about)}}, {"$set": {"told": {}}})
