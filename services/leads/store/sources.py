"""Sources, their keys, and how many submissions each has made lately."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from services.leads.models import Source
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
COUNTS = "source_counts"
# A count is of use while its minute or its day lasts; days are kept a little longer, to be looked at.
_KEPT = timedelta(days=40)


async def find_sources(place: Place) -> list[Source]:
    """Every one that is registered; they are few."""
    return [Source.from_document(row) for row in await place.collection("sources").find({}).to_list(None)]


async def find_usage(place: Place, source_ids: Collection[str], windows: Sequence[str]) -> dict[str, Counter[str]]:
    """By source and window (a minute or a day), how many were taken."""
    usage: defaultdict[str, Counter[str]] = defaultdict(Counter)
    wanted = {"source": {"$in": list(source_ids)}, "window": {"$in": list(windows)}}
    for row in await place.collection(COUNTS).find(wanted).to_list(None):
        usage[row["source"]][row["window"]] += row["count"]
    return usage


async def add_usage(tx: Transaction, taken: Mapping[str, int], windows: Sequence[str], lane: str) -> None:
    """Each lane has rows of its own, so that two hands on one source do not make each other do their batches again."""
    writes = [_counted(source, window, lane, count, tx.now) for source, count in taken.items() for window in windows]
    if writes:
        await tx.collection(COUNTS).bulk_write(writes, ordered=False)


def _counted(source: str, window: str, lane: str, count: int, now: datetime) -> UpdateOne:
    row: dict[str, Any] = {"source": source, "window": window, "expires_at": now + _KEPT}
    return UpdateOne({"_id": f"{source}|{window}|{lane}"}, {"$inc": {"count": count}, "$setOnInsert": row}, upsert=True)
