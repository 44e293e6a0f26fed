"""Parked messages through their doors: listed, shown, mended, replayed to this service alone, discarded."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter

from shared.app import Service
from shared.database import Database
from shared.errors import Invalid
from shared.events import LeadContacted, LeadSubmitted
from shared.subscriptions import Subscriptions
from shared.transaction import Transaction
from tests.conftest import DatabaseOf
from tests.road import api_client, hear_raw, raw, said

subscriptions = Subscriptions()


@subscriptions.on(LeadSubmitted)
async def on_lead_submitted(tx: Transaction, submissions: list[LeadSubmitted]) -> None:
    """Refuses the source `banned`, stumbles over the source `broken`, says whom else it heard."""
    for one in submissions:
        if one.source == "broken":
            raise ZeroDivisionError("a bug")
        if one.source == "banned":
            tx.refuse(one, Invalid("This source is banned", field="source", rule="known"))
        else:
            await tx.collection("heard").insert_one({"email": one.person.email})
            tx.emit(LeadContacted(lead_id=one.person.email or "", version=1, contacted_at=tx.now), cause=one)


service = Service("booth", 0, subscriptions, (LeadContacted,), APIRouter(), ())


def submission(source: str, email: str = "ana@people.example") -> bytes:
    return json.dumps({"source": source, "person": {"email": email}}).encode()


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("booth")


@pytest.fixture
async def client(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with api_client(service, db) as client:
        yield client


async def deliver(db: Database, *values: bytes | None) -> None:
    await hear_raw(service, db, *(raw("lead.submitted", value, key=b"k", offset=offset) for offset, value in enumerate(values)))


async def parked(client: httpx.AsyncClient, **filters: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/parked", params=filters)).json()["items"]
    return items


async def the_parked_one(client: httpx.AsyncClient) -> str:
    (row,) = await parked(client)
    return str(row["id"])


async def heard(db: Database) -> list[str]:
    return [row["email"] async for row in db.collection("heard").find()]


async def test_the_list_says_what_is_parked_where_it_came_from_and_why(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, submission("web"), b"{broken", submission("banned"))
    rows = {row["offset"]: row for row in await parked(client)}
    assert set(rows) == {1, 2}
    assert (rows[1]["topic"], rows[1]["partition"], rows[1]["key"], rows[1]["value"]) == ("lead.submitted", 0, "k", "{broken")
    assert rows[2]["violations"] == [{"field": "source", "rule": "known", "detail": "This source is banned"}]
    assert {row["reason"] for row in rows.values()} == {"refused"}


async def test_the_list_can_be_narrowed(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, b"{broken", submission("broken"))
    assert [row["offset"] for row in await parked(client, reason="bug")] == [1]
    assert [row["offset"] for row in await parked(client, reason="refused")] == [0]
    assert await parked(client, status="replayed") == []


async def test_what_is_not_text_is_shown_as_base64(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, b"\xff\x00")
    shown = (await client.get(f"/parked/{await the_parked_one(client)}")).json()
    assert shown["value"] is None
    assert base64.b64decode(shown["value_base64"]) == b"\xff\x00"


async def test_an_unreadable_message_is_mended_and_replayed(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, b"{broken")
    parked_id = await the_parked_one(client)
    await client.patch(f"/parked/{parked_id}", json={"value": submission("web").decode()})
    assert await heard(db) == []
    answer = await client.post(f"/parked/{parked_id}/replay")
    assert (answer.status_code, answer.json()["status"]) == (200, "replayed")
    assert await heard(db) == ["ana@people.example"]


async def test_a_header_is_mended_and_the_others_stay_as_they_came(db: Database, client: httpx.AsyncClient) -> None:
    event = [("ce_id", b"1"), ("ce_source", b"/shop"), ("ce_type", b"lead.submitted")]
    headers = [("content-type", b"text/csv"), *event, ("ce_time", b"noon"), ("note", b"\xff"), ("empty", None)]
    await hear_raw(service, db, raw("lead.submitted", submission("web"), key=b"k", headers=headers))
    parked_id = await the_parked_one(client)
    mending = {"headers": {"content-type": "application/json", "ce_time": None}}
    answer = await client.patch(f"/parked/{parked_id}", json=mending)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    row = await db.collection("parked").find_one({"_id": parked_id})
    assert row["headers"] == [*map(list, event), ["note", b"\xff"], ["empty", None], ["content-type", b"application/json"]]
    assert row["value"] == submission("web")
    assert (await client.post(f"/parked/{parked_id}/replay")).status_code == 200
    assert await heard(db) == ["ana@people.example"]


async def test_mending_nothing_is_refused(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, b"{broken")
    answer = await client.patch(f"/parked/{await the_parked_one(client)}", json={"headers": {}})
    assert answer.status_code == 422
    assert "Send a value" in answer.text


async def test_what_was_replayed_once_is_not_replayed_again(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, submission("banned"))
    parked_id = await the_parked_one(client)
    await client.patch(f"/parked/{parked_id}", json={"value": submission("web").decode()})
    await client.post(f"/parked/{parked_id}/replay")
    again = await client.post(f"/parked/{parked_id}/replay")
    assert again.status_code == 409
    assert await heard(db) == ["ana@people.example"]


@pytest.mark.parametrize(("value", "status", "said"), [(b"{still broken", 400, "not JSON"), (submission("banned"), 422, "banned")])
async def test_what_is_refused_again_stays_parked_and_the_answer_says_why(
    db: Database, client: httpx.AsyncClient, value: bytes, status: int, said: str
) -> None:
    await deliver(db, value)
    parked_id = await the_parked_one(client)
    answer = await client.post(f"/parked/{parked_id}/replay")
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert [row["status"] for row in await parked(client)] == ["parked"]


async def test_a_bug_that_is_still_there_leaves_it_parked_and_without_effect(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, submission("broken"))
    with pytest.raises(ZeroDivisionError):
        await client.post(f"/parked/{await the_parked_one(client)}/replay")
    assert [row["status"] for row in await parked(client)] == ["parked"]
    assert await heard(db) == []


async def test_a_replay_reaches_only_the_service_that_parked_it(database_of: DatabaseOf) -> None:
    """Nothing is published again: its effects here are all that there is."""
    ours, theirs = await database_of("booth"), await database_of("stall")
    for db in (ours, theirs):
        await deliver(db, submission("banned"))
    await said(ours)
    async with api_client(service, ours) as client:
        parked_id = await the_parked_one(client)
        await client.patch(f"/parked/{parked_id}", json={"value": submission("web").decode()})
        await client.post(f"/parked/{parked_id}/replay")
    assert [event.topic for event in await said(ours)] == ["lead.contacted"]
    assert (await heard(ours), await heard(theirs)) == (["ana@people.example"], [])


async def test_a_discarded_message_keeps_the_reason_and_is_done_with(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, submission("banned"))
    parked_id = await the_parked_one(client)
    answer = await client.post(f"/parked/{parked_id}/discard", json={"reason": "a test of theirs"})
    assert (answer.json()["status"], answer.json()["note"]) == ("discarded", "a test of theirs")
    assert (await client.post(f"/parked/{parked_id}/replay")).status_code == 409
    assert (await client.patch(f"/parked/{parked_id}", json={"value": "{}"})).status_code == 409


async def test_what_operators_do_is_remembered_with_their_name(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, submission("banned"))
    parked_id = await the_parked_one(client)
    await client.patch(f"/parked/{parked_id}", json={"value": submission("web").decode()})
    await client.post(f"/parked/{parked_id}/replay")
    changes = await db.collection("history").find({"record_id": parked_id}).sort("version", 1).to_list(None)
    assert [(change["what"], change["by"], change["version"]) for change in changes] == [
        ("edited", "user:ana", 2),
        ("replayed", "user:ana", 3),
    ]


async def test_two_operators_who_replay_at_once_have_one_effect(db: Database, client: httpx.AsyncClient) -> None:
    await deliver(db, submission("banned"))
    parked_id = await the_parked_one(client)
    await client.patch(f"/parked/{parked_id}", json={"value": submission("web").decode()})
    answers = await asyncio.gather(*(client.post(f"/parked/{parked_id}/replay") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert await heard(db) == ["ana@people.example"]


async def test_an_unknown_message_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/parked/none")).status_code == 404
    assert (await client.post("/parked/none/replay")).status_code == 404


async def test_parked_messages_are_for_operators_only(db: Database) -> None:
    await deliver(db, submission("banned"))
    async with api_client(service, db, roles={"rep"}) as client:
        assert (await client.get("/parked")).status_code == 403
        assert (await client.post("/parked/any/replay")).status_code == 403
