"""Two leads turn out to be one, or two after all: what becomes of their opportunities."""

import asyncio
from random import Random
from typing import Any

import pytest

from services.opportunities.main import service
from services.opportunities.models import opportunity_id_of
from shared.database import Database, utcnow
from shared.events import DealClosed, DealReopened, Event, LeadUnmerged, Person, RestoredLead
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time, said
from tests.services.opportunities.builders import MARCH, lead_assigned, lead_merged, lead_qualified, seller, show, told

KEPT, GONE = opportunity_id_of("kept"), opportunity_id_of("gone")


def unmerged(**fields: Any) -> LeadUnmerged:
    restored = RestoredLead(version=9, status="qualified", person=Person(email="gone@x.example"), owner_id="bob", team_id="north")
    given = {"lead_id": "kept", "version": 8, "restored_lead_id": "gone", "person": Person(email="kept@x.example"), "restored": restored}
    return LeadUnmerged.model_validate(given | fields)


async def both(db: Database) -> None:
    leads = ("kept", "gone")
    await hear(service, db, *(lead_qualified(lead) for lead in leads))
    await hear(service, db, *(lead_assigned(lead) for lead in leads))
    await said(db)


async def test_the_duplicate_that_nobody_worked_on_ends(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    kept, gone = await show(db, KEPT), await show(db, GONE)
    assert (kept["status"], gone["status"], gone["close_reason"]) == ("open", "lost", "duplicate")
    assert (kept["linked_ids"], gone["linked_ids"]) == ([GONE], [KEPT])
    (closed,) = [event for event in await said(db) if isinstance(event, DealClosed)]
    assert (closed.opportunity_id, closed.outcome, closed.reason) == (GONE, "lost", "duplicate")


async def test_one_that_is_opened_after_its_lead_was_merged_ends_at_once(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("kept"))
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    await hear(service, db, lead_qualified("gone"))
    assert (await show(db, GONE))["status"] == "lost"


@pytest.mark.parametrize("kept_opens", [True, False])
async def test_a_merger_and_an_opening_at_the_same_moment_miss_nothing(database_of: DatabaseOf, kept_opens: bool) -> None:
    db, pairs = await database_of("opportunities"), [(f"kept{number}", f"gone{number}") for number in range(20)]
    if kept_opens:
        await hear(service, db, *(lead_qualified(kept) for kept, _ in pairs))
    await asyncio.gather(
        *(hear(service, db, lead_merged(kept, merged_lead_id=gone)) for kept, gone in pairs),
        *(hear(service, db, lead_qualified(gone)) for _, gone in pairs),
    )
    shown = [await show(db, opportunity_id_of(gone)) for _, gone in pairs]
    became = [(one["status"], one["lead_id"]) for one in shown]
    assert became == [("lost", gone) if kept_opens else ("open", kept) for kept, gone in pairs]


async def test_one_that_somebody_worked_on_stays_and_is_linked(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    async with seller(db) as ana:
        await told(ana, "POST", f"/opportunities/{GONE}/activities", {"kind": "call", "subject": "first call"}, expect=201)
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    assert ((await show(db, GONE))["status"], (await show(db, KEPT))["linked_ids"]) == ("open", [GONE])


async def test_the_only_one_follows_the_lead_that_stayed(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("gone"))
    await hear(service, db, lead_merged("kept", version=7, merged_lead_id="gone", person=Person(email="kept@x.example")))
    await hear(service, db, lead_qualified("kept", version=9), lead_qualified("gone", version=6))
    await hear(service, db, lead_assigned("kept", "bob", version=10))
    shown = await show(db, GONE)
    assert (shown["lead_id"], shown["owner_id"]) == ("kept", "bob")
    assert await db.collection("opportunities").count_documents({}) == 1
    await hear(service, db, unmerged())
    shown = await show(db, GONE)
    assert (shown["lead_id"], shown["person"]["email"], shown["linked_ids"]) == ("gone", "gone@x.example", [])


async def test_what_was_taken_apart_is_open_again_and_linked_no_more(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    await said(db)
    await hear(service, db, unmerged())
    kept, gone = await show(db, KEPT), await show(db, GONE)
    assert (kept["status"], kept["person"]["email"], kept["linked_ids"]) == ("open", "kept@x.example", [])
    assert (gone["status"], gone["person"]["email"], gone["owner_id"], gone["linked_ids"]) == ("open", "gone@x.example", "bob", [])
    (reopened,) = [event for event in await said(db) if isinstance(event, DealReopened)]
    assert reopened.opportunity_id == GONE
    await hear(service, db, unmerged())
    assert (await show(db, GONE))["version"] == gone["version"]


async def test_what_was_told_of_the_lead_that_stayed_before_the_merger_counts(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("gone"), lead_assigned("gone", "ana"))
    await hear(service, db, lead_assigned("kept", "bob", version=5))
    await hear(service, db, lead_merged("kept", version=4, merged_lead_id="gone"))
    shown = await show(db, GONE)
    assert (shown["lead_id"], shown["owner_id"]) == ("kept", "bob")


@pytest.mark.parametrize("waits", [True, False])
async def test_whoever_had_the_lead_that_stayed_has_the_opportunity_that_follows_it(database_of: DatabaseOf, waits: bool) -> None:
    db = await database_of("opportunities")
    assigned, merged = lead_assigned("kept", "ana", version=3), lead_merged("kept", version=4, merged_lead_id="gone")
    await hear(service, db, lead_qualified("gone"), lead_assigned("gone", "bob"))
    for event in [assigned, merged] if waits else [merged, assigned]:
        await hear(service, db, event)
    assert (await show(db, GONE))["owner_id"] == "ana"


async def test_one_that_was_taken_apart_before_the_merger_was_heard_follows_its_own_lead(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("gone"))
    await hear(service, db, unmerged())
    await hear(service, db, lead_merged("kept", version=7, merged_lead_id="gone"))
    assert (await show(db, GONE))["lead_id"] == "gone"


async def test_two_whose_merger_is_heard_after_they_were_taken_apart_stay_open(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    await hear(service, db, unmerged())
    await hear(service, db, lead_merged("kept", version=7, merged_lead_id="gone"))
    kept, gone = await show(db, KEPT), await show(db, GONE)
    assert (kept["status"], kept["linked_ids"], gone["status"], gone["linked_ids"]) == ("open", [], "open", [])
    assert not [event for event in await said(db) if isinstance(event, DealClosed)]


async def test_two_that_are_merged_after_they_were_taken_apart_are_one(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    await hear(service, db, unmerged())
    await hear(service, db, lead_merged("kept", version=9, merged_lead_id="gone"))
    assert ((await show(db, KEPT))["status"], (await show(db, GONE))["status"]) == ("open", "lost")


async def test_two_that_are_merged_again_are_one_again(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    await hear(service, db, unmerged())
    assert (await show(db, GONE))["status"] == "open"
    await hear(service, db, lead_merged("kept", version=9, merged_lead_id="gone"))
    kept, gone = await show(db, KEPT), await show(db, GONE)
    assert (kept["status"], gone["status"], gone["close_reason"]) == ("open", "lost", "duplicate")
    assert (kept["linked_ids"], gone["linked_ids"]) == ([GONE], [KEPT])


@pytest.mark.parametrize("kept_opens", [True, False])
async def test_two_that_are_merged_again_stay_one_when_it_is_heard_late_that_they_were_taken_apart_before(
    database_of: DatabaseOf, kept_opens: bool
) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("gone"), *([lead_qualified("kept")] if kept_opens else []))
    for version in (7, 9):
        await hear(service, db, lead_merged("kept", version=version, merged_lead_id="gone"))
    before = await show(db, GONE)
    await hear(service, db, unmerged())
    after = await show(db, GONE)
    assert (after["status"], after["lead_id"], after["version"]) == (before["status"], before["lead_id"], before["version"])


@pytest.mark.parametrize("seed", range(8))
async def test_two_that_are_merged_again_are_one_in_whichever_order_all_of_it_is_heard(database_of: DatabaseOf, seed: int) -> None:
    db, whole = await database_of("opportunities"), {"merged_lead_id": "gone", "person": Person(email="kept@x.example")}
    story: list[Event] = [
        *(lead_qualified(lead) for lead in ("kept", "gone")),
        *(lead_assigned(lead, owner) for lead, owner in (("kept", "ana"), ("gone", "bob"))),
        *(lead_merged("kept", version=version, **whole) for version in (7, 9)),
        unmerged(),
    ]
    Random(seed).shuffle(story)
    for event in story:
        await hear(service, db, event)
    async with api_client(service, db) as admin:
        (one,) = (await told(admin, "GET", "/opportunities?status=open", expect=200))["items"]
    assert (one["lead_id"], one["owner_id"], one["person"]["email"]) == ("kept", "ana", "kept@x.example")


async def test_one_that_is_open_again_has_as_much_time_as_any_until_it_stalls(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    await db.collection("opportunities").update_one({"_id": GONE}, {"$set": {"opened_at": MARCH, "touched_at": MARCH}})
    await hear(service, db, unmerged())
    await pass_time(service, db, utcnow())
    assert (await show(db, GONE))["stalled_at"] is None


async def test_a_new_sale_does_not_end_for_one_that_is_closed(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await both(db)
    async with seller(db) as ana:
        await told(ana, "POST", f"/opportunities/{KEPT}/close", {"outcome": "lost", "reason": "no_budget"}, expect=200)
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    gone = await show(db, GONE)
    assert (gone["status"], gone["linked_ids"]) == ("open", [KEPT])
    await hear(service, db, lead_merged("kept", version=5, merged_lead_id="later"), lead_qualified("later"))
    assert (await show(db, opportunity_id_of("later")))["status"] == "open"


async def test_two_that_open_after_their_leads_were_merged_are_one(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    for lead_id in ("kept", "gone"):
        await hear(service, db, lead_qualified(lead_id))
    assert ((await show(db, KEPT))["status"], (await show(db, GONE))["status"]) == ("open", "lost")


async def test_one_that_opens_after_its_lead_became_part_of_another_belongs_to_that(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_assigned("kept", "bob", version=5))
    await hear(service, db, lead_merged("kept", merged_lead_id="gone", person=Person(email="kept@x.example")))
    await hear(service, db, lead_qualified("gone"))
    shown = await show(db, GONE)
    assert (shown["lead_id"], shown["owner_id"], shown["person"]["email"]) == ("kept", "bob", "kept@x.example")
    await hear(service, db, lead_assigned("kept", "cem", version=6), lead_qualified("kept", version=7))
    assert (await show(db, GONE))["owner_id"] == "cem"
    assert await db.collection("opportunities").count_documents({}) == 1


async def test_one_whose_lead_became_part_of_one_that_became_part_of_a_third_belongs_to_the_third(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"), lead_merged("third", merged_lead_id="kept"))
    await hear(service, db, lead_qualified("gone"))
    assert (await show(db, GONE))["lead_id"] == "third"


async def test_one_that_opens_after_its_lead_became_part_of_another_twice_is_of_whoever_that_is(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    again = [lead_merged("kept", version=version, merged_lead_id="gone", person=Person(email="kept@x.example")) for version in (7, 9)]
    for event in (again[0], unmerged(), again[1], lead_qualified("gone")):
        await hear(service, db, event)
    shown = await show(db, GONE)
    assert (shown["lead_id"], shown["person"]["email"]) == ("kept", "kept@x.example")


async def test_one_that_opens_after_its_lead_was_taken_apart_again_keeps_it(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("kept", version=7, merged_lead_id="gone"))
    await hear(service, db, unmerged())
    await hear(service, db, lead_qualified("gone"))
    assert (await show(db, GONE))["lead_id"] == "gone"
    await hear(service, db, lead_qualified("kept"))
    assert ((await show(db, KEPT))["status"], (await show(db, GONE))["status"]) == ("open", "open")


@pytest.mark.parametrize("opened_before", [True, False])
async def test_one_is_no_duplicate_of_another_that_its_lead_was_taken_out_of(database_of: DatabaseOf, opened_before: bool) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("kept", version=7, merged_lead_id="gone"))
    kept = [lead_qualified("kept"), unmerged()]
    for event in kept if opened_before else reversed(kept):
        await hear(service, db, event)
    await hear(service, db, lead_qualified("gone"))
    gone = await show(db, GONE)
    assert (gone["status"], gone["lead_id"], gone["linked_ids"]) == ("open", "gone", [])


async def test_two_that_open_at_once_after_their_leads_were_merged_are_one(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_merged("kept", merged_lead_id="gone"))
    await hear(service, db, lead_qualified("gone"), lead_qualified("kept"))
    assert ((await show(db, KEPT))["status"], (await show(db, GONE))["status"]) == ("open", "lost")


async def test_two_that_open_after_their_leads_were_merged_and_taken_apart_are_two(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, unmerged())
    await hear(service, db, lead_merged("kept", version=7, merged_lead_id="gone"))
    await hear(service, db, lead_qualified("gone"), lead_qualified("kept"))
    assert ((await show(db, KEPT))["status"], (await show(db, GONE))["status"]) == ("open", "open")


@pytest.mark.parametrize("merged_first", [True, False])
async def test_a_lead_that_was_good_before_another_became_part_of_it_has_a_sale_of_its_own_when_they_are_taken_apart(
    database_of: DatabaseOf, merged_first: bool
) -> None:
    db = await database_of("opportunities")
    merged, gone = lead_merged("kept", version=7, merged_lead_id="gone"), lead_qualified("gone")
    for event in [merged, gone] if merged_first else [gone, merged]:
        await hear(service, db, event)
    await hear(service, db, lead_qualified("kept", version=6))
    assert await db.collection("opportunities").count_documents({}) == 1
    await hear(service, db, unmerged(owner_id="cem", team_id="north"))
    kept, gone_again = await show(db, KEPT), await show(db, GONE)
    assert (kept["lead_id"], kept["person"]["email"], kept["owner_id"]) == ("kept", "kept@x.example", "cem")
    assert (gone_again["lead_id"], gone_again["person"]["email"], gone_again["owner_id"]) == ("gone", "gone@x.example", "bob")


async def test_a_lead_that_is_good_by_another_alone_has_no_sale_of_its_own_when_they_are_taken_apart(database_of: DatabaseOf) -> None:
    db = await database_of("opportunities")
    await hear(service, db, lead_qualified("gone"), lead_merged("kept", version=6, merged_lead_id="gone"))
    await hear(service, db, lead_qualified("kept", version=7))
    await hear(service, db, unmerged())
    assert await db.collection("opportunities").count_documents({}) == 1
