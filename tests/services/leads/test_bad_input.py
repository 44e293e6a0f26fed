"""Bad input through every door: refused with field and rule, and the good beside it goes through."""

import json
from typing import Any

import pytest

from services.leads.main import service
from services.leads.service import read_imports
from shared.events import LeadCaptured, LeadSubmitted
from tests.conftest import DatabaseOf
from tests.road import hear_raw, raw, said
from tests.services.leads.builders import admin, fresh, of, told
from tests.services.leads.files import send

GOOD: dict[str, Any] = {"source": "web", "person": {"email": "good@x.example"}}
EMAIL = {"email": "ana@x.example"}
# What is submitted, and the field and rule that it breaks, whichever door it comes through.
BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"person": {}}, "person", "identity_required"),
    ({"person": {"email": "jo@"}}, "person.email", "email"),
    ({"person": {"phone": "call me"}}, "person.phone", "phone"),
    ({"person": EMAIL | {"first_name": "<script>alert(1)</script>"}}, "person.first_name", "markup"),
    ({"person": EMAIL | {"first_name": "Ana\u0007"}}, "person.first_name", "control_characters"),
    ({"person": EMAIL, "interest": {"budget": "-5"}}, "interest.budget", "greater_than_equal"),
    ({"person": EMAIL, "interest": {"budget": "much"}}, "interest.budget", "decimal_parsing"),
    ({"person": EMAIL, "interest": {"currency": "euro"}}, "interest.currency", "currency"),
    ({"person": EMAIL, "interest": {"notes": "x" * 30_000}}, "interest.notes", "string_too_long"),
    ({"person": EMAIL, "submitted_at": "2026-03-02T10:00:00"}, "submitted_at", "timezone_aware"),
    ({"person": EMAIL, "company": {"employees": "many"}}, "company.employees", "int_parsing"),
]
CASES = [pytest.param(*case, id=f"{case[1]} {case[2]}") for case in BROKEN]
COLUMNS = {
    "person.email": "email",
    "person.phone": "phone",
    "person.first_name": "first_name",
    "interest.budget": "budget",
    "interest.currency": "currency",
    "interest.notes": "notes",
    "submitted_at": "submitted_at",
    "company.employees": "employees",
}


@pytest.mark.parametrize(("fields", "field", "rule"), CASES)
async def test_by_http_it_is_a_problem_that_names_field_and_rule(
    database_of: DatabaseOf, fields: dict[str, Any], field: str, rule: str
) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        answer = await client.post("/leads", json={"source": "web"} | fields)
        good = await client.post("/leads", json=GOOD)
    assert (answer.status_code, good.status_code) == (422, 202)
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(one["field"], one["rule"]) for one in answer.json()["violations"]] == [(field, rule)]
    assert len(await said(db)) == 1


@pytest.mark.parametrize(("fields", "field", "rule"), CASES)
async def test_by_kafka_it_is_parked_for_the_same_reason(database_of: DatabaseOf, fields: dict[str, Any], field: str, rule: str) -> None:
    db = await fresh(database_of)
    values = [GOOD, {"source": "web"} | fields, GOOD | {"person": {"email": "other@x.example"}}]
    await hear_raw(service, db, *(raw("lead.submitted", json.dumps(value).encode(), offset=offset) for offset, value in enumerate(values)))
    (parked,) = await db.collection("parked").find().to_list(None)
    assert [(one["field"], one["rule"]) for one in parked["violations"]] == [(field, rule)]
    assert (parked["offset"], parked["reason"]) == (1, "refused")
    assert len(of(LeadCaptured, await said(db))) == 2


@pytest.mark.parametrize(("fields", "field", "rule"), CASES)
async def test_by_file_it_is_a_rejected_row_for_the_same_reason(
    database_of: DatabaseOf, fields: dict[str, Any], field: str, rule: str
) -> None:
    db = await fresh(database_of)
    cells = [_cell(fields, path) for path in COLUMNS]
    file = f"{','.join(COLUMNS.values())}\ngood@x.example{',' * 7}\n{','.join(cells)}\nother@x.example{',' * 7}\n"
    async with admin(db) as client:
        answer = await client.post(
            "/imports", files={"file": ("l.csv", file)}, data={"source": "web", "mapping": '{"submitted_at": "submitted_at"}'}
        )
        assert answer.status_code == 202, answer.text
        while await read_imports(db):
            pass
        rejected = (await client.get(answer.json()["rejected_url"])).text.splitlines()[1:]
    (row,) = await db.collection("import_rejects").find().to_list(None)
    assert (row["line"], row["column"], row["rule"]) == (3, COLUMNS.get(field, field), rule)
    assert len(rejected) == 1
    assert len(of(LeadSubmitted, await said(db))) == 2


