"""Submissions become leads, whichever way and however often they come."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from services.leads.main import service
from services.leads.service import capture_leads
from shared.database import Database
from shared.events import Attribution, LeadAssigned, LeadCaptured, LeadDisqualified, LeadMerged, LeadQualified, LeadRouted, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import hear, hear_raw, raw, said
from tests.services.leads.builders import admin, bare, carried, fresh, from_outside, heard, leads_of, of, submission, the_lead, told


async def test_a_submission_becomes_a_lead_that_is_qualified_routed_and_assigned(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await carried(db, submission())
    assert [type(event) for event in events] == [LeadCaptured, LeadQualified, LeadRouted, LeadAssigned]
    captured, qualified, routed, assigned = events
    assert [captured.version, qualified.version, assigned.version] == [1, 2, 3]
    assert qualified.score >= 40
    assert {reason.criterion for reason in qualified.reasons if reason.passed} >= {"reachable", "budget", "timeline"}
    assert (qualified.team_id, assigned.team_id, assigned.rule) == ("europe", "europe", "europe")
    lead = await the_lead(db)
    assert (lead["status"], lead["version"], lead["owner_id"]) == ("qualified", 3, assigned.owner_id)


async def test_every_event_of_a_lead_carries_the_correlation_id_of_its_submission(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await carried(db, from_outside(submission(), correlation_id="c1"), from_outside(submission(), correlation_id="c2"))
    ids = {event.lead_id: event.envelope.correlation_id for event in of(LeadCaptured, events)}
    assert sorted(ids.values()) == ["c1", "c2"]
    for event in of(LeadQualified, events) + of(LeadAssigned, events):
        assert event.envelope.correlation_id == ids[event.lead_id]


async def test_a_redelivered_submission_changes_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    event = from_outside(submission())
    await heard(db, event)
    assert await heard(db, event) == []
    assert len(await leads_of(db)) == 1


async def test_a_redelivery_that_the_inbox_has_forgotten_changes_nothing_either(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    event = from_outside(submission())
    await heard(db, event)
    await db.collection("inbox").delete_many({})
    assert await heard(db, event) == []
    assert (await the_lead(db))["version"] == 2


async def test_what_came_is_put_in_order_and_says_what_it_was(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    person = {"email": "Ana.Silva@ACME.example", "phone": "0171 3920090", "last_name": "Silva, Ana", "first_name": ""}
    (captured, *_) = await heard(
        db, bare(person=person, company={"name": "Acme GmbH", "country": "Deutschland", "domain": "https://www.acme.example/x"})
    )
    assert captured.person.model_dump(exclude_none=True) == {
        "email": "ana.silva@acme.example",
        "phone": "+491713920090",
        "last_name": "Silva",
        "first_name": "Ana",
    }
    assert (captured.company.country, captured.company.domain) == ("DE", "acme.example")
    corrections = {row["field"]: (row["was"], row["now"]) for row in (await the_lead(db))["corrections"]}
    assert corrections["company.country"] == ("Deutschland", "DE")
    assert corrections["person.phone"] == ("0171 3920090", "+491713920090")


async def test_a_bad_phone_beside_a_good_address_is_dropped_with_a_note(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    (captured, *_) = await heard(db, submission(person={"phone": "call me"}))
    assert captured.person.phone is None
    assert {"field": "person.phone", "was": "call me", "now": None} in (await the_lead(db))["corrections"]


@pytest.mark.parametrize(
    ("first", "second", "rule"),
    [
        ({"email": "ana@x.example"}, {"email": "ANA@X.example", "last_name": "Souza"}, "email"),
        ({"phone": "+49 171 3920090"}, {"phone": "0171/3920090", "email": "ana@x.example"}, "phone"),
        (
            {"first_name": "Ana", "last_name": "Silvá"},
            {"first_name": "ANA", "last_name": "Silva", "email": "a@x.example"},
            "name_and_company",
        ),
    ],
)
async def test_the_same_person_is_one_lead(database_of: DatabaseOf, first: dict[str, Any], second: dict[str, Any], rule: str) -> None:
    db = await fresh(database_of)
    firms = ({"name": "Acme GmbH", "country": "DE"}, {"name": "ACME, Ltd.", "country": "DE"})
    await heard(db, bare(person=first, company=firms[0]))
    (merged, *_) = await heard(db, bare(person=second, company=firms[1]))
    assert isinstance(merged, LeadMerged)
    assert merged.match.rule == rule
    assert len(await leads_of(db)) == 1


async def test_two_submissions_of_one_person_in_one_batch_are_one_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    one, other = bare(person={"email": "ana@x.example"}), bare(person={"email": "ana@x.example", "phone": "+491713920090"})
    events = await heard(db, one, other)
    assert [type(event) for event in events[:3]] == [LeadCaptured, LeadDisqualified, LeadMerged]
    lead = await the_lead(db)
    assert lead["person"]["phone"] == "+491713920090"
    assert lead["version"] == max(event.version for event in events)


async def test_two_submissions_of_one_person_at_once_in_two_workers_are_one_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    crowd = [[from_outside(bare(person={"email": f"p{number}@x.example"})) for number in range(30)] for _ in range(4)]
    await asyncio.gather(*(hear(service, db, *events) for events in crowd))
    events = await said(db)
    assert len(await leads_of(db)) == len(of(LeadCaptured, events)) == 30
    assert len(of(LeadMerged, events)) == 90
    fates = await db.collection("submissions").find().to_list(None)
    assert sorted(fate["status"] for fate in fates) == ["captured"] * 30 + ["merged"] * 90


async def test_a_submission_that_fits_two_leads_goes_to_the_one_with_its_address(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person={"email": "ana@x.example"}), bare(person={"phone": "+491713920090"}))
    by_email, by_phone = await leads_of(db)
    (merged, *_) = await heard(db, bare(person={"email": "ana@x.example", "phone": "+491713920090"}))
    assert (merged.lead_id, merged.match.rule) == (by_email["_id"], "email")
    (again, *_) = await heard(db, bare(person={"phone": "+491713920090"}))
    assert again.lead_id == by_phone["_id"]


async def test_the_same_external_id_from_the_same_source_is_the_same_submission(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, submission(external_id="crm-7"))
    assert await heard(db, submission(external_id="crm-7", interest={"product": "valves"})) == []
    lead = await the_lead(db)
    assert (lead["version"], lead["interest"]["product"]) == (2, "pumps")
    fates = await db.collection("submissions").find().sort("settled_at", 1).to_list(None)
    assert [(fate["status"], fate.get("rule"), fate["lead_id"]) for fate in fates] == [
        ("captured", None, lead["_id"]),
        ("merged", "external_id", lead["_id"]),
    ]


async def test_the_same_external_id_from_another_source_is_another_submission(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, submission(external_id="7"), submission(external_id="7", source="partner"))
    assert len(await leads_of(db)) == 2


async def test_who_names_ever_new_things_spoils_no_list(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    for number in range(3):
        names = {f"n{number}-{one}": "x" for one in range(90)}
        await heard(db, bare(person={"email": "a@x.example"}, attributes=names, attribution=names | {"campaign": f"c{number}"}))
    async with admin(db) as client:
        (shown,) = (await told(client, "GET", "/leads"))["items"]
    assert (len(shown["attributes"]), len(shown["attribution"])) == (100, 100 + len(Attribution.model_fields))
    assert shown["attribution"]["campaign"] == "c0"
    assert len((await the_lead(db))["origins"]) < 100


async def test_an_unknown_source_is_taken_under_unknown_and_counted(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await heard(db, submission(source="acme-kiosk"), submission(source="acme-kiosk"), submission())
    assert sorted(event.source for event in of(LeadCaptured, events)) == ["unknown", "unknown", "web"]
    async with admin(db) as client:
        assert (await told(client, "GET", "/sources/unknown"))["stated"] == {"acme-kiosk": 2}


async def test_a_merge_fills_what_was_empty_and_takes_the_newer_interest(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    person = {"email": "ana@x.example"}
    await heard(db, bare(person=person | {"title": "CEO"}, interest={"product": "pumps", "budget": "10"}))
    await heard(db, bare(person=person | {"title": "Boss", "last_name": "Silva"}, interest={"product": "valves"}))
    lead = await the_lead(db)
    assert lead["person"] == {"email": "ana@x.example", "title": "CEO", "last_name": "Silva"}
    assert lead["interest"] == {"product": "valves", "budget": Decimal(10)}


async def test_a_lead_that_was_not_good_enough_qualifies_when_more_is_known(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    weak = bare(person={"email": "ana@acme.example"}, source="web")
    (_, disqualified) = await heard(db, weak)
    assert disqualified.reason == "score 10 is below 40"
    events = await carried(db, submission(person={"email": "ana@acme.example"}))
    assert [type(event) for event in events] == [LeadMerged, LeadQualified, LeadRouted, LeadAssigned]
    assert [event.version for event in events if not isinstance(event, LeadRouted)] == [3, 4, 5]
    assert "reason" not in await the_lead(db)


async def test_a_refused_submission_is_parked_with_its_reason_and_the_good_beside_it_go_through(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await heard(db, submission(), from_outside(bare(person={"email": "jo@"}), event_id="bad"), submission())
    assert len(of(LeadCaptured, events)) == 2
    (parked,) = await db.collection("parked").find().to_list(None)
    assert parked["violations"][0]["field"] == "person.email"
    assert parked["violations"][0]["rule"] == "email"
    (fate,) = await db.collection("submissions").find({"status": "refused"}).to_list(None)
    assert (fate["field"], fate["rule"]) == ("person.email", "email")


async def test_a_refused_submission_that_is_mended_and_replayed_becomes_a_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, from_outside(bare(person={"email": "jo@"})))
    async with admin(db) as client:
        (parked,) = (await told(client, "GET", "/parked"))["items"]
        mended = '{"source": "web", "person": {"email": "jo@x.example"}}'
        await told(client, "PATCH", f"/parked/{parked['id']}", {"value": mended})
        await told(client, "POST", f"/parked/{parked['id']}/replay")
        (fate,) = (await told(client, "POST", "/submissions/lookup", {"ids": [await _only_submission(db)]}))["items"]
    assert (fate["status"], fate["reason"]) == ("captured", None)
    assert (await the_lead(db))["person"]["email"] == "jo@x.example"


async def test_what_came_is_kept_as_it_came(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    value = b'{"source": "web", "person": {"email": "ana@x.example"}, "their_own": [1, 2]}'
    await hear_raw(service, db, raw("lead.submitted", value))
    (row,) = await db.collection("submissions").find().to_list(None)
    assert row["raw"] == value


async def test_without_criteria_a_lead_is_captured_and_waits(database_of: DatabaseOf) -> None:
    db = await database_of("leads")
    (captured,) = await heard(db, submission())
    assert isinstance(captured, LeadCaptured)
    assert (await the_lead(db))["status"] == "captured"


async def test_a_transaction_that_runs_again_has_its_effects_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    submissions = [from_outside(submission()) for _ in range(3)]
    tries = 0

    async def capture(tx: Any) -> None:
        nonlocal tries
        tries += 1
        await tx.collection("leads").find_one({})  # from here on it sees no more of what others do
        if tries == 1:
            # Somebody else takes the first of them in the meantime.
            await db.transact(lambda other: capture_leads(other, [_again(submissions[0])]))
        await capture_leads(tx, [_again(one) for one in submissions])

    await db.transact(capture)
    events = await said(db)
    assert tries == 2
    assert len(await leads_of(db)) == len(of(LeadCaptured, events)) == 3


def _again(event: Any) -> LeadSubmitted:
    copy: LeadSubmitted = event.model_copy().in_envelope(event.envelope)
    return copy


async def _only_submission(db: Database) -> str:
    (row,) = await db.collection("submissions").find().to_list(None)
    submission_id: str = row["_id"]
    return submission_id
