"""A whole import is taken back: what it made goes, what it added to others goes, what people made of it stays and is named."""

from datetime import timedelta
from typing import Any

import pytest

from services.leads import store
from services.leads.main import service
from services.leads.models import ImportRecord
from services.leads.service import read_imports
from services.leads.service.imports import undoing
from shared.database import Database, utcnow
from shared.events import ImportFinished, LeadSubmitted, LeadUnmerged, LeadWithdrawn, OpportunityOpened
from tests.conftest import DatabaseOf
from tests.road import hear, said
from tests.services.leads.builders import admin, bare, carried, compared, fresh, heard, leads_of, of, submission, told
from tests.services.leads.files import read_all, send, shown, taken

GOOD = "email,first_name,last_name,title,company,country,budget,currency,product,need,timeline"


def row(number: int, **more: str) -> str:
    cells = [f"p{number}@acme{number}.example", "Ana", "Silva", "Head of Purchasing", f"Firm {number} GmbH", "DE"]
    return ",".join([more.get("email", cells[0]), *cells[1:], "20000", "EUR", "pumps", "quieter ones", "this quarter"])


def file_of(count: int) -> str:
    return "\n".join([GOOD, *(row(number) for number in range(count))])


async def undo(db: Database, client: Any, state: dict[str, Any]) -> dict[str, Any]:
    await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=202)
    await read_all(db)
    return await shown(client, state)


def known(lead: dict[str, Any]) -> dict[str, Any]:
    return {part: lead.get(part) for part in ("person", "company", "interest", "keys")}


async def test_the_leads_of_a_file_go_with_it_and_others_hear_of_it(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission())
    async with admin(db) as client:
        state = await taken(db, client, file_of(5))
        assert len(await leads_of(db)) == 6
        undone = await undo(db, client, state)
        events = await said(db)
        gone = of(LeadWithdrawn, events)
        await told(client, "GET", f"/leads/{gone[0].lead_id}", expect=404)
        history = await told(client, "GET", f"/imports/{state['import_id']}/kept")
    assert (undone["status"], undone["undoing"]["withdrawn"], undone["fates"]) == ("undone", 5, {"withdrawn": 5})
    assert (len(gone), len(await leads_of(db)), history["items"]) == (5, 1, [])
    (finished,) = of(ImportFinished, events)
    assert (finished.outcome, finished.withdrawn) == ("undone", 5)


async def test_whoever_was_in_the_file_can_come_in_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await taken(db, client, file_of(1))
        await undo(db, client, state)
        again = await taken(db, client, file_of(1))
    assert again["fates"] == {"captured": 1}
    assert len(await leads_of(db)) == 1


async def test_what_a_file_added_to_a_lead_is_taken_out_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "p1@acme1.example", "title": None}, interest={"product": "valves"}))
    (before,) = await leads_of(db)
    async with admin(db) as client:
        state = await taken(db, client, "\n".join([GOOD + ",phone", row(1) + ",+4915112345678", row(1) + ",+4915112345679"]))
        (merged,) = await leads_of(db)
        undone = await undo(db, client, state)
        restored = of(LeadUnmerged, await said(db))
    (after,) = await leads_of(db)
    assert merged["interest"]["product"] == "pumps"
    assert "p:+4915112345678" in merged["keys"]
    assert known(after) == known(before)
    assert (undone["undoing"]["unmerged"], undone["undoing"]["withdrawn"], undone["fates"]) == (2, 0, {"withdrawn": 2})
    assert [event.interest.product for event in restored] == ["valves"]


async def test_what_people_have_worked_with_stays_and_is_named(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await taken(db, client, file_of(4))
        contacted, joined, sold, _ = await leads_of(db)
        await told(client, "POST", f"/leads/{contacted['_id']}/contact", {})
        await carried(db, submission(person={"email": joined["person"]["email"]}))
        opened = OpportunityOpened(
            opportunity_id="o", version=1, lead_id=sold["_id"], name="x", pipeline="p", stage="s", opened_at=utcnow()
        )
        await hear(service, db, opened)
        undone = await undo(db, client, state)
        kept = (await told(client, "GET", f"/imports/{state['import_id']}/kept"))["items"]
    assert (undone["undoing"]["withdrawn"], undone["undoing"]["kept"]) == (2, 2)
    assert {(one["lead_id"], one["field"], one["opportunity_id"]) for one in kept} == {
        (contacted["_id"], "lead", None),
        (joined["_id"], "lead", None),
        (sold["_id"], "opportunity", "o"),
    }
    assert {lead["_id"] for lead in await leads_of(db)} == {contacted["_id"], joined["_id"]}


async def test_what_was_submitted_since_the_file_came_stays(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "p1@acme1.example"}, interest={"product": "valves"}))
    async with admin(db) as client:
        state = await taken(db, client, "\n".join([GOOD, row(1)]))
        await carried(db, submission(person={"email": "p1@acme1.example"}, interest={"product": "seals"}))
        await undo(db, client, state)
        kept = (await told(client, "GET", f"/imports/{state['import_id']}/kept"))["items"]
    (lead,) = await leads_of(db)
    assert (lead["interest"]["product"], lead["person"]["email"]) == ("seals", "p1@acme1.example")
    assert kept == []


