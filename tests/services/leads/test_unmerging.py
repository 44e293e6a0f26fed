"""A merge is taken back: both leads are again what each would be."""

from typing import Any

import pytest

from services.leads.main import service
from services.leads.service import hand_over, take_apart
from services.leads.service.policies import forget_policy
from shared.database import Database, utcnow
from shared.events import EngagementRecorded, LeadAssigned, LeadDisqualified, LeadQualified, LeadRouted, LeadUnmerged
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, bare, carried, compared, fresh, heard, leads_of, of, submission, told

ANA, BEN = {"email": "ana@x.example"}, {"email": "ben@y.example"}
# What tells nothing of a lead itself.
PASSING = ("version", "updated_at", "respond_by")


def essence(lead: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in lead.items() if name not in PASSING}


async def two_leads(db: Database) -> list[dict[str, Any]]:
    await carried(db, submission(person=ANA | {"title": "CEO"}, company={"name": "X Ltd"}))
    await carried(db, bare(person=BEN | {"phone": "+491713920090"}, interest={"product": "valves"}))
    return await leads_of(db)


async def merge(db: Database, kept: dict[str, Any], other: dict[str, Any]) -> None:
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{kept['_id']}/merge", {"lead_id": other["_id"]})


async def unmerge(db: Database, lead: dict[str, Any], body: Any = None) -> Any:
    async with admin(db) as client:
        return await told(client, "POST", f"/leads/{lead['_id']}/unmerge", body)


@pytest.mark.parametrize("by", ["the one that stayed", "the one that went", "both"])
async def test_unmerging_restores_both(database_of: DatabaseOf, by: str) -> None:
    db = await fresh(database_of)
    before = await two_leads(db)
    await merge(db, *before)
    await said(db)
    lead, body = (before[1], None) if by == "the one that went" else (before[0], {"lead_id": before[1]["_id"]} if by == "both" else None)
    shown = await unmerge(db, lead, body)
    after = await leads_of(db)
    assert [essence(lead) for lead in after] == [essence(lead) for lead in before]
    assert shown["id"] == before[0]["_id"]
    (unmerged,) = of(LeadUnmerged, await said(db))
    assert (unmerged.lead_id, unmerged.restored_lead_id, unmerged.version) == (after[0]["_id"], after[1]["_id"], after[0]["version"])
    assert (unmerged.restored.version, unmerged.restored.person.email) == (after[1]["version"], "ben@y.example")
    assert (unmerged.owner_id, unmerged.restored.owner_id) == (before[0]["owner_id"], before[1]["owner_id"]) == ("ana", None)
    assert after[0]["version"] > before[0]["version"] + 1


async def test_a_lead_is_qualified_by_the_one_that_becomes_part_of_it_and_no_more_when_that_leaves(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, bare(person=BEN), submission(person=ANA))
    poor, good = await leads_of(db)
    await merge(db, poor, good)
    events = await said(db)
    (qualified,), (assigned,) = of(LeadQualified, events), of(LeadAssigned, events)
    lead, _ = await leads_of(db)
    assert (lead["status"], lead["owner_id"], "reason" in lead) == ("qualified", good["owner_id"], False)
    assert (qualified.lead_id, qualified.owner_id, qualified.grade, qualified.person.email) == (
        poor["_id"],
        good["owner_id"],
        lead["grade"],
        "ben@y.example",
    )
    assert (qualified.reasons[0].criterion, qualified.version < assigned.version == lead["version"]) == ("merge", True)
    await unmerge(db, poor)
    (gone,) = of(LeadDisqualified, await said(db))
    lead, other = await leads_of(db)
    assert (lead["status"], gone.lead_id, gone.reason, other["status"]) == ("disqualified", poor["_id"], poor["reason"], "qualified")


async def test_what_somebody_disqualified_is_good_again_by_a_good_one_that_nobody_has_and_on_its_way_to_somebody(
    database_of: DatabaseOf,
) -> None:
    db = await fresh(database_of)
    await heard(db, submission(person=BEN), submission(person=ANA))
    poor, good = await leads_of(db)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{poor['_id']}/disqualify", {"reason": "a student"})
    assert await db.collection("outcomes").count_documents({"_id": poor["_id"]}) == 1
    await said(db)
    await merge(db, poor, good)
    events = await said(db)
    (qualified,), (routed,) = of(LeadQualified, events), of(LeadRouted, events)
    assert (qualified.lead_id, routed.lead_id) == (poor["_id"], poor["_id"])
    await hear(service, db, routed)
    lead, _ = await leads_of(db)
    assert (lead["status"], "by_hand" in lead, bool(lead["owner_id"])) == ("qualified", False, True)
    assert await db.collection("outcomes").count_documents({}) == 0
    await unmerge(db, poor)
    (outcome,) = await db.collection("outcomes").find().to_list(None)
    assert (outcome["_id"], outcome["won"]) == (poor["_id"], False)


