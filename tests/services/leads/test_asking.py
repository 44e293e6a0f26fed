"""Providers are asked within their limits, by one process at a time, and one that does not answer delays nobody."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import Response

from services.leads.main import service
from services.leads.rules.enrichment.answers import Answer
from services.leads.service.enrichment.answering import Outcome, settle_outcomes
from services.leads.service.enrichment.providers import forget_providers
from shared.database import Database, utcnow
from shared.events import LeadCaptured, LeadDisqualified, LeadEnriched, LeadQualified
from tests.conftest import DatabaseOf
from tests.live.waiting import eventually
from tests.road import pass_time, said, settings_of
from tests.services.leads.builders import fresh, heard, leads_of, of, submission, the_lead, told
from tests.services.leads.knowers import NEARLY, OUTSIDE, all_due_now, asking, chief, nearly, provided, settled, the_provider
from tests.shared.outsiders import outsider


async def test_a_provider_that_hangs_delays_nobody_for_longer_than_was_set(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: asyncio.sleep(60)) as system:
        await provided(db, system.url, timeout_seconds=0.3, wait_seconds=2, trip_after=2, trip_seconds=3_600, tries=1)
        began = utcnow()
        await heard(db, submission(), submission(), submission())
        async with asking(db):
            await settled(db, 2)
            (timer,) = await db.collection("timers").find({"name": "lead.enrichment_due"}).to_list(None)
            assert timer["due"] - began < timedelta(seconds=2.5)
            await pass_time(service, db, began + timedelta(seconds=3))
            assert {lead["status"] for lead in await leads_of(db)} == {"qualified"}
            await _circuit_is(db, "open")
            # From now on nobody waits at all, and nobody asks.
            calls = len(system.asked)
            await said(db)
            forget_providers(db)
            late = await heard(db, submission())
            assert [type(event) for event in of(LeadCaptured, late) + of(LeadQualified, late)] == [LeadCaptured, LeadQualified]
            await asyncio.sleep(0.2)
            assert len(system.asked) == calls


async def test_a_provider_with_errors_is_left_alone_and_tried_by_one_call_until_it_answers(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    well = False

    def answer(_: Any) -> Any:
        return {"size": 200} if well else Response(status_code=500)

    async with outsider(answer) as system:
        await provided(db, system.url, trip_after=3, trip_seconds=0.3, tries=10, concurrency=1)
        await heard(db, *(nearly(person=NEARLY["person"] | {"email": f"p@firm{number}.example"}) for number in range(5)))
        async with asking(db):
            await _circuit_is(db, "open")
            assert len(system.asked) == 3
            await all_due_now(db)
            await eventually(lambda: len(system.asked) > 3, what="one call that tries")
            assert len(system.asked) == 4
            well = True
            await all_due_now(db)
            await settled(db, 5)
            await _circuit_is(db, "closed")
    assert {lead["status"] for lead in await leads_of(db)} == {"qualified"}
    (usage,) = await db.collection("provider_usage").find().to_list(None)
    assert (usage["failed"], usage["answered"]) == (len(system.asked) - 5, 5)


async def test_after_so_many_tries_a_lead_goes_on_without(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: Response(status_code=503)) as system:
        await provided(db, system.url, tries=2, trip_after=100)
        await heard(db, nearly())
        async with asking(db):
            await eventually(lambda: system.asked, what="the first try")
            await eventually(lambda: _is_due_again(db), what="the second try")
            await all_due_now(db)
            (row,) = await settled(db)
    assert (row["status"], row["attempts"], row["problem"]) == ("failed", 2, "it answered 503")
    assert (await the_lead(db))["status"] == "disqualified"


@pytest.mark.parametrize(
    ("answer", "status", "problem"),
    [
        (Response(status_code=404), "unknown", None),
        (Response(status_code=401), "failed", "it answered 401"),
        (Response("<html>"), "failed", "the answer is no JSON"),
        ({"size": None}, "unknown", None),
        ({"size": -5}, "unknown", None),
    ],
)
async def test_whatever_it_answers_the_lead_goes_on_at_once(database_of: DatabaseOf, answer: Any, status: str, problem: str | None) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: answer) as system:
        await provided(db, system.url)
        await heard(db, nearly())
        async with asking(db):
            (row,) = await settled(db)
    assert (row["status"], row.get("problem")) == (status, problem)
    assert (await the_lead(db))["status"] == "disqualified"
    assert "waits_until" not in await the_lead(db)


async def test_a_call_that_was_made_twice_after_a_crash_has_its_effect_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200}) as system:
        await provided(db, system.url, price="1", currency="EUR", cache_seconds=0)
        await heard(db, nearly())
        async with asking(db) as dying:
            # It dies between the answer and the commit.
            dying._settle = _die  # type: ignore[method-assign]
            dying._settling._attempt = _die
            await eventually(lambda: system.asked, what="a call")
            await asyncio.sleep(0.1)
        assert await said(db) == []
        async with asking(db):
            (row,) = await settled(db)
        events = await said(db)
        again = Outcome(row["_id"], await the_provider(db), "answered", answer=Answer(True, {"company.employees": 7}), called=True)
        await db.transact(lambda tx: settle_outcomes(tx, [again]))
    assert len(system.asked) == 2
    assert len(of(LeadEnriched, events)) == len(of(LeadQualified, events)) == 1
    assert await said(db) == []
    assert (await the_lead(db))["company"]["employees"] == 200
    (usage,) = await db.collection("provider_usage").find().to_list(None)
    assert (usage["calls"], str(usage["cost"])) == (1, "1")


async def test_many_leads_of_one_company_ask_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200}) as system:
        await provided(db, system.url)
        await heard(db, *(nearly(person=NEARLY["person"] | {"email": f"p{number}@acme.example"}) for number in range(40)))
        async with asking(db):
            await settled(db, 40)
    assert len(system.asked) == 1
    assert {lead["company"]["employees"] for lead in await leads_of(db)} == {200}
    assert {lead["status"] for lead in await leads_of(db)} == {"qualified"}


async def test_no_more_calls_at_once_and_per_minute_than_were_set(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)

    async def slow(_: Any) -> Any:
        await asyncio.sleep(0.03)
        return {"size": 1}

    async with outsider(slow) as system:
        await provided(db, system.url, concurrency=3, rate_per_minute=600)
        await heard(db, *(nearly(person=NEARLY["person"] | {"email": f"p@firm{number}.example"}) for number in range(16)))
        began = time.monotonic()
        async with asking(db):
            await settled(db, 16)
    assert system.most_at_once <= 3
    # Ten at once, then ten each second.
    assert time.monotonic() - began > 0.4


async def test_once_the_budget_of_the_month_is_used_up_nobody_is_asked_and_nobody_waits(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200}) as system:
        await provided(db, system.url, price="0.40", currency="EUR", monthly_budget="1")
        await heard(db, *(nearly(person=NEARLY["person"] | {"email": f"p@firm{number}.example"}) for number in range(5)))
        async with asking(db):
            rows = await settled(db, 5)
        assert sorted(row["status"] for row in rows) == ["answered"] * 2 + ["skipped"] * 3
        forget_providers(db)
        await said(db)
        assert [type(event) for event in await heard(db, nearly())] == [LeadCaptured, LeadDisqualified]
    assert len(system.asked) == 2


async def test_what_was_asked_of_a_provider_that_is_switched_off_is_dropped(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await provided(db, wait_seconds=30)
    await heard(db, nearly())
    async with chief(db) as client:
        await told(client, "PATCH", "/providers/firms", {"active": False})
    async with asking(db) as part:
        part._tidied = 0.0
        (row,) = await settled(db)
    assert (row["status"], row["problem"]) == ("skipped", "it is switched off")
    assert (await the_lead(db))["status"] == "disqualified"


async def test_the_process_of_the_scheduler_asks_while_it_holds_the_lease_and_ends_at_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with outsider(lambda request: {"size": 200} if "acme" in str(request.url) else asyncio.sleep(60)) as system:
        await provided(db, system.url, timeout_seconds=60, wait_seconds=30)
        await heard(db, nearly(), nearly(person={"email": "bo@bolt.example"}))
        first, second = (service.parts["enrichment"](db, settings_of("leads", **OUTSIDE)) for _ in range(2))
        running = [asyncio.create_task(part.run()) for part in (first, second)]
        await settled(db)
        await eventually(
            lambda: sorted(part.health()["held"] for part in (first, second)) == [False, True], what="one that holds the lease"
        )
        await asyncio.gather(first.stop(), second.stop())
        await asyncio.wait_for(asyncio.gather(*running), 5)
    assert sorted(system.asked) == ["/acme.example", "/bolt.example"]
    assert await db.collection("enrichments").count_documents({"status": "due"}) == 1


async def _circuit_is(db: Database, state: str) -> None:
    async def shown() -> bool:
        row = await db.collection("provider_states").find_one({"_id": "firms"})
        return row is not None and row["circuit"] == state

    await eventually(shown, what=f"a circuit that is {state}")


async def _is_due_again(db: Database) -> bool:
    return await db.collection("enrichments").count_documents({"attempts": 1, "status": "due"}) == 1


async def _die(_: Any) -> None:
    await asyncio.sleep(3600)
