"""What the console makes of events: the same rows whatever the order, each event once, and blanks filled in later."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.console.main import service
from shared.database import Database
from shared.events import Company, Event, LeadMerged, LeadUnmerged, Match, Person, PersonErased
from tests.road import hear
from tests.services.console.customers import BEGINNING, Life, rep, won_customer

MODELS = ("leads", "opportunities", "accounts", "cases", "reps", "stages", "links", "timeline", "days")
A_LIFE = [rep(), *won_customer("Ada Lovelace", "Acme", lead_id="l1", sale_id="o1", account_id="a1", case_id="c1").events]


async def row(db: Database, model: str, row_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await db.collection(model).find_one({"_id": row_id})
    return found


async def everything(db: Database) -> dict[str, Any]:
    """Days are counted by where they were read, so only their sums can be compared."""
    rows: dict[str, Any] = {model: await db.collection(model).find().sort("_id", 1).to_list(None) for model in MODELS}
    return rows | {"days": _summed(rows["days"])}


async def forget_everything(db: Database) -> None:
    for name in (*MODELS, "inbox", "progress", "changes"):
        await db.collection(name).delete_many({})


async def test_a_lead_is_shown_as_its_events_left_it(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured(), life.qualified(), life.assigned())
    lead = await row(db, "leads", life.lead_id)
    assert (lead["name"], lead["company"], lead["source"]) == ("Ada Lovelace", "Acme Pumps", "web")
    assert (lead["status"], lead["score"], lead["grade"]) == ("qualified", 72, "A")
    assert (lead["owner_id"], lead["team_id"], lead["version"]) == ("ana", "north", 3)
    assert lead["respond_by"] is not None
    assert lead["overdue"] is False


async def test_a_lead_that_was_not_answered_is_overdue_until_someone_else_gets_it(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured(), life.qualified(), life.assigned(), life.overdue())
    assert (await row(db, "leads", life.lead_id))["overdue"] is True
    await hear(service, db, life.assigned(owner_id="bob"))
    assert (await row(db, "leads", life.lead_id))["overdue"] is False
    assert (await row(db, "leads", life.lead_id))["owner_id"] == "bob"


async def test_a_lead_that_was_contacted_waits_for_nobody(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured(), life.qualified(), life.assigned(), life.contacted())
    lead = await row(db, "leads", life.lead_id)
    assert (lead["status"], lead["respond_by"], lead["overdue"]) == ("contacted", None, False)


async def test_an_opportunity_that_was_won_is_open_no_more(db: Database) -> None:
    life = Life()
    await hear(service, db, life.opened(), life.moved("proposal"), life.closed("won"))
    sale = await row(db, "opportunities", life.sale_id)
    assert (sale["open"], sale["outcome"], sale["stage"]) == (False, "won", "proposal")
    assert (sale["amount"], sale["currency"]) == (Decimal(14500), "EUR")
    assert sale["closed_at"] is not None


async def test_an_older_answer_that_comes_late_is_told_in_its_place_and_is_not_shown_as_the_latest(db: Database) -> None:
    life = Life()
    answered = life.content(score=90, satisfaction=90, answered_at=life.now)
    late = life.content(score=0, satisfaction=90, answered_at=life.now - timedelta(days=2))
    await hear(service, db, life.account_opened(), answered, late)
    assert (await row(db, "accounts", life.account_id))["satisfaction"] == 90
    told = await db.collection("timeline").find({"topic": "satisfaction.recorded"}).sort("at", 1).to_list(None)
    assert [entry["told"]["score"] for entry in told] == [0, 90]


async def test_an_account_is_at_risk_until_it_is_said_to_be_well_again(db: Database) -> None:
    life = Life()
    risks = ["satisfaction is 50 of 100, below 70"]
    await hear(service, db, life.account_opened(), life.content(score=50), life.at_risk())
    await hear(service, db, life.content(score=50, health=50, risks=risks))
    shown = await row(db, "accounts", life.account_id)
    assert (shown["at_risk"], shown["health"]) == (True, 50)
    await hear(service, db, life.account_changed(health=100))
    shown = await row(db, "accounts", life.account_id)
    assert (shown["at_risk"], shown["health"]) == (False, 100)


@pytest.mark.parametrize("lead_first", [True, False])
async def test_a_sale_follows_its_lead_to_a_new_owner(db: Database, lead_first: bool) -> None:
    life = Life()
    opened = life.opened(owner_id=None, team_id=None)
    given_away = life.assigned(owner_id="bob", team_id="south")
    for event in (given_away, opened) if lead_first else (opened, given_away):
        await hear(service, db, event)
    sale = await row(db, "opportunities", life.sale_id)
    assert (sale["owner_id"], sale["team_id"]) == ("bob", "south")


async def test_an_event_about_something_unknown_makes_a_row_that_is_filled_later(db: Database) -> None:
    life = Life()
    captured, qualified = life.captured(), life.qualified()
    await hear(service, db, life.assigned())
    partial = await row(db, "leads", life.lead_id)
    assert (partial["name"], partial["owner_id"], partial["status"]) == ("", "ana", "captured")
    await hear(service, db, qualified, captured)
    filled = await row(db, "leads", life.lead_id)
    assert (filled["name"], filled["owner_id"], filled["status"], filled["source"]) == ("Ada Lovelace", "ana", "qualified", "web")


async def test_an_older_event_that_comes_late_changes_nothing_newer(db: Database) -> None:
    life = Life()
    first, second = life.assigned(owner_id="ana"), life.assigned(owner_id="bob")
    await hear(service, db, second)
    await hear(service, db, first)
    assert (await row(db, "leads", life.lead_id))["owner_id"] == "bob"


async def test_a_redelivered_event_changes_nothing(db: Database) -> None:
    await hear(service, db, *A_LIFE)
    before = await everything(db)
    await hear(service, db, *A_LIFE)
    assert await everything(db) == before


async def test_an_event_that_comes_again_after_the_inbox_has_forgotten_it_is_told_once(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured())
    await db.collection("inbox").delete_many({})
    await hear(service, db, *life.events)
    assert await db.collection("timeline").count_documents({}) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(A_LIFE), at_once=st.integers(1, len(A_LIFE)))
async def test_any_order_in_any_batches_gives_the_same_rows(db: Database, order: list[Event], at_once: int) -> None:
    await forget_everything(db)
    await hear(service, db, *A_LIFE)
    expected = await everything(db)
    await forget_everything(db)
    for begin in range(0, len(order), at_once):
        await hear(service, db, *order[begin : begin + at_once])
    assert await everything(db) == expected


def _summed(days: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for day in days:
        for name, value in day.items():
            if isinstance(value, int):
                sums[day["day"], name] = sums.get((day["day"], name), 0) + value
    return sums


async def test_a_day_counts_what_happened_on_it(db: Database) -> None:
    await hear(service, db, *A_LIFE)
    day = BEGINNING.date().isoformat()
    counted = (await everything(db))["days"]
    assert counted[day, "captured"] == counted[day, "qualified"] == counted[day, "won"] == 1


async def test_a_grade_that_is_told_anew_is_shown_and_not_counted_again(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured(), life.qualified(), life.qualified(grade="A1", previous_grade="A4"))
    assert (await row(db, "leads", life.lead_id))["grade"] == "A1"
    assert (await everything(db))["days"][life.now.date().isoformat(), "qualified"] == 1


async def test_a_merge_hides_a_lead_and_an_unmerge_shows_it_again(db: Database) -> None:
    kept, other = Life("Ada Lovelace"), Life("Ada L.")
    await hear(service, db, kept.captured(), other.captured())
    match = Match(rule="email", score=1.0, fields=["email"])
    merged = LeadMerged(lead_id=kept.lead_id, version=2, merged_lead_id=other.lead_id, match=match, person=Person(last_name="Lovelace"))
    unmerged = LeadUnmerged(lead_id=kept.lead_id, version=3, restored_lead_id=other.lead_id)
    await hear(service, db, merged)
    assert (await row(db, "leads", other.lead_id))["status"] == "merged"
    assert (await row(db, "leads", kept.lead_id))["name"] == "Lovelace"
    await hear(service, db, unmerged)
    assert (await row(db, "leads", other.lead_id))["status"] == "captured"
    assert await db.collection("links").count_documents({"tied": True}) == 0


async def test_an_erased_person_is_gone_from_rows_search_and_timelines_and_stays_gone(db: Database) -> None:
    life = Life("Ada Lovelace", "Acme")
    late = life.captured()
    await hear(service, db, life.qualified(), life.assigned(), life.opened())
    await hear(service, db, PersonErased(person_id="p1", lead_ids=[life.lead_id], erased_at=BEGINNING + timedelta(days=1)))
    await hear(service, db, late)
    kept = str(await everything(db))
    assert "Lovelace" not in kept
    assert "lovelace" not in kept
    assert (await row(db, "opportunities", life.sale_id))["company"] == "Acme"


async def test_nothing_is_told_of_a_company_that_nobody_named(db: Database) -> None:
    life = Life()
    await hear(service, db, life.captured(company=Company(), person=Person(email="ada@acme.example")))
    lead = await row(db, "leads", life.lead_id)
    assert (lead["name"], lead["company"], lead["words"]) == ("", None, ["a:ada@acme.example"])
