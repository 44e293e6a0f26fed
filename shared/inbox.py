"""What a service has already heard: written in the same transaction as the effects, so a second delivery changes nothing."""

from shared.delivery import Delivery
from shared.failpoints import failpoint
from shared.indexing import Index
from shared.metrics import EVENTS_DUPLICATE
from shared.transaction import Transaction

REMEMBERED_SECONDS = 30 * 24 * 3600
# One row per batch, not per event; the index over its array is what makes an id unique.
INDEXES = (Index("inbox", [("ids", 1)], unique=True), Index("inbox", [("at", 1)], expire_after_seconds=REMEMBERED_SECONDS))


async def unheard(tx: Transaction, deliveries: list[Delivery]) -> list[Delivery]:
    """Those that were not handled before, each once, and now remembered."""
    prefix = f"g{tx.generation} " if tx.generation else ""
    by_id: dict[str, Delivery] = {}
    for delivery in deliveries:
        by_id.setdefault(prefix + delivery.identity, delivery)
    heard = await _heard(tx, list(by_id))
    fresh = [identity for identity in by_id if identity not in heard]
    if fresh:
        tx.later("inbox").insert_one({"ids": fresh, "at": tx.now})
        failpoint("inbox.after_remember")
    if len(fresh) < len(deliveries):
        EVENTS_DUPLICATE.labels(deliveries[0].topic).inc(len(deliveries) - len(fresh))
    return [by_id[identity] for identity in fresh]


async def _heard(tx: Transaction, identities: list[str]) -> set[str]:
    rows = await tx.collection("inbox").find({"ids": {"$in": identities}}, {"ids": 1}).to_list(None)
    return {identity for row in rows for identity in row["ids"]}
