"""A person who wants to be forgotten is forgotten everywhere."""

import re
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from shared.database import new_id, utcnow
from shared.events import PersonErased
from tests.journeys.people import ADA, answered, asked, closed, complained, lead_of, only, ordered, submit, worked
from tests.journeys.world import SERVICES, Document, World

HEARERS = [name for name, service in SERVICES.items() if PersonErased.topic in service.hears.topics()]
HERS = re.compile(r"ada@acme|lovelace|\bada\b|30123456|30 123456", re.IGNORECASE)


async def test_an_erased_person_is_gone_from_every_database_and_the_company_stays(world: World) -> None:
    lead = await _her_whole_story(world)
    assert all((await _places_of(world, SERVICES)).values())
    certificate = await world.post("leads", "/erasures", {"phone": "+49 30 123456", "reason": "asked by letter"}, roles={"privacy"})
    await world.carry()
    assert await _places_of(world, SERVICES) == dict.fromkeys(SERVICES, [])
    assert (certificate["lead_ids"], len(world.told(PersonErased))) == ([lead["id"]], 1)
    account = await only(world, "accounts", "/accounts")
    assert (account["name"], account["satisfaction"], account["open_cases"]) == ("Acme Pumps GmbH", 25, 1)


async def test_what_is_heard_of_an_erased_person_afterwards_does_not_bring_them_back(world: World) -> None:
    """As whoever reads the topics from their beginning may hear it."""
    lead = await _her_whole_story(world)
    await world.tell(erased := _erased(lead))
    story, world = world.said, await world.reborn()
    await world.tell(erased)
    await world.tell(*(event for event in story if not event.inbound and event is not erased))
    assert await _places_of(world, HEARERS) == dict.fromkeys(HEARERS, [])


async def _her_whole_story(world: World) -> Document:
    """With her name wherever somebody may write it."""
    lead = await lead_of(world, await submit(world))
    await answered(world, lead)
    sale = await only(world, "opportunities", "/opportunities")
    await worked(world, sale)
    await closed(world, sale)
    await world.carry()
    await ordered(world, sale, "delivered")
    await complained(world, body="Ada here: it is dark again")
    await world.carry()
    await asked(world, await only(world, "accounts", "/accounts"), score=2)
    await world.carry()
    return lead


def _erased(lead: Document) -> PersonErased:
    email_hash = sha256(str(ADA["person"]["email"]).encode()).hexdigest()
    return PersonErased(person_id=new_id(), lead_ids=[lead["id"]], email_hashes=[email_hash], erased_at=utcnow())


async def _places_of(world: World, services: Collection[str]) -> dict[str, list[str]]:
    """In which fields of which collections something of hers is left, service by service."""
    return {
        service: sorted({f"{name}.{path}" for name, rows in collections.items() for row in rows for path in _paths(row)})
        for service, collections in (await world.everything()).items()
        if service in services
    }


def _paths(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for name, inner in value.items() for found in _paths(inner, f"{path}.{name}".strip("."))]
    if isinstance(value, list):
        return [found for inner in value for found in _paths(inner, path)]
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return [path] if isinstance(text, str) and HERS.search(text) else []
