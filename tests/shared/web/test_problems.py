"""What is wrong with a request, said by HTTP: always a problem that names the field and the rule, never the inside."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.shared.web.booth import IMPORT_BYTES, Booth

GOOD = {"buyer": {"email": "ana@example.com"}}


def violations(answer: httpx.Response) -> set[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["type"].startswith("urn:dealwire:problem:")
    return {(one["field"], one["rule"]) for one in problem["violations"]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("buyer", "missing")}),
        ({"buyer": {}}, {("buyer.email", "missing")}),
        ({"buyer": {"email": 5}}, {("buyer.email", "string_type")}),
        ({"buyer": {"email": "a@b.c", "age": "old"}}, {("buyer.age", "int_parsing")}),
        ({"buyer": {"email": "a@b.c", "age": -1}}, {("buyer.age", "greater_than_equal")}),
        ({**GOOD, "amount": "-5"}, {("amount", "greater_than_equal")}),
        ({**GOOD, "due": "2026-01-01T10:00:00"}, {("due", "timezone_aware")}),
        ({**GOOD, "notes": "x" * 501}, {("notes", "string_too_long")}),
        (
            {"buyer": {"age": "old"}, "due": "soon"},
            {("buyer.email", "missing"), ("buyer.age", "int_parsing"), ("due", "datetime_from_date_parsing")},
        ),
        ([1, 2], {("", "model_type")}),
    ],
)
async def test_a_broken_field_is_named_with_its_rule(booth: Booth, body: Any, expected: set[tuple[str, str]]) -> None:
    answer = await booth.client().post("/orders", json=body)

    assert answer.status_code == 422
    assert violations(answer) == expected


async def test_what_was_sent_is_not_repeated(booth: Booth) -> None:
    answer = await booth.client().post("/orders", json={"buyer": {"email": "a@b.c", "age": "very secret"}})

    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("body", "rule"),
    [(b'{"buyer": {"email": ', "json"), (b"buyer=ana", "json"), (b'{"buyer": "\xff\xfe"}', "utf8"), (b"[" * 100_000, "unreadable")],
    ids=["cut short", "a form", "not UTF-8", "too deep"],
)
async def test_a_body_that_is_not_json_is_malformed(booth: Booth, body: bytes, rule: str) -> None:
    answer = await booth.client().post("/orders", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert violations(answer) == {("body", rule)}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", None])
async def test_a_body_that_is_not_called_json_is_asked_for_again(booth: Booth, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await booth.client().post("/orders", content=json.dumps(GOOD), headers=headers)

    assert answer.status_code == 400
    assert violations(answer) == {("content-type", "content_type")}


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b'{"buyer": {"email": "\\ud800"}}', 422, ("buyer.email", "string_unicode")),
        (b'{"buyer": {"email": "a@b.c", "name": "\\ud800"}}', 400, ("body", "unicode")),
        (b'{"buyer": {"email": "a@b.c"}, "amount": {"\\ud800": 1}}', 422, ("amount", "decimal_type")),
    ],
    ids=["in a field with constraints", "in a field without", "in a key"],
)
async def test_text_that_can_not_be_written_down_is_refused(booth: Booth, body: bytes, status: int, expected: tuple[str, str]) -> None:
    answer = await booth.client().post("/orders", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == status
    assert violations(answer) == {expected}


@pytest.mark.parametrize("query", ["amount=" + "9" * 40, "amount=1e9999", "due=0001-01-01T00:00:00%2B14:00", "age=" + "9" * 19])
async def test_numbers_and_times_that_can_not_be_kept_are_refused(booth: Booth, query: str) -> None:
    answer = await booth.client().get(f"/orders?{query}")

    assert answer.status_code == 400
    assert violations(answer) == {("", "range")}


async def test_numbers_in_paths_and_queries_are_checked_too(booth: Booth) -> None:
    answer = await booth.client().get("/numbers/seven?least=none")

    assert answer.status_code == 422
    assert violations(answer) == {("number", "int_parsing"), ("least", "int_parsing")}


async def test_an_announced_body_that_is_too_large_is_refused_unread(booth: Booth) -> None:
    answer = await booth.client().post("/orders", content=b"x" * 1_000_001)

    assert answer.status_code == 413
    assert violations(answer) == {("body", "size")}


async def test_a_body_in_chunks_is_refused_when_it_has_become_too_large(booth: Booth) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(2_000):
            yield b"x" * 1_000

    answer = await booth.client().post("/orders", content=chunks(), headers={"content-type": "application/json"})

    assert answer.status_code == 413
    assert violations(answer) == {("body", "size")}


async def test_a_door_for_files_takes_more(booth: Booth) -> None:
    client = booth.client()

    taken = await client.post("/imports/orders", content=b"x" * IMPORT_BYTES)
    refused = await client.post("/imports/orders", content=b"x" * (IMPORT_BYTES + 1))

    assert taken.json() == {"orders": IMPORT_BYTES}
    assert refused.status_code == 413
    assert str(IMPORT_BYTES) in refused.json()["detail"]


async def test_an_unknown_path_and_a_wrong_method_are_problems(booth: Booth) -> None:
    unknown = await booth.client().get("/nothing/here")
    wrong = await booth.client().delete("/orders")

    assert (unknown.status_code, wrong.status_code) == (404, 405)
    assert violations(unknown) == violations(wrong) == set()
    assert wrong.headers["allow"]


async def test_a_missing_record_is_a_problem(booth: Booth) -> None:
    answer = await booth.client().get("/orders/none")

    assert answer.status_code == 404
    assert violations(answer) == {("order_id", "exists")}


@pytest.mark.parametrize("how", ["bug", "query"])
async def test_a_bug_says_nothing_of_the_inside(booth: Booth, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    answer = await booth.client().get(f"/broken/{how}")

    assert answer.status_code == 500
    violations(answer)
    assert "hunter2" not in answer.text
    logged = capsys.readouterr().out
    assert answer.headers["x-request-id"] in logged
    assert "Traceback" in logged


@pytest.mark.parametrize("how", ["unreachable", "election"])
async def test_a_server_that_is_away_asks_for_another_try(booth: Booth, how: str) -> None:
    answer = await booth.client().get(f"/broken/{how}")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert violations(answer) == set()
    assert "mongodb" not in answer.text


async def test_the_good_beside_the_bad_goes_through(booth: Booth) -> None:
    client = booth.client()
    bodies = [GOOD, {"buyer": {}}, {"buyer": {"email": "<b>Ana</b>"}}]

    answers = [await client.post("/orders", content=json.dumps(body), headers={"content-type": "application/json"}) for body in bodies]

    assert [answer.status_code for answer in answers] == [201, 422, 201]
    assert answers[2].json()["email"] == "<b>Ana</b>"
    assert answers[2].headers["content-type"] == "application/json"
    assert answers[2].headers["x-content-type-options"] == "nosniff"
