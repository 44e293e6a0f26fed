"""Others know more about a lead: they are asked after it was captured, and it is judged by what they say, or without."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.leads.main import service
from services.leads.rules.enrichment.answers import Answer
from services.leads.service.enrichment.answering import Outcome, settle_outcomes
from services.leads.service.policies import forget_policy
from shared.database import utcnow
from shared.events import AccountOpened, LeadCaptured, LeadDisqualified, LeadEnriched, LeadMerged, LeadQualified, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import bare, carried, fresh, heard, leads_of, of, submission, the_lead, told
from tests.services.leads.knowers import EMPLOYEES, NEARLY, asking, chief, nearly, provided, settled, the_provider
from tests.shared.outsiders import outsider


async def test_without_providers_a_lead_is_judged_at_once_and_nothing_is_written_for_it(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await heard(db, submission())
    assert [type(event) for event in events[:2]] == [LeadCaptured, LeadQualified]
    assert await db.collection("enrichments").count_documents({}) == 0
    assert "asked" not in await the_lead(db)


async def test_a_lead_waits_for_what_a_provider_knows_and_is_judged_by_it(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200}) as system:
        await provided(db, system.url, wait_seconds=30)
        assert [type(event) for event in await heard(db, nearly())] == [LeadCaptured]
        assert (await the_lead(db))["waits_for"] == ["firms"]
        async with asking(db):
            (row,) = await settled(db)
    enriched, qualified, *_ = await said(db)
    assert isinstance(enriched, LeadEnriched)
    assert isinstance(qualified, LeadQualified)
    assert (enriched.provider, enriched.company.employees, enriched.version) == ("firms", 200, 2)
    assert (qualified.version, qualified.company.employees) == (3, 200)
    assert enriched.envelope.correlation_id == qualified.envelope.correlation_id
    assert (row["status"], row["fields"], row["late"]) == ("answered", ["company.employees"], False)
    assert system.asked == ["/acme.example"]


async def test_a_lead_says_where_each_value_is_from_and_whom_was_asked(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": "1,200", "where": "Germany", "sure": 0.5}) as system:
        fields = [EMPLOYEES | {"confidence": 0.9}, {"field": "company.country", "path": "where"}]
        await provided(db, system.url, fields=fields, confidence="sure", price="0.10", currency="EUR")
        await heard(db, nearly())
        async with asking(db):
            await settled(db)
    lead = await the_lead(db)
    async with chief(db) as client:
        shown = await told(client, "GET", f"/leads/{lead['_id']}")
        (row,) = (await told(client, "GET", f"/leads/{lead['_id']}/enrichments"))["items"]
        history = (await told(client, "GET", f"/leads/{lead['_id']}/history"))["items"]
        usage = (await told(client, "GET", "/providers/firms"))["usage"]
    assert (shown["company"]["employees"], shown["company"]["country"], shown["waits_until"]) == (1200, "DE", None)
    assert [(one["field"], one["provider"], one["confidence"]) for one in shown["provenance"]] == [
        ("company.employees", "firms", 0.45),
        ("company.country", "firms", 0.4),
    ]
    assert (row["provider"], row["status"], row["attempts"], row["cost"], row["currency"]) == ("firms", "answered", 1, "0.10", "EUR")
    assert (history[0]["what"], history[0]["after"]["company.employees"]) == ("enriched", 1200)
    assert (usage["calls"], usage["answered"], usage["cost"], usage["currency"]) == (1, 1, "0.10", "EUR")


async def test_what_was_answered_before_is_taken_at_once_and_costs_no_call(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200}) as system:
        await provided(db, system.url)
        await heard(db, nearly())
        async with asking(db):
            await settled(db)
        await said(db)
        events = await heard(db, nearly(person=NEARLY["person"] | {"email": "bo@acme.example"}))
    assert [type(event) for event in events[:3]] == [LeadCaptured, LeadEnriched, LeadQualified]
    assert [event.version for event in events[:3]] == [1, 2, 3]
    assert len(system.asked) == 1
    rows = await settled(db, 2)
    assert [row.get("cached") for row in rows] == [False, True]


async def test_a_late_answer_judges_again_and_may_turn_the_verdict(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await provided(db, wait_seconds=1)
    await heard(db, nearly())
    await pass_time(service, db, utcnow() + timedelta(seconds=2))
    (disqualified,) = await said(db)
    assert isinstance(disqualified, LeadDisqualified)
    (row,) = await db.collection("enrichments").find().to_list(None)
    provider = await the_provider(db)
    outcome = Outcome(row["_id"], provider, "answered", key=row["key"], answer=Answer(True, {"company.employees": 200}), called=True)
    await db.transact(lambda tx: settle_outcomes(tx, [outcome]))
    enriched, qualified, *_ = await said(db)
    assert [type(enriched), type(qualified)] == [LeadEnriched, LeadQualified]
    assert [disqualified.version, enriched.version, qualified.version] == [2, 3, 4]
    assert (await settled(db))[0]["late"] is True


async def test_what_is_said_of_a_person_is_kept_in_their_lead_and_nowhere_else(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"phone": "+49 171 3920090"}) as system:
        fields = [{"field": "person.phone", "path": "phone"}]
        await provided(db, request={"url": f"{system.url}/people?mail={{person.email}}"}, fields=fields)
        await heard(db, nearly())
        async with asking(db):
            (row,) = await settled(db)
    assert system.asked == ["/people?mail=ana%40acme.example"]
    assert (await the_lead(db))["person"]["phone"] == "+491713920090"
    assert await db.collection("enrichment_cache").count_documents({}) == 0
    assert "3920090" not in str(row)
    assert "ana@" not in str(row)


async def test_a_provider_that_depends_on_another_is_asked_when_that_has_answered(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"number": "HRB 7"} if "acme" in str(request.url) else {"rating": "2.1"}) as system:
        number = [{"field": "attributes.register_number", "path": "number"}]
        await provided(db, system.url, id="register", fields=number, wait_seconds=30)
        bureau = {"url": f"{system.url}/ratings?of={{attributes.register_number}}"}
        rating = [{"field": "attributes.rating", "path": "rating"}]
        await provided(db, system.url, id="bureau", request=bureau, fields=rating, wait_seconds=30)
        await heard(db, nearly())
        async with asking(db):
            await settled(db, 2)
    assert system.asked == ["/acme.example", "/ratings?of=HRB%207"]
    lead = await the_lead(db)
    assert lead["attributes"] == {"register_number": "HRB 7", "rating": "2.1"}
    assert lead["status"] == "disqualified"
    assert len(of(LeadEnriched, await said(db))) == 2


async def test_criteria_speak_about_what_a_credit_bureau_says(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    solvent = {
        "name": "solvent",
        "text": "pays",
        "expression": "'credit_score' in enrichment && enrichment.credit_score > 50",
        "points": 80,
    }
    async with outsider(lambda request: {"score": 71 if "acme" in str(request.url) else 12.5}) as bureau, chief(db) as client:
        await told(client, "POST", "/criteria", {"criteria": [solvent]}, expect=201)
        await told(client, "POST", "/criteria/2/activate")
        await provided(db, bureau.url, id="bureau", fields=[{"field": "enrichment.credit_score", "path": "score"}], wait_seconds=30)
        await heard(db, nearly(), nearly(person={"email": "bo@bolt.example"}))
        async with asking(db):
            await settled(db, 2)
        acme, bolt = await leads_of(db)
        shown = await told(client, "GET", f"/leads/{acme['_id']}")
    assert (acme["status"], bolt["status"]) == ("qualified", "disqualified")
    assert shown["enrichment"] == {"bureau": {"credit_score": 71}}


async def test_a_lead_whose_company_only_a_provider_knows_goes_to_the_owner_of_its_account(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    known = {"name": "Acme", "domain": "acme.example", "owner_id": "fay", "opportunity_id": "o"}
    await hear(service, db, AccountOpened(account_id="a", version=1, opened_at=utcnow(), **known))
    forget_policy(db)
    domain = [{"field": "company.domain", "path": "domain"}]
    async with outsider(lambda request: {"domain": "acme.example"}) as system:
        await provided(db, request={"url": f"{system.url}/{{company.name}}"}, fields=domain, wait_seconds=30)
        for name in ("Silva", "Braun"):
            await carried(db, submission(person={"last_name": name, "email": f"{name}@gmail.com"}, company={"name": "Acme"}))
            async with asking(db):
                await settled(db)
            await carried(db, *await said(db))
    assert [(lead["owner_id"], lead["rule"]) for lead in await leads_of(db)] == [("fay", "existing-customer")] * 2
    assert len(system.asked) == 1


async def test_a_lead_that_was_given_to_somebody_while_it_waited_weighs_on_them_once_it_is_good(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with chief(db) as client:
        await told(client, "PATCH", "/reps/ana", {"max_open": 5})
        await carried(db, submission())
        forget_policy(db)
        await provided(db, wait_seconds=1)
        await heard(db, submission())
        waiting = (await leads_of(db))[-1]
        await told(client, "POST", f"/leads/{waiting['_id']}/assign", {"owner_id": "ana"})
    assert await db.collection("load_changes").count_documents({}) == 0
    await pass_time(service, db, utcnow() + timedelta(seconds=2))
    lead = (await leads_of(db))[-1]
    assert (lead["status"], lead["owner_id"]) == ("qualified", "ana")
    assert [(row["rep_id"], row["by"]) for row in await db.collection("load_changes").find().to_list(None)] == [("ana", 1)]


@pytest.mark.parametrize("owner_id", ["ana", None])
async def test_a_lead_that_was_contacted_while_it_waited_is_good_once_the_provider_answers(
    database_of: DatabaseOf, owner_id: str | None
) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200}) as system, chief(db) as client:
        await provided(db, system.url, wait_seconds=30)
        await heard(db, nearly())
        await contacted_by(client, await the_lead(db), owner_id)
        async with asking(db):
            await settled(db)
    events = await said(db)
    await carried(db, *events)
    (qualified,), lead = of(LeadQualified, events), await the_lead(db)
    assert (qualified.owner_id, qualified.company.employees) == (owner_id, 200)
    assert (lead["status"], lead["owner_id"] == "ana") == ("contacted", owner_id == "ana")
    assert lead["owner_id"] is not None


@pytest.mark.parametrize(("asked", "good"), [(submission(), True), (nearly(), False)])
async def test_a_lead_that_was_contacted_while_it_waited_in_vain_is_good_if_it_is_and_given_up_by_nobody_else(
    database_of: DatabaseOf, asked: LeadSubmitted, *, good: bool
) -> None:
    db = await fresh(database_of)
    await provided(db, wait_seconds=1)
    await heard(db, asked)
    async with chief(db) as client:
        await contacted_by(client, await the_lead(db), "ana")
    await pass_time(service, db, utcnow() + timedelta(seconds=2))
    events = await said(db)
    assert (len(of(LeadQualified, events)), of(LeadDisqualified, events)) == (good, [])
    lead = await the_lead(db)
    assert (lead["status"], "waits_until" in lead, "qualified_at" in lead) == ("contacted", False, good)


async def contacted_by(client: httpx.AsyncClient, lead: dict[str, Any], owner_id: str | None) -> None:
    if owner_id is not None:
        await told(client, "POST", f"/leads/{lead['_id']}/assign", {"owner_id": owner_id})
    await told(client, "POST", f"/leads/{lead['_id']}/contact", {"channel": "call"})


async def test_a_provider_is_asked_about_those_leads_only_for_which_its_condition_holds(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await provided(db, condition="source == 'partner' && !person.disposable_email")
    events = await heard(db, nearly(), nearly(source="partner", person={"email": "x@mailinator.com"}, company={"domain": "x.example"}))
    assert len(of(LeadDisqualified, events)) == 2
    assert await db.collection("enrichments").count_documents({}) == 0


async def test_a_further_submission_asks_by_what_is_new_and_a_waiting_lead_goes_on_waiting(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await provided(db, wait_seconds=30)
    person = {"email": "ana@gmail.com"}
    await heard(db, bare(person=person))
    assert await db.collection("enrichments").count_documents({}) == 0
    await heard(db, bare(person=person, company={"domain": "acme.example"}), bare(person={"email": "bo@bolt.example"}))
    events = await heard(db, bare(person={"email": "bo@bolt.example"}, interest={"product": "pumps"}))
    assert [type(event) for event in events] == [LeadMerged]
    ana, bo = await leads_of(db)
    assert [row["lead_id"] for row in await db.collection("enrichments").find().sort("_id", 1).to_list(None)] == [ana["_id"], bo["_id"]]
    assert (ana["status"], bo["status"]) == ("disqualified", "captured")


async def test_a_lead_that_became_part_of_another_passes_the_answer_on(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "bo@gmail.com"}))
    async with outsider(lambda request: {"size": 200}) as system:
        await provided(db, system.url)
        await heard(db, nearly())
        bo, ana = await leads_of(db)
        async with chief(db) as client:
            await told(client, "POST", f"/leads/{bo['_id']}/merge", {"lead_id": ana["_id"]})
        async with asking(db):
            await settled(db)
    bo, ana = await leads_of(db)
    assert (bo["company"]["employees"], ana["status"]) == (200, "merged")
    assert "employees" not in ana["company"]


async def test_whoever_works_on_a_lead_may_have_it_asked_about_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, nearly())
    lead = await the_lead(db)
    async with outsider(lambda request: {"size": 200}) as system, chief(db) as client:
        await told(client, "POST", f"/leads/{lead['_id']}/enrich", expect=409)
        await provided(db, system.url)
        await told(client, "POST", f"/leads/{lead['_id']}/enrich", expect=202)
        async with asking(db):
            await settled(db)
    assert (await the_lead(db))["status"] == "qualified"


async def test_a_lead_that_nobody_has_asked_about_in_time_is_judged_with_a_thousand_others(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await provided(db, wait_seconds=1)
    await heard(db, *(submission() for _ in range(50)))
    assert await db.collection("timers").count_documents({"name": "lead.enrichment_due"}) == 3
    await pass_time(service, db, utcnow() + timedelta(seconds=2))
    events = await carried(db, *await said(db))
    assert {lead["status"] for lead in await leads_of(db)} == {"qualified"}
    assert all(lead["owner_id"] for lead in await leads_of(db))
    assert events
