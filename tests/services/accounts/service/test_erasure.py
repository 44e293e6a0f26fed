"""A person wants to be forgotten."""

from datetime import timedelta
from typing import Any

import pytest

from services.accounts.main import service
from shared.database import Database, utcnow
from shared.events import AccountChanged, Company, Envelope, PersonErased
from shared.events.people import email_hash
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, hear_raw, raw, said
from tests.services.accounts.builders import ANA, answer, case, order, someone, won_deal


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("accounts")


def erased(**fields: Any) -> PersonErased:
    return PersonErased.model_validate({"person_id": "person-1", "erased_at": utcnow()} | fields)


async def test_a_contact_found_by_lead_or_by_address_is_blanked(db: Database) -> None:
    other = someone()
    deal = won_deal(contacts=[other])
    await hear(service, db, deal)
    await said(db)
    await hear(service, db, erased(lead_ids=[deal.lead_id]), erased(person_id="person-2", email_hashes=[email_hash(other.email or "")]))
    (changed,) = await said(db)
    assert isinstance(changed, AccountChanged)
    assert (changed.changed, changed.version) == (["contacts"], 2)
    assert [contact.model_dump(exclude={"contact_id"}, exclude_none=True) for contact in changed.contacts] == [{}, {}]


async def test_nothing_of_the_person_is_left_in_the_database(db: Database) -> None:
    deal = won_deal(company=Company())
    await hear(service, db, deal, order(opportunity_id=deal.opportunity_id, status="delivered"))
    opened = await said(db)
    await hear(service, db, case(), answer(opened[0].key(), survey_id=opened[-1].survey_id, comment="Ana was here"))  # type: ignore[attr-defined]
    await said(db)
    await hear(service, db, erased(lead_ids=[deal.lead_id]))
    await said(db)
    kept = ["accounts", "contacts", "cases", "satisfaction", "surveys", "identities", "history", "deals", "expectations"]
    everything = str([await db.collection(name).find().to_list(None) for name in kept])
    traces = (ANA.email, ANA.first_name, ANA.last_name, ANA.phone, ANA.title, "It leaks", email_hash(ANA.email or ""))
    assert [trace for trace in traces if str(trace) in everything] == []


async def test_what_was_parked_of_the_person_is_wiped_and_what_was_parked_of_others_stays(db: Database) -> None:
    body = b'{"contact": {"email": "%s"}, "subject": "It leaks", "severity": "huge"}'
    for offset, address in enumerate((b"Ana@Acme.example", b"bo@acme.example")):
        await hear_raw(service, db, raw("case.submitted", body % address, key=address, offset=offset))
    await hear(service, db, erased(email_hashes=[email_hash(ANA.email or "")]))
    wiped, left = await db.collection("parked").find().sort("offset", 1).to_list(None)
    assert (wiped["status"], wiped["key"], wiped["value"], wiped["error"]) == ("discarded", None, None, "")
    assert (left["status"], left["key"]) == ("parked", b"bo@acme.example")


async def test_a_late_deal_does_not_bring_the_person_back(db: Database) -> None:
    await hear(service, db, erased(email_hashes=[email_hash(ANA.email or "")]))
    await hear(service, db, won_deal(company=Company(), closed_at=utcnow() - timedelta(hours=1)))
    async with api_client(service, db) as client:
        (account,) = (await client.get("/accounts")).json()["items"]
        assert account["name"] == "Private customer"
        assert (await client.get(f"/accounts/{account['id']}/contacts")).json()["items"] == []


async def test_neither_a_late_case_nor_a_late_answer_brings_the_person_back(db: Database) -> None:
    deal = won_deal()
    await hear(service, db, deal, order(opportunity_id=deal.opportunity_id, status="delivered"))
    opened = await said(db)
    asked = case(subject="Ana's machine leaks").in_envelope(Envelope("c1", "/desk", utcnow() - timedelta(minutes=5), "c1"))
    await hear(service, db, erased(lead_ids=[deal.lead_id], email_hashes=[email_hash(ANA.email or "")]))
    await said(db)
    await hear(service, db, asked, answer(opened[0].key(), survey_id=opened[-1].survey_id, comment="Ana was here"))  # type: ignore[attr-defined]
    told = str(await said(db)) + str([await db.collection(name).find().to_list(None) for name in ("cases", "satisfaction", "history")])
    assert [trace for trace in (ANA.email, "Ana", email_hash(ANA.email or "")) if str(trace) in told] == []
    assert (await db.collection("cases").count_documents({}), await db.collection("satisfaction").count_documents({})) == (1, 1)


async def test_who_asks_for_help_after_they_were_erased_is_answered(db: Database) -> None:
    await hear(service, db, erased(email_hashes=[email_hash(ANA.email or "")], erased_at=utcnow() - timedelta(days=1)))
    await hear(service, db, case())
    assert (await db.collection("cases").find_one({}))["contact"]["email"] == ANA.email


async def test_who_is_not_known_here_is_erased_without_a_word(db: Database) -> None:
    await hear(service, db, won_deal())
    await said(db)
    await hear(service, db, erased(lead_ids=["another"]), erased(person_id="person-3"))
    assert await said(db) == []


async def test_a_person_who_is_known_by_their_lead_in_one_place_is_forgotten_by_their_address_in_another(db: Database) -> None:
    """Leads may not know the address that somebody learned while selling."""
    first = won_deal(person=ANA)
    await hear(service, db, first, won_deal(company=Company(name="Else", country="FR"), person=ANA.model_copy(update={"title": "CEO"})))
    await said(db)
    await hear(service, db, erased(lead_ids=[first.lead_id]))
    assert [event.topic for event in await said(db)] == ["account.changed", "account.changed"]
    assert str(ANA.email) not in str(await db.collection("contacts").find().to_list(None))