async def test_what_was_submitted_since_is_divided_by_whose_it_is(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    kept, other = await two_leads(db)
    await merge(db, kept, other)
    await heard(db, bare(person=BEN | {"last_name": "Berg"}, interest={"product": "pumps", "need": "more"}))
    await heard(db, bare(person=ANA | {"phone": "+447400123456"}, interest={"timeline": "soon"}))
    await unmerge(db, kept)
    ana, ben = await leads_of(db)
    assert (ben["person"], ben["interest"]) == (
        {"email": "ben@y.example", "phone": "+491713920090", "last_name": "Berg"},
        {"product": "pumps", "need": "more"},
    )
    assert ana["person"] == kept["person"] | {"phone": "+447400123456"}
    assert ana["interest"] == kept["interest"] | {"timeline": "soon"}
    assert "p:+447400123456" in ana["keys"]
    await said(db)
    (again, *_) = await heard(db, bare(person={"phone": "+491713920090"}))
    assert again.lead_id == ben["_id"]
    async with admin(db) as client:
        erased = await told(client, "POST", "/erasures", {"email": "ben@y.example", "reason": "asked for it"})
    assert erased["lead_ids"] == [ben["_id"]]
    assert await db.collection("submissions").count_documents({"raw": {"$ne": b""}}) == 2
    ana, _ = await leads_of(db)
    assert ana["person"]["phone"] == "+447400123456"


async def test_what_was_taken_apart_is_not_put_together_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    firm = {"name": "Acme Pumps"}
    names = ({"first_name": "William", "last_name": "Fairweather"}, {"first_name": "Bill", "last_name": "Fairweather"})
    await compared(db, *(bare(person=name, company=firm) for name in names))
    kept, other = await leads_of(db)
    assert other["status"] == "merged"
    await unmerge(db, kept)
    await compared(db, *[event for event in await said(db) if event.topic == "lead.described"])
    assert [lead["status"] for lead in await leads_of(db)] == ["disqualified", "disqualified"]
    async with admin(db) as client:
        (pair,) = (await told(client, "GET", "/duplicates"))["items"]
        await told(client, "POST", f"/leads/{kept['_id']}/unmerge", expect=409)
    assert pair["status"] == "separate"


async def test_a_lead_that_was_worked_on_since_keeps_its_work(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    kept, other = await two_leads(db)
    await merge(db, kept, other)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{kept['_id']}/contact", {})
    await unmerge(db, kept)
    ana, ben = await leads_of(db)
    assert (ana["status"], ben["status"]) == ("contacted", "disqualified")
    assert "contacted_at" in ana


async def test_an_owner_that_came_with_the_other_goes_back_with_it(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bare(person=BEN))
    (assigned,) = of(LeadAssigned, await carried(db, submission(person=ANA)))
    kept, other = await leads_of(db)
    await merge(db, kept, other)
    (over,) = of(LeadAssigned, await said(db))
    assert (over.lead_id, over.owner_id, over.rule) == (kept["_id"], assigned.owner_id, "merge")
    assert (await leads_of(db))[0]["status"] == "qualified"
    await unmerge(db, kept)
    ben, ana = await leads_of(db)
    assert (ben["owner_id"], ben["status"]) == (None, "disqualified")
    assert (ana["owner_id"], ana["status"]) == (assigned.owner_id, "qualified")
    assert ana["respond_by"] > other["respond_by"]


async def test_a_lead_that_nobody_had_yet_goes_on_its_way_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, submission(person=ANA), submission(person=BEN))
    kept, other = await leads_of(db)
    await merge(db, kept, other)
    await said(db)
    await unmerge(db, kept)
    (routed,) = of(LeadRouted, await said(db))
    assert routed.lead_ids == [other["_id"]]


async def test_a_lead_that_waited_and_had_the_others_owner_meanwhile_waits_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, submission(person=BEN))
    await carried(db, submission(person=ANA))
    waiting, owned = await leads_of(db)
    await merge(db, waiting, owned)
    await said(db)
    await unmerge(db, waiting)
    (routed,) = of(LeadRouted, await said(db))
    assert routed.lead_ids == [waiting["_id"]]
    assert [lead["owner_id"] for lead in await leads_of(db)] == [None, owned["owner_id"]]


