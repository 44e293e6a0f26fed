"""Whoever alone takes leads in deals them out in the same step, and nobody can tell but by the time it takes."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from services.leads.main import service
from services.leads.service.distribution.dealing import expect_to_deal
from services.leads.store import claim_pools
from shared.database import Database, utcnow
from shared.errors import Contended
from shared.events import Event, LeadAssigned, LeadQualified, LeadRouted
from shared.transaction import Transaction
from tests.conftest import DatabaseOf
from tests.road import hear, pass_time, said
from tests.services.leads.builders import admin, carried, fresh, leads_of, of, submission, told

OF_THE_MOMENT = {"created_at", "updated_at", "assigned_at", "qualified_at", "respond_by"}
OF_ITS_OWN = {"_id", "lead_id", "owner_id", "person", "company", "keys", "facets", "correlation_id", "submission_id"}


async def _alone(db: Database, *submissions: Event) -> list[Event]:
    await hear(service, db, *submissions, alone=True)
    return await said(db)


async def test_a_lead_has_its_owner_when_it_is_first_written(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    events = await _alone(db, submission())
    (qualified,), (assigned,) = of(LeadQualified, events), of(LeadAssigned, events)
    (lead,) = await leads_of(db)
    assert of(LeadRouted, events) == []
    assert (lead["owner_id"], lead["version"]) == (assigned.owner_id, 3)
    assert events.index(qualified) < events.index(assigned)
    assert (assigned.envelope.correlation_id, assigned.envelope.causation_id) == (lead["correlation_id"], qualified.envelope.causation_id)


async def test_it_ends_as_it_does_in_two_steps(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    in_two = of(LeadAssigned, await carried(db, submission()))
    at_once = of(LeadAssigned, await _alone(db, submission()))
    first, second = await leads_of(db)
    told = [_timeless(event.model_dump()) for event in (*in_two, *at_once)]
    assert told[0] == told[1]
    assert _timeless(first) == _timeless(second)
    assert await _history(db, first) == await _history(db, second)
    assert await db.collection("timers").count_documents({"name": "lead.response_due"}) == 2


def _timeless(document: Any) -> dict[str, Any]:
    """Without what is another's: who it is about, who got it, and when."""
    return {name: value for name, value in document.items() if name not in OF_THE_MOMENT | OF_ITS_OWN}


async def _history(db: Database, lead: Any) -> list[tuple[str, int, str | None]]:
    rows = await db.collection("history").find({"of": "lead", "record_id": lead["_id"]}).sort("version", 1).to_list(None)
    return [(row["what"], row["version"], row["why"]) for row in rows]


async def test_both_ways_take_turns_in_one_round(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    for number in range(6):
        way = _alone if number % 2 else carried
        await way(db, *(submission() for _ in range(7)))
    dealt = Counter(lead["owner_id"] for lead in await leads_of(db))
    assert max(dealt.values()) - min(dealt.values()) <= 1


async def test_two_who_both_take_themselves_for_alone_deal_each_lead_once_and_evenly(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await asyncio.gather(*(hear(service, db, *(submission() for _ in range(10 + number)), alone=True) for number in range(6)))
    events = await said(db)
    assigned = of(LeadAssigned, [*events, *await carried(db, *of(LeadRouted, events))])
    dealt = Counter(event.owner_id for event in assigned)
    assert len(assigned) == len({event.lead_id for event in assigned}) == 75
    assert max(dealt.values()) - min(dealt.values()) <= 1


async def test_whoever_deals_at_once_has_the_pools_of_the_last_time_in_hand_from_the_beginning(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await _alone(db, submission())
    pools = await db.collection("pools").distinct("_id")

    async def meet_another(tx: Transaction) -> None:
        await expect_to_deal(tx)
        with pytest.raises(Contended):
            await db.transact(lambda other: claim_pools(other, pools))

    await db.transact(meet_another)


async def test_whoever_meets_another_for_a_moment_goes_on_dealing_at_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await _alone(db, submission())
    await asyncio.gather(*(hear(service, db, submission(), alone=True) for _ in range(2)))
    assert not of(LeadRouted, await said(db))


async def test_whoever_meets_others_again_and_again_leaves_the_next_leads_to_them(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    batches = [[submission() for _ in range(40)] for _ in range(8)]
    await asyncio.gather(*(hear(service, db, *batch, alone=True) for batch in batches))
    assert of(LeadRouted, await said(db))


async def test_who_can_go_to_nobody_waits_and_is_dealt_out_when_somebody_comes(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        for name in ("ana", "bruno", "chloe"):
            await told(client, "PATCH", f"/reps/{name}", {"available": False})
        await pass_time(service, db, utcnow())
        assert of(LeadAssigned, await _alone(db, submission(), submission())) == []
        await told(client, "PATCH", "/reps/chloe", {"available": True})
    await pass_time(service, db, utcnow())
    assert [event.owner_id for event in of(LeadAssigned, await said(db))] == ["chloe", "chloe"]


async def test_one_that_is_known_already_goes_the_usual_way(database_of: DatabaseOf) -> None:
    """Only what nobody else can be working on is dealt out at once."""
    db = await fresh(database_of)
    poor = submission(person={"email": "p@firm.example", "title": None}, interest={"budget": None, "timeline": None, "need": None})
    await carried(db, poor)
    events = await _alone(db, submission(person={"email": "p@firm.example"}))
    assert [event.topic for event in events if event.topic != "lead.described"] in (
        ["lead.merged", "lead.qualified", "lead.routed"],
        ["lead.merged", "lead.routed", "lead.qualified"],
    )
