"""What is about something unknown waits as a row, and is applied when that comes to be; no race strands it."""

import asyncio

import pytest
from fastapi import APIRouter

from shared.app import Service
from shared.database import Database, new_id, utcnow
from shared.events import Envelope, Event, LeadContacted, LeadEnriched
from shared.subscriptions import Subscriptions
from shared.transaction import Transaction
from tests.conftest import DatabaseOf
from tests.road import hear

subscriptions = Subscriptions()
service = Service("booth", 0, subscriptions, (), APIRouter(), ())


@subscriptions.on(LeadEnriched)
async def on_lead_enriched(tx: Transaction, openings: list[LeadEnriched]) -> None:
    """Stands for the event that makes a lead known."""
    for one in openings:
        await open_lead(tx, one.lead_id)


@subscriptions.on(LeadContacted)
async def on_lead_contacted(tx: Transaction, contacts: list[LeadContacted]) -> None:
    for one in contacts:
        await note_contact(tx, one)


async def open_lead(tx: Transaction, lead_id: str) -> None:
    await tx.collection("leads").insert_one({"_id": lead_id, "contacts": []})
    for event in await tx.release(f"lead:{lead_id}"):
        await note_contact(tx, event)


async def note_contact(tx: Transaction, event: Event) -> None:
    assert isinstance(event, LeadContacted)
    found = await tx.collection("leads").update_one({"_id": event.lead_id}, {"$push": {"contacts": event.version}})
    if not found.matched_count:
        tx.hold(event, until=f"lead:{event.lead_id}")


def opened(lead: str) -> LeadEnriched:
    return LeadEnriched(lead_id=lead, version=1, provider="tests", enriched_at=utcnow())


def contacted(lead: str, version: int) -> LeadContacted:
    return LeadContacted(lead_id=lead, version=version, contacted_at=utcnow())


async def contacts(db: Database, lead: str) -> list[int] | None:
    row = await db.collection("leads").find_one({"_id": lead})
    return row["contacts"] if row else None


async def waiting(db: Database) -> int:
    count: int = await db.collection("waiting").count_documents({})
    return count


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("booth")


async def test_events_about_the_unknown_wait_and_are_applied_in_order_when_it_comes(db: Database) -> None:
    await hear(service, db, *(contacted("ana", version) for version in (2, 3, 4)))
    await hear(service, db, *(contacted("ana", version) for version in (5, 6)))
    assert await waiting(db) == 5
    await hear(service, db, opened("ana"))
    assert await contacts(db, "ana") == [2, 3, 4, 5, 6]
    assert await waiting(db) == 0


async def test_what_waits_for_another_goes_on_waiting(db: Database) -> None:
    await hear(service, db, contacted("ana", 2), contacted("ben", 2))
    await hear(service, db, opened("ana"))
    assert await contacts(db, "ana") == [2]
    assert await waiting(db) == 1


async def test_a_held_event_that_is_delivered_again_is_applied_once(db: Database) -> None:
    event = contacted("ana", 2)
    await hear(service, db, event)
    await hear(service, db, event)
    await hear(service, db, opened("ana"))
    await hear(service, db, event)
    assert await contacts(db, "ana") == [2]


async def test_a_released_event_keeps_its_envelope(db: Database) -> None:
    event = contacted("ana", 2)
    await hear(service, db, event)
    released = await db.transact(lambda tx: tx.release("lead:ana"))
    assert [one.envelope for one in released] == [event.envelope]


async def test_a_released_event_may_be_held_again_for_something_else(db: Database) -> None:
    async def put_off(tx: Transaction) -> None:
        for event in await tx.release("lead:ana"):
            tx.hold(event, until="account:acme")

    await hear(service, db, contacted("ana", 2))
    await db.transact(put_off)
    assert [event.key() for event in await db.transact(lambda tx: tx.release("account:acme"))] == ["ana"]


@pytest.mark.parametrize("first", ["holder", "opener"])
async def test_a_holder_and_an_opener_who_do_not_see_each_other_strand_nothing(db: Database, first: str) -> None:
    await meet_unseen(db, first)
    assert await contacts(db, "ana") == [2]
    assert await waiting(db) == 0


@pytest.mark.parametrize("first", ["holder", "opener"])
async def test_not_even_all_within_one_millisecond(db: Database, first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = utcnow()
    monkeypatch.setattr("shared.database.utcnow", lambda: now)
    await hear(service, db, contacted("ana", 1))
    await meet_unseen(db, first)
    assert sorted(await contacts(db, "ana") or []) == [1, 2]
    assert await waiting(db) == 0


async def meet_unseen(db: Database, first: str) -> None:
    """Each has looked before the other commits: the one finds no lead, the other not what is about to wait for it."""
    looked, committed = asyncio.Barrier(2), asyncio.Event()
    event = contacted("ana", 2).in_envelope(Envelope(new_id(), "/tests", utcnow(), "c"))

    async def meet(who: str, attempt: list[str]) -> None:
        attempt.append(who)
        if len(attempt) == 1:
            await looked.wait()
            if who != first:
                await committed.wait()

    async def act(who: str) -> None:
        attempts: list[str] = []

        async def work(tx: Transaction) -> None:
            await (note_contact(tx, event) if who == "holder" else open_lead(tx, "ana"))
            await meet(who, attempts)

        await db.transact(work)
        committed.set()

    await asyncio.gather(act("holder"), act("opener"))


async def test_many_holders_and_one_opener_at_once_strand_nothing(db: Database) -> None:
    for lead in (f"lead-{number}" for number in range(10)):
        versions = range(2, 6)
        await asyncio.gather(hear(service, db, opened(lead)), *(hear(service, db, contacted(lead, version)) for version in versions))
        assert sorted(await contacts(db, lead) or []) == list(versions)
    assert await waiting(db) == 0
