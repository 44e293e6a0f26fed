"""The read models can be thrown away: new ones are built from the topics while the old are shown."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services.console import service as console
from services.console.main import service
from shared.database import Database, utcnow
from shared.delivery import Delivery
from shared.events import Event
from shared.hearing import Hearing
from tests.road import _delivered, api_client, hear_raw, raw
from tests.services.console.customers import Life, won_customer


def as_delivered(events: Sequence[Event]) -> list[Delivery]:
    """Each event at its own place of its topic, as it stays in Kafka."""
    return [_delivered(event, offset) for offset, event in enumerate(events)]


async def hear_as_generation(db: Database, deliveries: Sequence[Delivery], generation: int) -> None:
    await Hearing(db, service.hears, generation=generation).settle([delivery.decoded() for delivery in deliveries])


async def ask(db: Database, method: str, path: str = "/rebuild", **who: Any) -> Any:
    async with api_client(service, db, **who) as client:
        return await client.request(method, path)


async def names_shown(db: Database) -> list[str]:
    page = await ask(db, "GET", "/leads")
    return [name for name in ("Ada Lovelace", "Grace Hopper") if name in page.text]


async def test_pages_show_the_old_models_until_the_new_ones_have_caught_up(db: Database) -> None:
    deliveries = as_delivered(won_customer().events)
    await hear_raw(service, db, *deliveries)
    begun = await ask(db, "POST")
    assert (begun.status_code, begun.json()["state"]) == (202, "building")
    assert await console.generation_to_write(db) == 1
    await hear_as_generation(db, deliveries[:5], 1)
    await console.tend_generations(db)
    progress = (await ask(db, "GET")).json()
    assert (progress["state"], progress["generation"]) == ("building", 0)
    assert 0 < progress["done"] < progress["total"]
    assert await names_shown(db) == ["Ada Lovelace"]
    await hear_as_generation(db, deliveries[5:], 1)
    await console.tend_generations(db)
    after = (await ask(db, "GET")).json()
    assert (after["state"], after["generation"], after["done"]) == ("idle", 1, after["total"])
    assert await console.generation_to_write(db) == 1
    assert await names_shown(db) == ["Ada Lovelace"]


async def test_a_rebuild_mends_what_was_wrong(db: Database) -> None:
    deliveries = as_delivered(won_customer().events)
    await hear_raw(service, db, *deliveries)
    await db.collection("leads").update_many({}, {"$set": {"name": "Broken"}})
    assert await names_shown(db) == []
    await ask(db, "POST")
    await hear_as_generation(db, deliveries, 1)
    await console.tend_generations(db)
    assert await names_shown(db) == ["Ada Lovelace"]


async def test_what_is_heard_after_a_rebuild_goes_to_the_new_models(db: Database) -> None:
    await ask(db, "POST")
    await console.tend_generations(db)
    grace = Life("Grace Hopper", "Cobol")
    await hear_as_generation(db, as_delivered([grace.captured()]), await console.generation_to_write(db))
    assert await names_shown(db) == ["Grace Hopper"]


async def test_an_event_that_was_parked_does_not_hold_a_rebuild_up(db: Database) -> None:
    life = Life()
    good, last = as_delivered([life.captured(), life.qualified()])
    await hear_raw(service, db, good, last)
    await ask(db, "POST")
    await hear_as_generation(db, [good, raw(last.topic, b"{broken", offset=last.offset)], 1)
    await console.tend_generations(db)
    assert (await ask(db, "GET")).json()["state"] == "idle"


async def test_one_rebuild_at_a_time_and_only_by_an_administrator(db: Database) -> None:
    assert (await ask(db, "POST", roles={"manager"})).status_code == 403
    assert (await ask(db, "POST")).status_code == 202
    again = await ask(db, "POST")
    assert again.status_code == 409
    assert again.json()["violations"][0]["rule"] == "one_at_a_time"


async def test_the_old_models_are_dropped_a_while_after_the_exchange(db: Database) -> None:
    deliveries = as_delivered(won_customer().events)
    await hear_raw(service, db, *deliveries)
    await ask(db, "POST")
    await hear_as_generation(db, deliveries, 1)
    await console.tend_generations(db)
    await console.tend_generations(db)
    assert await db.collection("leads").count_documents({}) == 1
    await db.collection("generations").update_one({}, {"$set": {"ended_at": utcnow() - timedelta(minutes=1)}})
    await console.tend_generations(db)
    assert await db.collection("leads").count_documents({}) == 0
    assert await names_shown(db) == ["Ada Lovelace"]
