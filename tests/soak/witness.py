"""A service that can't tell a repeat by itself: every effect that is had twice, lost or out of order stays to be seen.

Usage: python -m tests.soak.witness PORT ROLE…
"""

import sys
from collections import defaultdict
from datetime import timedelta

from fastapi import APIRouter
from pymongo import UpdateOne

from shared.app import Service
from shared.events import Event, LeadAssigned, LeadCaptured, LeadSubmitted, OpportunityOpened
from shared.subscriptions import Subscriptions
from shared.timers import Timer, Timers
from shared.transaction import Transaction

NAME = "witness"
HEARD: tuple[type[Event], ...] = (LeadSubmitted, LeadCaptured, LeadAssigned, OpportunityOpened)
RINGS_AFTER = timedelta(seconds=1)
subscriptions = Subscriptions()
timers = Timers()


@subscriptions.on(*HEARD)
async def on_anything(tx: Transaction, events: list[Event]) -> None:
    """Adds each event to what was heard under its topic and key, in the order in which it came."""
    heard: defaultdict[str, list[str]] = defaultdict(list)
    for event in events:
        heard[f"{event.topic} {tx.deliveries[event.envelope.identity].key!r}"].append(event.envelope.identity)
        if isinstance(event, LeadAssigned):
            tx.schedule(tx.now + RINGS_AFTER, "witness.rings", {}, key=event.envelope.identity)
    writes = [UpdateOne({"_id": key}, {"$push": {"heard": {"$each": identities}}}, upsert=True) for key, identities in heard.items()]
    await tx.collection("testimony").bulk_write(writes, ordered=False)


@timers.on("witness.rings")
async def on_rings(tx: Transaction, due: list[Timer]) -> None:
    await tx.collection("rung").insert_many([{"identity": timer.key} for timer in due])


service = Service(NAME, 0, subscriptions, (), APIRouter(), (), timers=timers)

if __name__ == "__main__":
    service.run(sys.argv[2:], port=int(sys.argv[1]))
