"""Files of leads: every row once, however often the reader dies, and a broken one costs no other."""

import asyncio
import csv
import io
import json
from typing import Any

import pytest

from deploy.local.samples import SAMPLES
from services.leads.main import service
from services.leads.service import read_imports
from services.leads.service.imports import reading
from shared.database import Database
from shared.errors import Contended
from shared.events import LeadCaptured, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import api_client, said
from tests.services.leads.builders import admin, carried, fresh, heard, of, told
from tests.services.leads.files import read_all, rejected, send

HEADING = "email,first_name,note\n"


async def test_a_file_becomes_submissions_like_any_other(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(
            client, HEADING + 'a@x.example,Ana,"says ""hi"", twice"\nb@x.example,Ben,\n', mapping='{"note": "interest.notes"}'
        )
        assert (state["status"], state["rows"]) == ("waiting", 0)
        await read_all(db)
        submitted = of(LeadSubmitted, await said(db))
        events = await heard(db, *submitted)
        done = await told(client, "GET", f"/imports/{state['import_id']}")
    notes = {event.person.first_name: event.interest.notes for event in submitted}
    assert notes == {"Ana": 'says "hi", twice', "Ben": None}
    assert len(of(LeadCaptured, events)) == 2
    assert (done["status"], done["rows"], done["accepted"], done["refused"], done["fates"]) == ("done", 2, 2, 0, {"captured": 2})
    assert done["bytes_read"] == done["bytes_total"]


async def test_each_row_begins_a_correlation_of_its_own(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, HEADING + "a@x.example,Ana,\nb@x.example,Ben,\n")
    await read_all(db)
    assert {event.envelope.correlation_id for event in of(LeadSubmitted, await said(db))} == {
        f"{state['import_id']}:2",
        f"{state['import_id']}:3",
    }


async def test_a_broken_quote_in_the_middle_of_ten_thousand_rows_costs_its_own_row_only(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    rows = [f'p{n}@x.example,"Jo, {n}",x' if n % 5 == 0 else f"p{n}@x.example,Jo,x" for n in range(10_000)]
    rows[5_000] = 'p5000@x.example,"Jo,x'
    async with admin(db) as client:
        state = await send(client, HEADING + "\n".join(rows))
        await read_all(db)
        done = await told(client, "GET", f"/imports/{state['import_id']}")
        (row,) = await rejected(client, state)
    assert (done["rows"], done["accepted"], done["refused"]) == (10_000, 9_999, 1)
    assert (row["line"], row["rule"], row["row"]) == ("5002", "quote", rows[5_000])
    assert len({event.person.email for event in of(LeadSubmitted, await said(db))}) == 9_999


@pytest.mark.parametrize("chunk", [64, 700])
async def test_a_reader_that_dies_at_any_time_repeats_no_row_and_loses_none(database_of: DatabaseOf, monkeypatch: Any, chunk: int) -> None:
    monkeypatch.setattr(reading.store, "CHUNK_BYTES", chunk)
    monkeypatch.setattr("services.leads.store.imports.CHUNK_BYTES", chunk)
    monkeypatch.setattr(reading, "ROWS_PER_STEP", 7)
    db = await fresh(database_of)
    rows = [f'p{n}@x.example,Jo,"one\n{n}"' if n % 3 == 0 else f"p{n}@x.example,Jo,x" for n in range(100)]
    async with admin(db) as client:
        state = await send(client, HEADING + "\n".join(rows), mapping='{"note": "interest.notes"}')
        deaths = 0
        while (await told(client, "GET", f"/imports/{state['import_id']}"))["status"] != "done":
            with pytest.raises(_Killed):
                await _step_and_die(db)
            deaths += 1
            await read_imports(db)
        done = await told(client, "GET", f"/imports/{state['import_id']}")
    assert deaths > 10
    assert (done["rows"], done["refused"]) == (100, 0)
    emails = sorted(event.person.email for event in of(LeadSubmitted, await said(db)))
    assert emails == sorted(f"p{n}@x.example" for n in range(100))


class _Killed(Exception):
    """Before the commit."""


async def _step_and_die(db: Database) -> None:
    async def die(tx: Any) -> None:
        await reading._step(tx)
        raise _Killed

    await db.transact(die)


async def test_two_readers_at_once_take_no_row_twice(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        await send(client, HEADING + "\n".join(f"p{n}@x.example,Jo,x" for n in range(1_200)))

    async def read_patiently() -> None:
        while True:
            try:
                return await read_all(db)
            except Contended:
                continue

    await asyncio.gather(read_patiently(), read_patiently())
    emails = [event.person.email for event in of(LeadSubmitted, await said(db))]
    assert len(emails) == len(set(emails)) == 1_200


async def test_rejected_rows_come_back_with_line_column_rule_and_reason(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    good, *bad = (
        "ok@x.example,10,Silva,Acme",
        "jo@,10,,",
        "b@x.example,-5,Ok,Acme",
        "c@x.example,5",
        "d@x.example,1,<b>B</b>,Acme",
        ",,Solo,",
    )
    file = "\n".join(["Mail,Budget,Last name,Firma", good, *bad])
    async with admin(db) as client:
        state = await send(client, file)
        await read_all(db)
        rows = await rejected(client, state)
    assert [(row["line"], row["column"], row["rule"]) for row in rows] == [
        ("3", "Mail", "email"),
        ("4", "Budget", "greater_than_equal"),
        ("5", "", "columns"),
        ("6", "Last name", "markup"),
        ("7", "person", "identity_required"),
    ]
    assert rows[1]["row"] == "b@x.example,-5,Ok,Acme"
    assert len(of(LeadSubmitted, await said(db))) == 1


async def test_a_rejected_row_is_no_formula_to_a_spreadsheet(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, HEADING + '=HYPERLINK("http://x"),a\n')
        await read_all(db)
        (row,) = await rejected(client, state)
    assert row["row"].startswith("'=")


async def test_an_endless_line_is_rejected_and_what_follows_goes_through(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, HEADING + "a@x.example,Ana,x\n" + "b@x.example,Ben," + "x" * 3_000_000 + "\nc@x.example,Cy,x\n")
        await read_all(db)
        done = await told(client, "GET", f"/imports/{state['import_id']}")
        (row,) = await rejected(client, state)
    assert (done["rows"], done["accepted"], row["line"], row["rule"]) == (3, 2, "3", "size")
    assert [event.import_line for event in sorted(of(LeadSubmitted, await said(db)), key=lambda event: event.import_line)] == [2, 4]


async def test_the_sample_file_is_taken_as_it_is(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, SAMPLES.read_bytes())
        await read_all(db)
        await carried(db, *await said(db))
        done = await told(client, "GET", f"/imports/{state['import_id']}")
        summary = await told(client, "GET", "/leads/summary")
    assert done["rows"] == sum(1 for _ in csv.DictReader(io.StringIO(SAMPLES.read_text())))
    assert sum(done["fates"].values()) == done["accepted"] > 450
    assert done["fates"]["merged"] > 0
    assert "unknown" not in summary["by_source"]
    assert summary["by_status"]["qualified"] > summary["leads"] / 4


async def test_a_file_of_headings_alone_is_done_at_once(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        state = await send(client, "email,first_name")
        await read_all(db)
        done = await told(client, "GET", f"/imports/{state['import_id']}")
    assert (done["status"], done["rows"]) == ("done", 0)


@pytest.mark.parametrize(
    ("content", "fields", "status", "field"),
    [
        (b"", {}, 400, "file"),
        (b"\xd0\xcf\x11\xe0", {}, 400, "file"),
        (b"mail,mail\n", {}, 422, "file"),
        (b" ;;\na;b;c\n", {}, 400, "file"),
        (b"mail," + b"x" * 200_000 + b"\na@x.example,b\n", {}, 400, "file"),
        (b"mail\n", {"mapping": "not json"}, 400, "mapping"),
        (b"mail\n", {"mapping": '["a"]'}, 422, "mapping"),
        (b"mail\n", {"mapping": json.dumps({"nowhere": "person.email"})}, 422, "mapping.nowhere"),
        (b"mail\n", {"source": "No Slug!"}, 422, "source"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_refused_at_the_door(
    database_of: DatabaseOf, content: bytes, fields: dict[str, str], status: int, field: str
) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        problem = await send(client, content, expect=status, **fields)
    assert problem["violations"][0]["field"] == field
    assert await read_imports(db) == 0


@pytest.mark.parametrize("name", ["a\x07b.csv", "a\u202eb.csv", "a\u0085b.csv"])
async def test_a_file_may_be_called_anything_and_is_shown_legibly(database_of: DatabaseOf, name: str) -> None:
    db = await fresh(database_of)
    parts = ['name="source"\r\n\r\nfair', f'name="file"; filename="{name}"\r\n\r\nmail\na@x.example']
    body = "".join(f"--b\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--b--\r\n"
    async with admin(db) as client:
        answer = await client.post("/imports", content=body.encode(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["file_name"]) == (202, "a b.csv")


async def test_a_file_sent_twice_under_one_key_is_imported_once(database_of: DatabaseOf) -> None:
    """A form is made anew for it, so that what stands between its parts is something else."""
    db = await fresh(database_of)
    content = HEADING + "a@x.example,Ana,x\n"
    async with admin(db) as client:
        client.headers["idempotency-key"] = "k"
        answers = [await send(client, content) for _ in range(2)]
        await send(client, content.replace("Ana", "Eva"), expect=422)
    await read_all(db)
    assert answers[0] == answers[1]
    assert len(of(LeadSubmitted, await said(db))) == 1


async def test_only_those_who_may_send_leads_may_send_files(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with api_client(service, db, roles=()) as client:
        await send(client, HEADING, expect=403)
