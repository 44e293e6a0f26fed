"""Events about something that is not known yet: they wait as rows, not as a blocked partition."""

from typing import TYPE_CHECKING, Any

from shared.cloudevents import decode
from shared.events import Event

if TYPE_CHECKING:
    from shared.transaction import Transaction


async def take(tx: "Transaction", names: tuple[str, ...]) -> list[Event]:
    """The events held under `names`, oldest first; they are rows no more."""
    found = tx.collection("waiting").find({"until": {"$in": list(names)}}).sort([("at", 1), ("order", 1)])
    rows = await found.to_list(None)
    if rows:
        await tx.collection("waiting").delete_many({"_id": {"$in": [row["_id"] for row in rows]}})
    return [event for row in rows if (event := _event_in(row)) is not None]


def _event_in(row: dict[str, Any]) -> Event | None:
    headers = [(name, value) for name, value in row["headers"]]
    return decode(topic=row["topic"], partition=-1, offset=-1, key=row["key"], value=row["value"], headers=headers, timestamp_ms=0)
