"""Bad input is refused by its field and its rule, whichever door it comes by, and the good input beside it goes through."""

import json
from collections.abc import AsyncIterator

import pytest

from deploy.topics import Topics
from services.leads.main import service as leads
from shared.database import Database
from shared.kafka import new_producer
from tests.conftest import DatabaseOf
from tests.journeys.bad_input import UNREADABLE, WRONG, Unreadable, Wrong, good, wrong
from tests.journeys.doors import DOORS, Refusal, csv_of, parked_messages, rejected_rows
from tests.live.kafka import settings_of
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.road import api_client, carry, hear_raw, raw
from tests.servers import Servers


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    db = await database_of("leads")
    assert leads.seed is not None
    await leads.seed(db)
    return db


async def captured(db: Database) -> list[str]:
    async with api_client(leads, db) as admin:
        items = (await admin.get("/leads", params={"limit": 200})).json()["items"]
    return sorted(lead["person"]["email"] for lead in items)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", WRONG, ids=[case.what for case in WRONG])
async def test_what_is_wrong_is_refused_by_field_and_rule_at_every_door(db: Database, door: str, case: Wrong) -> None:
    refusals = await DOORS[door](db, [good(1), wrong(case), good(2)])
    assert refusals == [Refusal(1, case.field, case.rule)]
    assert await captured(db) == ["ada1@acme.example", "ada2@acme.example"]


@pytest.mark.parametrize("door", ["http", "kafka"])
async def test_a_source_that_nobody_knows_is_taken_and_not_lost(db: Database, door: str) -> None:
    assert await DOORS[door](db, [good(1) | {"source": "pigeon-post"}]) == []
    async with api_client(leads, db) as admin:
        (lead,) = (await admin.get("/leads")).json()["items"]
    assert (lead["source"], lead["stated_source"]) == ("unknown", "pigeon-post")


@pytest.mark.parametrize("door", DOORS)
async def test_what_only_looks_bad_is_taken_as_it_is(db: Database, door: str) -> None:
    """A heart is no markup, an address may be odd, and what nobody asked for does no harm."""
    lead = good(1)
    lead["person"] |= {"first_name": "Ada <3", "last_name": "O'Neil; DROP TABLE leads--", "title": None}
    lead["interest"] |= {"notes": "Zeile 1\nZeile 2 🚀 <b>bold</b>"}
    assert await DOORS[door](db, [lead]) == []
    async with api_client(leads, db) as admin:
        (taken,) = (await admin.get("/leads")).json()["items"]
    assert taken["person"] | {"first_name": "Ada <3", "last_name": "O'Neil; DROP TABLE leads--"} == taken["person"]
    assert taken["interest"]["notes"] == lead["interest"]["notes"]


@pytest.mark.parametrize("case", UNREADABLE, ids=[case.what for case in UNREADABLE])
async def test_what_cannot_be_read_is_a_problem_by_http(db: Database, case: Unreadable) -> None:
    async with api_client(leads, db, roles={"integration"}) as client:
        response = await client.post("/leads", content=case.value, headers={"content-type": "application/json"})
        assert (await client.post("/leads", json=good(1))).status_code == 202
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (case.status, "application/problem+json")
    assert [(one["field"], one["rule"]) for one in problem["violations"]] == [case.by_http]


@pytest.mark.parametrize("case", UNREADABLE, ids=[case.what for case in UNREADABLE])
async def test_what_cannot_be_read_is_parked_by_kafka(db: Database, case: Unreadable) -> None:
    beside = json.dumps(good(1)).encode()
    await hear_raw(leads, db, raw("lead.submitted", case.value), raw("lead.submitted", beside, offset=1))
    await carry({"leads": (leads, db)})
    (parked,) = await parked_messages(db)
    assert (parked["offset"], parked["reason"], parked["attempts"]) == (0, "refused", 1)
    assert [(one["field"], one["rule"]) for one in parked["violations"]] == [case.by_kafka]
    assert await captured(db) == ["ada1@acme.example"]


