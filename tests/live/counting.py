"""A service that counts: small enough that every loss, repeat or disorder shows. Run as `python -m tests.live.counting PORT NAME ROLE…`."""

import sys
from datetime import timedelta

from fastapi import APIRouter
from pymongo import UpdateOne

from shared.app import Service
from shared.database import Database
from shared.events import LeadContacted, LeadSubmitted
from shared.subscriptions import Subscriptions
from shared.timers import Timer, Timers
from shared.transaction import Transaction

subscriptions = Subscriptions()
timers = Timers()


@subscriptions.on(LeadSubmitted, role="ingest")
async def on_lead_submitted(tx: Transaction, submissions: list[LeadSubmitted]) -> None:
    """Writes down what came for each key in which order, says it, and sets a timer for each."""
    writes = [
        UpdateOne({"_id": one.attributes["key"]}, {"$push": {"heard": int(one.attributes["number"])}, "$inc": {"version": 1}}, upsert=True)
        for one in submissions
    ]
    await tx.collection("counts").bulk_write(writes)
    for one in submissions:
        said = LeadContacted(lead_id=one.attributes["key"], version=int(one.attributes["number"]), contacted_at=tx.now)
        tx.emit(said, cause=one)
        tx.schedule(tx.now + timedelta(milliseconds=200), "count.due", {}, key=f"{one.attributes['key']}/{one.attributes['number']}")


@timers.on("count.due")
async def on_count_due(tx: Transaction, due: list[Timer]) -> None:
    await tx.collection("fired").insert_many([{"timer": timer.key} for timer in due])


async def counted(db: Database) -> dict[str, list[int]]:
    return {row["_id"]: row["heard"] async for row in db.collection("counts").find()}


def counting(name: str) -> Service:
    """Under its own name, so with its own database and consumer groups: several count the same topic side by side."""
    return Service(name=name, port=0, hears=subscriptions, says=(LeadContacted,), router=APIRouter(), indexes=(), timers=timers)


if __name__ == "__main__":
    counting(sys.argv[2]).run(sys.argv[3:], port=int(sys.argv[1]))
