"""What is forgotten when a person is erased."""

import json
from hashlib import sha256

from services.opportunities.main import service
from services.opportunities.models import opportunity_id_of
from shared.database import Database
from shared.events import Contact, LeadUnmerged, OpportunityOpened, Person, RestoredLead
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, said
from tests.services.opportunities.builders import (
    ACME,
    ADA,
    account_opened,
    lead_assigned,
    lead_merged,
    lead_qualified,
    opened,
    person_erased,
    seller,
    show,
    told,
)

TRACES = ("Ada", "Lovelace", "ada@", "+4930123456")


def hash_of(email: str) -> str:
    return sha256(email.encode()).hexdigest()


async def traces(db: Database) -> list[str]:
    """Where in the service's own records a word of the person still stands."""
    found = []
    for name in ("opportunities", "history", "waiting", "activities", "commitments"):
        rows = await db.collection(name).find().to_list(None)
        found += [f"{name}: {trace}" for trace in TRACES if trace in json.dumps(rows, default=lambda value: str(value))]
    return found


async def test_an_erased_person_is_gone_from_the_opportunity_and_its_history(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    lead_id = (await show(db, opportunity_id))["lead_id"]
    await hear(service, db, lead_merged(lead_id, person=ADA.model_copy(update={"title": "CTO"})))
    async with seller(db) as ana:
        contacts = [
            {"first_name": "Ada", "email": "ada@acme.example", "role": "decides"},
            {"first_name": "Joe", "email": "joe@acme.example"},
        ]
        await told(ana, "PATCH", f"/opportunities/{opportunity_id}", {"name": "Pumps for Ada Lovelace", "contacts": contacts}, expect=200)
        await told(ana, "PATCH", f"/opportunities/{opportunity_id}", {"name": "Ada's pumps"}, expect=200)
    assert await traces(db)

    await hear(service, db, person_erased(lead_id, email_hashes=[hash_of("ada@acme.example")]))
    assert await traces(db) == []
    shown = await show(db, opportunity_id)
    assert (shown["person"]["email"], shown["company"]["name"], shown["name"]) == (None, "Acme", "Acme: pumps")
    assert [(contact["first_name"], contact["role"]) for contact in shown["contacts"]] == [(None, "decides"), ("Joe", None)]
    async with api_client(service, db) as admin:
        history = await told(admin, "GET", f"/opportunities/{opportunity_id}/history", expect=200)
    assert (history["items"][0]["what"], history["items"][0]["before"], history["items"][0]["version"]) == (
        "person_erased",
        {},
        shown["version"],
    )


async def test_a_person_is_found_by_their_address_where_no_lead_was(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    body = {"person": {"first_name": "Ada", "last_name": "Lovelace", "email": "Ada@Acme.example"}}
    async with seller(db) as ana:
        mine = await told(ana, "POST", "/opportunities", body, expect=201)
        other = await told(ana, "POST", "/opportunities", {"person": {"email": "joe@acme.example"}}, expect=201)
    await hear(service, db, person_erased(email_hashes=[hash_of("ada@acme.example")]))
    assert (await show(db, mine["id"]))["person"]["first_name"] is None
    assert (await show(db, mine["id"]))["name"] == "Opportunity"
    assert await show(db, other["id"]) == other | {"linked_ids": []}


async def test_a_lead_that_comes_after_the_erasure_opens_without_its_person(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("l1", version=4), lead_assigned("l1", version=3))
    await hear(service, db, person_erased("l1", "l2"))
    assert await traces(db) == []
    await hear(service, db, lead_qualified("l1", version=2), lead_qualified("l2"))
    assert await traces(db) == []
    events = [event for event in await said(db) if isinstance(event, OpportunityOpened)]
    assert [(event.person, event.company, event.owner_id) for event in events] == [(Person(), ACME, "ana"), (Person(), ACME, None)]


async def test_what_waits_for_either_of_two_that_became_one_tells_nothing_of_an_erased_person(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("l1", merged_lead_id="l2"))
    await hear(service, db, person_erased("l1"))
    await hear(service, db, person_erased("l2"))
    assert await traces(db) == []
    await hear(service, db, lead_qualified("l2"))
    assert await traces(db) == []
    assert (await show(db, opportunity_id_of("l2")))["lead_id"] == "l1"


async def test_nothing_heard_later_brings_an_erased_person_back(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    opportunity_id = await opened(db)
    lead_id = (await show(db, opportunity_id))["lead_id"]
    await hear(service, db, person_erased(lead_id))
    await hear(service, db, lead_merged(lead_id, version=9), lead_qualified(lead_id, version=10))
    assert await traces(db) == []
    assert opportunity_id == opportunity_id_of(lead_id)


async def test_what_waits_for_an_opportunity_tells_nothing_of_an_erased_person(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    ada = RestoredLead(version=9, status="qualified", person=ADA)
    await hear(service, db, LeadUnmerged(lead_id="l1", version=8, restored_lead_id="l2", person=ADA, restored=ada))
    await hear(service, db, LeadUnmerged(lead_id="other", version=8, restored_lead_id="l1", restored=ada))
    contact = Contact(first_name="Ada", email="ada@acme.example")
    await hear(service, db, account_opened(opportunity_id_of("l1")).model_copy(update={"contacts": [contact], "name": "Ada Lovelace"}))
    await hear(service, db, person_erased("l1", email_hashes=[hash_of("ada@acme.example")]))
    assert await traces(db) == []
    assert await db.collection("waiting").count_documents({}) == 5