async def test_whom_a_lead_of_the_file_was_merged_with_is_as_before(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    firm = {"name": "Acme Pumps"}
    await compared(db, bare(person={"first_name": "William", "last_name": "Fairweather"}, company=firm))
    (before,) = await leads_of(db)
    async with admin(db) as client:
        state = await send(client, "first_name,last_name,company,product\nBill,Fairweather,Acme Pumps,valves\n")
        await read_all(db)
        await compared(db, *await said(db))
        kept, other = await leads_of(db)
        assert (other["status"], kept["interest"]) == ("merged", {"product": "valves"})
        undone = await undo(db, client, state)
    (after,) = await leads_of(db)
    assert (undone["undoing"]["withdrawn"], undone["undoing"]["unmerged"], undone["undoing"]["kept"]) == (1, 1, 0)
    assert known(after) == known(before)
    assert await db.collection("merges").count_documents({}) == 0


async def test_what_a_file_told_of_a_lead_that_people_made_part_of_another_is_taken_out_of_both(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await carried(db, *(bare(person={"email": email}) for email in ("a@x.example", "b@x.example")))
    one, other = await leads_of(db)
    async with admin(db) as client:
        state = await taken(db, client, "email,product\nb@x.example,valves\n")
        await told(client, "POST", f"/leads/{one['_id']}/merge", {"lead_id": other["_id"]})
        assert (await leads_of(db))[0]["interest"] == {"product": "valves"}
        undone = await undo(db, client, state)
        both = await leads_of(db)
        await told(client, "POST", f"/leads/{one['_id']}/unmerge")
    assert (undone["undoing"]["unmerged"], undone["undoing"]["kept"]) == (1, 0)
    assert (both[0]["interest"], both[1]["merged_into"]) == ({}, one["_id"])
    assert [known(lead) for lead in await leads_of(db)] == [known(one), known(other)]


async def test_two_leads_that_were_taken_for_one_by_what_a_file_told_are_two_again(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    firm = {"name": "Acme Pumps"}
    await compared(db, bare(person={"first_name": "William", "last_name": "Fairweather"}, company=firm))
    await compared(db, bare(person={"email": "bill@gmail.com"}))
    before = await leads_of(db)
    async with admin(db) as client:
        state = await send(client, "email,first_name,last_name,company\nbill@gmail.com,Bill,Fairweather,Acme Pumps\n")
        await read_all(db)
        await compared(db, *await said(db))
        assert [lead["status"] for lead in await leads_of(db)] == ["disqualified", "merged"]
        undone = await undo(db, client, state)
    assert (undone["undoing"]["withdrawn"], undone["undoing"]["unmerged"], undone["undoing"]["kept"]) == (0, 2, 0)
    assert [known(lead) for lead in await leads_of(db)] == [known(lead) for lead in before]


async def test_a_file_that_is_still_being_read_is_taken_back_with_what_is_on_its_way(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, file_of(600))
        await read_imports(db)
        on_their_way = of(LeadSubmitted, await said(db))
        await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=202)
        await heard(db, *on_their_way[:100])
        await read_imports(db)
        assert (await shown(client, state))["status"] == "undoing"
        await heard(db, *on_their_way[100:])
        await db.collection("imports").update_many({}, {"$set": {"due": utcnow() - timedelta(seconds=1)}})
        await read_all(db)
        undone = await shown(client, state)
    assert (undone["status"], undone["fates"]) == ("undone", {"withdrawn": 500})
    assert await leads_of(db) == []


class _Killed(Exception):
    """Before the commit."""


async def test_an_undo_that_dies_at_any_time_goes_on_where_it_was(database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "AT_ONCE", 7)
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "p3@acme3.example"}))
    async with admin(db) as client:
        state = await taken(db, client, file_of(40))
        await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=202)
        deaths = 0
        while (await shown(client, state))["status"] != "undone":
            with pytest.raises(_Killed):
                await _undo_and_die(db, state["import_id"])
            deaths += 1
            await read_imports(db)
        undone = await shown(client, state)
    assert deaths > 5
    assert (undone["undoing"]["withdrawn"], undone["undoing"]["unmerged"]) == (39, 1)
    assert len(of(LeadWithdrawn, await said(db))) == 39
    assert len(await leads_of(db)) == 1


async def _undo_and_die(db: Database, import_id: str) -> None:
    async def die(tx: Any) -> None:
        await undoing.undo_some(tx, await store.get_record(tx, ImportRecord, import_id))
        raise _Killed

    await db.transact(die)


async def test_only_managers_take_files_back_and_only_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await taken(db, client, file_of(1))
        await undo(db, client, state)
        await told(client, "POST", f"/imports/{state['import_id']}/undo", expect=409)