def _cell(fields: dict[str, Any], path: str) -> str:
    value: Any = {"source": "web"} | fields
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return str(value)


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (b"not json", []),
        (b"[1, 2]", []),
        (None, []),
        (b"\xff\xfe", []),
        (b'{"source": 7, "person": {"email": "ana@x.example"}}', []),
        (b'{"source": "web", "person": "ana"}', []),
        (b'{"source": "web", "person": {"email": "ana@x.example"}}', [("ce_id", b"\xff"), ("ce_type", b"lead.submitted")]),
    ],
)
async def test_what_is_no_submission_at_all_is_parked_and_the_good_beside_it_goes_through(
    database_of: DatabaseOf, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    db = await fresh(database_of)
    await hear_raw(service, db, raw("lead.submitted", value, headers=headers), raw("lead.submitted", json.dumps(GOOD).encode(), offset=1))
    (parked,) = await db.collection("parked").find().to_list(None)
    assert parked["offset"] == 0
    assert parked["violations"]
    assert len(of(LeadCaptured, await said(db))) == 1


@pytest.mark.parametrize("body", [b"not json", b"[]", b"null", b'{"source": "web"', b'{"source": "web", "person": "ana"}'])
async def test_what_is_no_lead_at_all_is_a_problem(database_of: DatabaseOf, body: bytes) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        answer = await client.post("/leads", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["violations"]


async def test_a_body_of_more_than_a_megabyte_is_refused(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with admin(db) as client:
        answer = await client.post("/leads", json=GOOD | {"interest": {"notes": "x" * 1_100_000}})
    assert answer.status_code == 413


async def test_fields_that_nobody_knows_are_ignored_and_kept_with_what_came(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    await hear_raw(service, db, raw("lead.submitted", json.dumps(GOOD | {"mood": "good"}).encode()))
    (row,) = await db.collection("submissions").find().to_list(None)
    assert json.loads(row["raw"])["mood"] == "good"


async def test_strange_but_harmless_names_and_attributes_are_stored_as_they_are(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    strange = GOOD | {"attributes": {"$where": "1", "a.b": "2"}, "attribution": {"utm.source": "x"}}
    strange["person"] = {"email": "good@x.example", "last_name": "Ó'Brien $gt 🙂"}
    await hear_raw(service, db, raw("lead.submitted", json.dumps(strange).encode()))
    (lead,) = await db.collection("leads").find().to_list(None)
    assert lead["attributes"] == {"$where": "1", "a.b": "2"}
    assert lead["person"]["last_name"] == "Ó'Brien $gt 🙂"
    async with admin(db) as client:
        answer = await client.get(f"/leads/{lead['_id']}")
    assert answer.json()["attributes"] == lead["attributes"]


async def test_names_that_mongodb_would_read_as_a_reference_spoil_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    pointing = {"$ref": "leads", "$id": "1"}
    sent = {"source": "web", "person": EMAIL, "attributes": pointing, "attribution": pointing}
    await hear_raw(service, db, raw("lead.submitted", json.dumps(sent).encode()))
    async with admin(db) as client:
        (lead,) = (await told(client, "GET", "/leads"))["items"]
        for file in ("email,$ref,$id\na@x.example,leads,1\n", json.dumps({"email": "a@x.example"} | pointing)):
            refused = await send(client, file, expect=422)
            assert [(one["field"], one["rule"]) for one in refused["violations"]] == [("file", "reserved")]
        await send(client, "\n".join([json.dumps({"email": "a@x.example"})] * 1_000 + [json.dumps({"email": "b@x.example"} | pointing)]))
    while await read_imports(db):
        pass
    kept = {"ref": "leads", "$id": "1"}
    assert lead["attributes"] == kept
    assert kept.items() <= lead["attribution"].items()
    assert [event.attributes for event in of(LeadSubmitted, await said(db)) if event.attributes] == [{"ref": "leads"}]


async def test_a_line_that_no_file_has_spoils_nothing(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    sent = {"source": "web", "person": EMAIL, "import_id": "x", "import_line": 2**70}
    await hear_raw(service, db, raw("lead.submitted", json.dumps(sent).encode()))
    assert await db.collection("parked").count_documents({}) == 0
    assert len(of(LeadCaptured, await said(db))) == 1
