"""The same person under two spellings: merged afterwards, or asked about; and told apart for good."""

import asyncio
from typing import Any

from services.leads.main import service
from services.leads.service.duplicates import matching
from shared.database import Database, utcnow
from shared.events import (
    AccountChanged,
    AccountOpened,
    Contact,
    DealClosed,
    EngagementRecorded,
    LeadAssigned,
    LeadCaptured,
    LeadDescribed,
    LeadMerged,
    LeadPlaced,
    LeadSubmitted,
    OpportunityOpened,
)
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import (
    admin,
    bare,
    carried,
    compared,
    fresh,
    from_outside,
    heard,
    leads_of,
    of,
    placed,
    rep,
    submission,
    told,
)

ACME = {"name": "Acme Pumps", "country": "GB"}


def bill(**person: Any) -> LeadSubmitted:
    return bare(person={"first_name": "Bill", "last_name": "Fairweather", **person}, company=ACME)


def william(**person: Any) -> LeadSubmitted:
    return bare(person={"first_name": "William", "last_name": "Fairweather", **person}, company=ACME)


def likely(first: str, email: str) -> LeadSubmitted:
    """Somebody who is like another of these, but not enough."""
    return bare(person={"first_name": first, "last_name": "Smith", "email": email}, company=ACME)


async def alive(db: Database) -> list[dict[str, Any]]:
    return [lead for lead in await leads_of(db) if lead["status"] != "merged"]


async def the_pair(db: Database) -> dict[str, Any]:
    async with admin(db) as client:
        (pair,) = (await told(client, "GET", "/duplicates"))["items"]
    shown: dict[str, Any] = pair
    return shown


async def a_question(db: Database) -> dict[str, Any]:
    await compared(db, likely("James", "james@gmail.com"), likely("J.", "js@web.de"))
    return await the_pair(db)