@pytest.mark.parametrize("contacted", [False, True])
async def test_a_lead_whose_owner_has_left_since_is_dealt_out_anew(database_of: DatabaseOf, contacted: bool) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person=ANA), submission(person=BEN))
    kept, other = await leads_of(db)
    async with admin(db) as client:
        if contacted:
            await told(client, "POST", f"/leads/{other['_id']}/contact")
        await merge(db, kept, other)
        await told(client, "POST", f"/reps/{other['owner_id']}/handover", {"reason": "leaves", "leaves": True}, expect=202)
        while await hand_over(db):
            pass
        await carried(db, *of(LeadRouted, await said(db)))
        await unmerge(db, kept)
        owners = [event.owner_id for event in of(LeadAssigned, await carried(db, *of(LeadRouted, await said(db))))]
    assert other["owner_id"] not in owners
    assert [lead["owner_id"] == other["owner_id"] for lead in await leads_of(db)] == [False, False]
    assert all(lead["owner_id"] for lead in await leads_of(db))


async def test_engagements_go_back_to_whom_they_were_of(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    kept, other = await two_leads(db)
    await hear(service, db, EngagementRecorded(lead_id=kept["_id"], kind="call", occurred_at=utcnow()))
    await hear(service, db, EngagementRecorded(lead_id=other["_id"], kind="meeting", occurred_at=utcnow()))
    await merge(db, kept, other)
    await pass_time(service, db, utcnow())
    await hear(service, db, EngagementRecorded(email="ben@y.example", kind="email_open", occurred_at=utcnow()))
    assert await db.collection("engagements").count_documents({"lead_id": kept["_id"]}) == 3
    await unmerge(db, kept)
    await pass_time(service, db, utcnow())
    rows = await db.collection("engagements").find().to_list(None)
    assert {row["kind"]: row["lead_id"] for row in rows} == {"call": kept["_id"], "meeting": other["_id"], "email_open": other["_id"]}
    ana, ben = await leads_of(db)
    assert (list(ana["engaged"]["kinds"]), sorted(ben["engaged"]["kinds"])) == (["call"], ["email_open", "meeting"])


async def test_of_several_any_may_be_taken_out(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    people = [{"email": f"{name}@x.example", "title": name} for name in ("a", "b", "c")]
    await heard(db, *(bare(person=person, interest={"product": person["title"]}) for person in people))
    a, b, c = before = await leads_of(db)
    await merge(db, a, b)
    await merge(db, a, c)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{a['_id']}/unmerge", {"lead_id": "nobody"}, expect=422)
    await unmerge(db, a, {"lead_id": b["_id"]})
    assert [lead["interest"].get("product") for lead in await leads_of(db)] == ["c", "b", "c"]
    await unmerge(db, a)
    assert [essence(lead) for lead in await leads_of(db)] == [essence(lead) for lead in before]


async def test_what_became_part_of_another_first_comes_out_of_that(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, *(bare(person={"email": f"{name}@x.example"}) for name in ("a", "b", "c")))
    a, b, c = await leads_of(db)
    await merge(db, b, a)
    await merge(db, c, b)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{a['_id']}/unmerge", expect=409)
    await unmerge(db, c)
    await unmerge(db, b)
    assert [lead["status"] for lead in await leads_of(db)] == ["disqualified"] * 3


@pytest.mark.parametrize("of_whom", ["those who went", "the one in between"])
async def test_all_merges_of_some_leads_are_taken_back_at_once(database_of: DatabaseOf, of_whom: str) -> None:
    """Ben became part of Ana, and she of Cy, who is nobody of theirs."""
    db = await fresh(database_of)
    await two_leads(db)
    await carried(db, submission(person={"email": "cy@z.example"}))
    before = ana, ben, cy = await leads_of(db)
    await merge(db, ana, ben)
    await merge(db, cy, ana)
    chosen = [ana["_id"]] if of_whom == "the one in between" else [ben["_id"]]
    taken = await db.transact(lambda tx: take_apart(tx, chosen), by="imports")
    after = await leads_of(db)
    assert essence(after[1]) == essence(ben)
    if of_whom == "the one in between":
        assert (taken, [essence(lead) for lead in after]) == (2, [essence(lead) for lead in before])
    else:
        assert (taken, after[0]["merged_into"]) == (1, cy["_id"])
        assert "e:ana@x.example" in after[2]["keys"]
        assert "e:ben@y.example" not in after[2]["keys"]


async def test_what_reps_have_open_follows(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, *(submission(person=person, company={"country": "DE"}) for person in (ANA, BEN)))
    kept, other = await leads_of(db)
    await db.collection("pools").update_one({"_id": "europe"}, {"$set": {"counting": True}})
    forget_policy(db)
    await merge(db, kept, other)
    merged = await db.collection("load_changes").find({}, {"_id": 0}).to_list(None)
    await db.collection("load_changes").delete_many({})
    await unmerge(db, kept)
    restored = await db.collection("load_changes").find({}, {"_id": 0}).to_list(None)
    assert (merged, restored) == ([{"rep_id": other["owner_id"], "by": -1}], [{"rep_id": other["owner_id"], "by": 1}])