async def test_headers_that_are_no_text_spoil_nothing_unless_they_name_the_event(db: Database) -> None:
    value = json.dumps(good(1)).encode()
    foreign = [("trace", b"\xff\xfe"), ("", b"\x00"), ("correlationid", b"\xff"), ("content-type", None)]
    await hear_raw(leads, db, raw("lead.submitted", value, headers=foreign))
    ours = [("ce_id", b"\xff\xfe"), ("ce_source", b"/shop"), ("ce_type", b"lead.submitted")]
    await hear_raw(leads, db, raw("lead.submitted", value, headers=ours, offset=1), raw("lead.submitted", None, offset=2))
    await carry({"leads": (leads, db)})
    named = {one["offset"]: (one["violations"][0]["field"], one["violations"][0]["rule"]) for one in await parked_messages(db)}
    assert named == {1: ("ce_id", "missing"), 2: ("value", "null")}
    assert await captured(db) == ["ada1@acme.example"]


async def test_headers_that_are_no_text_spoil_no_request(db: Database) -> None:
    async with api_client(leads, db, roles={"integration"}) as client:
        odd = {b"x-correlation-id": b"\xff\xfe", b"traceparent": b"\x80", b"idempotency-key": b"once"}
        assert (await client.post("/leads", json=good(1), headers=odd)).status_code == 202


async def test_a_broken_quote_among_ten_thousand_rows_costs_one_row(db: Database) -> None:
    rows = csv_of([good(number) for number in range(10_000)]).split(b"\r\n")
    rows[5_000] = b'"Bo,broken,bo@acme.example,Acme,pump'
    (rejected,) = await rejected_rows(db, b"\r\n".join(rows))
    assert (rejected["line"], rejected["rule"], rejected["row"]) == ("5001", "quote", '"Bo,broken,bo@acme.example,Acme,pump')
    assert await db.collection("leads").count_documents({}) == 9_999


async def test_rows_that_cannot_be_read_come_back_with_their_lines(db: Database) -> None:
    rows = csv_of([good(number) for number in range(8)]).split(b"\r\n")
    rows[2] = b"Ada,\xff\xfe,bo@acme.example,Acme,pump"
    rows[3] = "Zoë,Ünal,zoe@acme.example,Acme,pump".encode()
    rows[4] = b"too,few"
    rows[6] = b"Ada," + b"x" * 1_000_000 + b",b@acme.example,Acme,pump"
    rejected = await rejected_rows(db, b"\r\n".join(rows))
    assert [(row["line"], row["rule"]) for row in rejected] == [("3", "encoding"), ("5", "columns"), ("7", "size")]
    assert len(await captured(db)) == 5


@pytest.mark.parametrize(
    ("file", "source", "status", "named"),
    [
        (b"", "web", 400, ("file", "heading")),
        (b"\xff\xfe\x00", "web", 400, ("file", "heading")),
        (b"PK\x03\x04\x00zip", "web", 400, ("file", "xlsx")),
        (b"email,email\na@b.example,c@d.example\n", "web", 422, ("file", "unique")),
        (b"email\na@b.example\n", "Trade Fair!", 422, ("source", "slug")),
    ],
    ids=["empty", "no text", "an archive", "two columns of one name", "a source that is no slug"],
)
async def test_a_file_that_cannot_be_read_is_refused_at_the_door(
    db: Database, file: bytes, source: str, status: int, named: tuple[str, str]
) -> None:
    async with api_client(leads, db) as client:
        response = await client.post("/imports", files={"file": ("leads.csv", file, "text/csv")}, data={"source": source})
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert [(one["field"], one["rule"]) for one in response.json()["violations"]] == [named]


@pytest.fixture
async def running(servers: Servers, db: Database, topics: Topics, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    with fleet(servers, tmp_path_factory.mktemp("bad-input")) as processes:
        processes.start_service("leads", "ingest")
        yield


async def test_on_a_real_kafka_all_that_is_bad_is_parked_and_all_that_is_good_goes_through(
    servers: Servers, db: Database, running: None
) -> None:
    wanted = [case.by_kafka for case in UNREADABLE] + [(case.field, case.rule) for case in WRONG]
    bad = [case.value for case in UNREADABLE] + [json.dumps(wrong(case)).encode() for case in WRONG]
    async with new_producer(settings_of(servers)) as producer:
        for number, value in enumerate(bad):
            await producer.send("lead.submitted", value, partition=0)
            await producer.send("lead.submitted", json.dumps(good(number)).encode(), partition=0)
    await eventually(lambda: all_settled(db, len(bad)), what="a fate for each")
    named = {one["offset"]: (one["violations"][0]["field"], one["violations"][0]["rule"]) for one in await parked_messages(db)}
    assert named == {number * 2: place for number, place in enumerate(wanted)}


async def all_settled(db: Database, count: int) -> bool:
    return len(await captured(db)) == count == len(await parked_messages(db))