async def test_two_spellings_of_one_person_become_the_older_lead(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await compared(db, william(email="wf@acme.example"), bill(phone="+447400123456"))
    first, second = of(LeadCaptured, events)
    (merged,) = [event for event in of(LeadMerged, events) if event.merged_lead_id]
    assert (merged.lead_id, merged.merged_lead_id) == (first.lead_id, second.lead_id)
    assert (merged.match.rule, merged.match.score) == ("likeness-1", 0.81)
    assert merged.match.fields == ["person.first_name", "person.last_name", "company.name"]
    assert (merged.person.email, merged.person.phone, merged.person.first_name) == ("wf@acme.example", "+447400123456", "William")
    (lead,) = await alive(db)
    assert lead["version"] == max(
        event.version for event in events if getattr(event, "lead_id", "") == lead["_id"] and hasattr(event, "version")
    )


async def test_two_workers_that_compare_at_once_do_not_miss_each_other(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    names = ["".join(chr(97 + int(digit)) for digit in f"{number:03}") for number in range(40)]
    firms = [{"name": f"Firm {number}"} for number in range(40)]
    people = [{"last_name": f"Fairw{name}"} for name in names]
    ones = [bare(person={"first_name": "William", **one}, company=firm) for one, firm in zip(people, firms, strict=True)]
    others = [bare(person={"first_name": "Bill", **one}, company=firm) for one, firm in zip(people, firms, strict=True)]
    await asyncio.gather(hear(service, db, *ones), hear(service, db, *others))
    assert len(await alive(db)) == 80
    for event in of(LeadDescribed, await said(db)):
        await hear(service, db, event)
    placed = of(LeadPlaced, await said(db))
    assert len(placed) == 2
    await asyncio.gather(*(hear(service, db, event) for event in placed))
    assert len(await alive(db)) == 40


async def test_who_is_captured_while_another_is_compared_is_found_by_the_later(database_of: DatabaseOf) -> None:
    """The first worker looked before the second could be found; the second looks for others only after that."""
    db = await fresh(database_of)
    await hear(service, db, william())
    await hear(service, db, *of(LeadDescribed, await said(db)))
    first = of(LeadPlaced, await said(db))

    async def compare(tx: Any) -> None:
        await tx.collection("leads").find_one({})  # from here on it sees nothing new
        await hear(service, db, bill(email="b@gmail.com"))
        await hear(service, db, *of(LeadDescribed, await said(db)))
        await matching.compare_leads(tx, first)

    await db.transact(compare)
    assert len(await alive(db)) == 2
    await compared(db, *of(LeadPlaced, await said(db)))
    assert len(await alive(db)) == 1


async def test_colleagues_who_share_the_telephone_of_the_reception_are_two_leads(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    reception = "+447400123456"
    await compared(
        db,
        bare(person={"first_name": "Ana", "last_name": "Silva", "phone": reception}, company=ACME),
        bare(person={"first_name": "Max", "last_name": "Klein", "phone": reception}, company=ACME),
    )
    assert len(await alive(db)) == 2


async def test_a_lead_that_nothing_is_its_own_is_found_by_what_it_shares(database_of: DatabaseOf) -> None:
    """Two who share a telephone, one of whom says nothing else: only one can have the key."""
    db = await fresh(database_of)
    shared = "+447400123456"
    ana, max_ = ({"first_name": "Ana", "last_name": "Silva", "phone": shared}, {"first_name": "Max", "last_name": "Klein", "phone": shared})
    await compared(db, bare(person=ana), bare(person=max_), bare(person={**max_, "title": "CEO"}), bare(person={**max_, "title": "Boss"}))
    leads = await alive(db)
    assert sorted(lead["person"]["first_name"] for lead in leads) == ["Ana", "Max"]


async def test_a_merge_by_an_address_and_a_telephone_of_two_leads_brings_them_together(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await compared(
        db, bare(person={"last_name": "Silva", "email": "ana@x.example"}), bare(person={"last_name": "Silva", "phone": "+447400123456"})
    )
    await compared(db, bare(person={"first_name": "Ana", "email": "ana@x.example", "phone": "+447400123456"}))
    (lead,) = await alive(db)
    assert lead["person"] == {"first_name": "Ana", "last_name": "Silva", "email": "ana@x.example", "phone": "+447400123456"}


async def test_a_likely_pair_waits_for_somebody_to_say(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    pair = await a_question(db)
    assert (pair["status"], pair["match"]["rule"]) == ("open", "likeness-1")
    assert 58 <= pair["score"] < 76
    async with admin(db) as client:
        decided = await told(client, "POST", f"/duplicates/{pair['id']}/merge")
        await told(client, "POST", f"/duplicates/{pair['id']}/merge", expect=409)
    assert decided["status"] == "merged"
    (lead,) = await alive(db)
    assert lead["person"]["first_name"] == "James"


async def test_what_was_told_apart_is_never_proposed_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    pair = await a_question(db)
    async with admin(db) as client:
        await told(client, "POST", f"/duplicates/{pair['id']}/separate", headers={"If-Match": '"7"'}, expect=412)
        await told(client, "POST", f"/duplicates/{pair['id']}/separate")
        await compared(db, bare(person={"email": "js@web.de", "first_name": "James", "last_name": "Smith"}, company=ACME))
        assert len(await alive(db)) == 2
        assert (await told(client, "GET", "/duplicates?status=open"))["items"] == []
        (kept,) = (await told(client, "GET", "/duplicates?status=separate&score__gte=50"))["items"]
    assert kept["id"] == pair["id"]


async def test_who_was_told_apart_from_a_lead_is_told_apart_from_what_it_becomes(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    pair = await a_question(db)
    async with admin(db) as client:
        await told(client, "POST", f"/duplicates/{pair['id']}/separate")
        await heard(db, bare(person={"email": "older@x.example"}))
        third = (await leads_of(db))[-1]["_id"]
        await told(client, "POST", f"/leads/{third}/merge", {"lead_id": pair["lead_id"]})
        separate = (await told(client, "GET", "/duplicates?status=separate"))["items"]
    assert {frozenset((row["lead_id"], row["other_id"])) for row in separate} >= {frozenset((third, pair["other_id"]))}


async def test_only_who_decides_sees_the_queue(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with rep(db) as client:
        await told(client, "GET", "/duplicates", expect=403)
        await told(client, "POST", "/duplicates/a|b/merge", expect=403)
    async with admin(db) as client:
        await told(client, "POST", "/duplicates/a|b/merge", expect=404)


async def test_two_that_are_being_sold_to_are_asked_about_and_never_merged_by_themselves(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, william(email="wf@acme.example"), bill(phone="+447400123456"))
    await placed(db)
    await db.collection("leads").update_many({}, {"$set": {"outcome": "won", "opportunity_id": "o"}})
    await compared(db, william(email="wf@acme.example", title="CEO"))
    assert len(await alive(db)) == 2
    assert (await the_pair(db))["why"] == "both are being sold to already"


async def test_whom_somebody_sells_to_stays_even_if_the_other_is_older(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, bill(phone="+447400123456"))
    (assigned,) = of(
        LeadAssigned, await carried(db, submission(person={"first_name": "William", "last_name": "Fairweather"}, company=ACME))
    )
    await placed(db)
    await compared(db, bare(person={"phone": "+447400123456", "title": "CEO"}))
    (lead,) = await alive(db)
    assert (lead["_id"], lead["owner_id"], lead["person"]["phone"]) == (assigned.lead_id, assigned.owner_id, "+447400123456")


async def test_what_is_said_of_the_sale_of_a_merged_lead_is_noted_on_the_one_that_stayed(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await compared(db, william(email="wf@acme.example"), bill(phone="+447400123456"))
    _, gone = of(LeadCaptured, events)
    opened = OpportunityOpened(opportunity_id="o", version=1, lead_id=gone.lead_id, name="x", pipeline="p", stage="s", opened_at=utcnow())
    closed = DealClosed(
        opportunity_id="o",
        version=2,
        lead_id=gone.lead_id,
        outcome="won",
        reason="x",
        closed_at=utcnow(),
        cycle_seconds=1,
        effort_seconds=1,
    )
    await hear(service, db, opened)
    await hear(service, db, closed)
    (lead,) = await alive(db)
    assert (lead["outcome"], lead["opportunity_id"]) == ("won", "o")


async def test_engagements_follow_in_bounded_steps(database_of: DatabaseOf, monkeypatch: Any) -> None:
    db = await fresh(database_of)
    monkeypatch.setattr("services.leads.service.duplicates.moving.MOVED_AT_ONCE", 3)
    await heard(db, william(email="wf@acme.example"), bill(phone="+447400123456"))
    kept, other = await leads_of(db)
    clicks = [EngagementRecorded(lead_id=other["_id"], kind="call", occurred_at=utcnow()) for _ in range(7)]
    await hear(service, db, *clicks)
    async with admin(db) as client:
        await told(client, "POST", f"/leads/{kept['_id']}/merge", {"lead_id": other["_id"]})
    for _ in range(4):
        await pass_time(service, db, utcnow())
    rows = await db.collection("engagements").find().to_list(None)
    assert [(row["lead_id"], row["original_lead_id"]) for row in rows] == [(kept["_id"], other["_id"])] * 7
    await hear(service, db, EngagementRecorded(lead_id=other["_id"], kind="call", occurred_at=utcnow()))
    assert await db.collection("engagements").count_documents({"lead_id": kept["_id"], "original_lead_id": other["_id"]}) == 8


async def test_blocks_that_are_too_common_are_left_out(database_of: DatabaseOf, monkeypatch: Any) -> None:
    db = await fresh(database_of)
    monkeypatch.setattr(matching, "MOST_IN_A_BLOCK", 5)
    crowd = [
        bare(person={"first_name": "Ana", "last_name": "Silva", "email": f"x{number}y@mail{number}.example"}, company=ACME)
        for number in range(8)
    ]
    await hear(service, db, *[from_outside(one) for one in crowd])
    leads = await leads_of(db)
    await compared(db, *of(LeadDescribed, await said(db)))
    assert await db.collection("duplicates").count_documents({}) == 0
    assert len(await alive(db)) == len(leads)


async def test_weights_and_thresholds_are_drafted_and_activated(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    strict = {"merge_from": 100, "review_from": 100, "weights": [{"field": "email", "agrees": 10, "differs": 0}]}
    async with admin(db) as client:
        await told(client, "POST", "/matching", {**strict, "merge_from": 50}, expect=422)
        draft = await told(client, "POST", "/matching", strict, expect=201)
        await told(client, "POST", f"/matching/{draft['version']}/activate")
    await compared(db, william(email="wf@acme.example"), bill(phone="+447400123456"))
    assert len(await alive(db)) == 2


async def test_who_is_like_a_lead_can_be_asked(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await heard(db, william(email="wf@acme.example"), bill(phone="+447400123456"), submission())
    await placed(db)
    one, other, _ = await leads_of(db)
    async with admin(db) as client:
        (found,) = (await told(client, "GET", f"/leads/{one['_id']}/alike"))["items"]
    assert (found["lead_id"], found["verdict"]) == (other["_id"], "merge")


def account(version: int = 1, **contact: Any) -> AccountOpened:
    contacts = [Contact(first_name="William", last_name="Fairweather", **contact)]
    return AccountOpened(account_id="a1", version=version, name="Acme Pumps Ltd", contacts=contacts, opportunity_id="o", opened_at=utcnow())


async def test_a_lead_that_is_a_customer_is_known_to_be_one(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await hear(service, db, account(email="wf@acme.example"))
    await compared(db, bill(phone="+447400123456"), submission())
    known, stranger = await leads_of(db)
    assert (known["account_id"], known["version"]) == ("a1", 3)
    assert "account_id" not in stranger
    async with admin(db) as client:
        (last, *_) = (await told(client, "GET", f"/leads/{known['_id']}/history"))["items"]
    assert (last["what"], last["why"]) == ("recognised", "likeness-1")


async def test_a_likely_customer_is_asked_about(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await hear(service, db, account(email="wf@acme.example"))
    await compared(db, bare(person={"first_name": "W.", "last_name": "Fairweather", "email": "w@gmail.com"}, company=ACME))
    pair = await the_pair(db)
    assert (pair["account_id"], pair["other_id"]) == ("a1", None)
    async with admin(db) as client:
        await told(client, "POST", f"/duplicates/{pair['id']}/merge")
    assert (await leads_of(db))[0]["account_id"] == "a1"


async def test_what_was_said_of_an_account_before_does_not_come_back(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    later = AccountChanged(account_id="a1", version=3, name="Acme Pumps Ltd", contacts=[Contact(last_name="Other")], changed_at=utcnow())
    await hear(service, db, later)
    await hear(service, db, account(version=2))
    (row,) = await db.collection("contacts").find().to_list(None)
    assert row["person"] == {"last_name": "Other"}


async def test_of_an_erased_person_nothing_is_left_to_compare_with(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await hear(service, db, account(email="wf@acme.example"))
    await compared(db, bill(email="wf@acme.example"), william(), likely("James", "james@gmail.com"), likely("J.", "js@web.de"))
    assert await db.collection("merges").count_documents({}) + await db.collection("duplicates").count_documents({}) >= 2
    async with admin(db) as client:
        for email in ("wf@acme.example", "james@gmail.com"):
            await told(client, "POST", "/erasures", {"email": email, "reason": "asked for it"})
    names = ("contacts", "merges", "duplicates")
    assert [await db.collection(name).count_documents({}) for name in names] == [0, 0, 0]
    (left,) = await db.collection("likenesses").find().to_list(None)
    assert left["likeness"][2:4] == ["js", "web.de"]
