"""Files in any usual form; drafts that are looked at, corrected, and only then started."""

from datetime import date
from itertools import repeat
from typing import Any

import pytest

from services.leads.service import read_imports
from services.leads.service.imports import reading, sheets
from shared.database import Database
from shared.events import ImportFinished, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import said
from tests.services.leads.builders import admin, carried, fresh, leads_of, of, submission, told
from tests.services.leads.files import read_all, rejected, send, shown, taken, workbook


async def submitted_from(db: Database, content: str | bytes) -> list[LeadSubmitted]:
    async with admin(db) as client:
        await send(client, content)
    await read_all(db)
    return sorted(of(LeadSubmitted, await said(db)), key=lambda event: event.import_line or 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be"])
async def test_a_file_is_read_in_the_encoding_that_it_was_saved_in(database_of: DatabaseOf, encoding: str) -> None:
    db = await fresh(database_of)
    text = "Vorname;Nachname;E-Mail;Firma\r\n" + "".join(f"Jürgen;Größ;j{n}@x.example;Süß & Söhne GmbH\r\n" for n in range(700))
    events = await submitted_from(db, text.encode(encoding))
    assert {(event.person.first_name, event.company.name) for event in events} == {("Jürgen", "Süß & Söhne GmbH")}
    assert [event.import_line for event in events] == list(range(2, 702))


async def test_a_workbook_is_read_by_its_first_sheet_with_lines_as_in_the_spreadsheet(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    rows: list[list[Any]] = [
        ["E-Mail", "Budget", "Firma", "since"],
        ["a@x.example", 20000.0, "Acme", date(2026, 3, 2)],
    ]
    rows += [[], [None, None, "nobody"], ["b@x.example", 1.5, None, None, None]]
    async with admin(db) as client:
        state = await taken(db, client, workbook(*rows))
        (row,) = await rejected(client, state)
        leads = await leads_of(db)
    assert (state["format"], state["rows"], state["fates"]) == ("xlsx", 3, {"captured": 2})
    assert (row["line"], row["column"], row["rule"]) == ("4", "person", "identity_required")
    assert {str(lead["interest"]["budget"]) for lead in leads} == {"20000", "1.5"}


async def test_a_cell_of_many_lines_is_one_cell(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    (event,) = await submitted_from(db, workbook(["email", "notes"], ["a@x.example", "\n".join("line" for _ in range(50))]))
    assert (event.interest.notes or "").count("\n") == 49


def test_a_small_workbook_that_grows_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_WRITTEN", 1_000_000)
    lines = sheets.as_lines(repeat(["a text that all cells share" * 1_000], 1_000))
    with pytest.raises(ValueError, match="too large once unpacked"):
        list(lines)


async def test_a_damaged_workbook_is_refused_at_the_door(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        problem = await send(client, b"PK\x03\x04 not really", expect=400)
        short = await send(client, workbook(["email"], ["a@x.example"])[:-300], expect=400)
    assert [problem["violations"][0]["rule"], short["violations"][0]["rule"]] == ["xlsx", "xlsx"]


async def test_lines_of_json_are_read_nested_or_flat(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    lines = [
        '{"person": {"email": "a@x.example"}, "interest": {"budget": 5}}',
        '{"person.email": "b@x.example"}',
        "{nonsense",
        '{"person.email": "jo@"}',
    ]
    async with admin(db) as client:
        state = await taken(db, client, "\n".join(lines))
        rows = await rejected(client, state)
    assert (state["format"], state["rows"], state["fates"]) == ("ndjson", 4, {"captured": 2})
    assert [(row["line"], row["rule"]) for row in rows] == [("3", "json"), ("4", "email")]


async def test_the_end_of_a_file_is_said(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, "email\na@x.example\njo@\n")
    await read_all(db)
    (finished,) = of(ImportFinished, await said(db))
    assert (finished.import_id, finished.outcome, finished.owner_id) == (state["import_id"], "done", "ana")
    assert (finished.rows, finished.accepted, finished.refused) == (2, 1, 1)


async def test_a_draft_is_previewed_and_nothing_is_said_of_it(database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS_PER_STEP", 2)
    db = await fresh(database_of)
    await carried(db, submission(person={"email": "known@x.example"}))
    rows = ["a@x.example,Ana", "known@x.example,Kim", "jo@,Jo", "b@x.example,Ben", "a@x.example,Ana", "A@X.example,Ana"]
    async with admin(db) as client:
        state = await send(client, "\n".join(["email,first_name", *rows]), draft=True)
        assert state["status"] == "draft"
        await read_imports(db)
        halfway = (await shown(client, state))["preview"]
        await read_all(db)
        done = await shown(client, state)
        (row,) = await rejected(client, state)
    assert (halfway["done"], halfway["rows"]) == (False, 2)
    assert {name: done["preview"][name] for name in ("rows", "new", "merged", "refused", "done")} == {
        "rows": 6,
        "new": 2,
        "merged": 3,
        "refused": 1,
        "done": True,
    }
    assert (done["status"], done["rows"], row["line"]) == ("draft", 0, "4")
    assert await said(db) == []
    assert len(await leads_of(db)) == 1


async def test_what_a_preview_foretells_comes_true(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    rows = [f"p{n % 37}@x.example,Jo,+4915112345{n % 37:03d}" for n in range(120)]
    async with admin(db) as client:
        state = await send(client, "\n".join(["email,first_name,phone", *rows]), draft=True)
        await read_all(db)
        foretold = (await shown(client, state))["preview"]
        await told(client, "POST", f"/imports/{state['import_id']}/start", expect=202)
        await read_all(db)
        await carried(db, *await said(db))
        done = await shown(client, state)
    assert done["fates"] == {"captured": foretold["new"], "merged": foretold["merged"]}


async def test_a_draft_is_corrected_and_previewed_anew(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, "Kontaktweg,Wer\na@x.example,Ana\nb@x.example,Ben\n", draft=True)
        path = f"/imports/{state['import_id']}"
        await read_all(db)
        assert (await shown(client, state))["preview"]["refused"] == 2
        corrected = await told(client, "PATCH", path, {"mapping": {"Kontaktweg": "person.email"}}, headers={"if-match": '"1"'})
        assert (corrected["version"], corrected["preview"]["done"]) == (2, False)
        await read_all(db)
        preview = (await shown(client, state))["preview"]
        assert (preview["new"], preview["refused"], await rejected(client, state)) == (2, 0, [])
        await told(client, "PATCH", path, {"source": "web"}, headers={"if-match": '"1"'}, expect=412)
        await told(client, "PATCH", path, {"mapping": {"nowhere": "person.email"}}, expect=422)
        await told(client, "POST", f"{path}/start", expect=202)
        await told(client, "PATCH", path, {"source": "web"}, expect=409)
        await told(client, "POST", f"{path}/start", expect=409)
    await read_all(db)
    assert [event.person.email for event in of(LeadSubmitted, await said(db))] == ["a@x.example", "b@x.example"]


async def test_an_encoding_and_a_separator_that_were_taken_for_others_can_be_put_right(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, b"E-Mail,Firma;Land\n" + "a@x.example;Źródło\n".encode("cp1250"), draft=True)
        path = f"/imports/{state['import_id']}"
        corrected = await told(client, "PATCH", path, {"encoding": "cp1250", "separator": ";"})
        assert corrected["columns"] == ["E-Mail,Firma", "Land"]
        await told(client, "PATCH", path, {"encoding": "ebcdic"}, expect=422)
        await told(client, "PATCH", path, {"separator": "x"}, expect=422)
        assert (await told(client, "PATCH", path, {"separator": "\t"}))["columns"] == ["E-Mail,Firma;Land"]


async def test_a_short_file_does_not_wait_for_a_long_one(database_of: DatabaseOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ROWS_PER_STEP", 10)
    db = await fresh(database_of)
    async with admin(db) as client:
        long = await send(client, "\n".join(["email", *(f"p{n}@x.example" for n in range(200))]))
        short = await send(client, "email\na@x.example\n")
        for _ in range(4):
            await read_imports(db)
        assert (await shown(client, short))["status"] == "done"
        assert (await shown(client, long))["status"] == "running"
