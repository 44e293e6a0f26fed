"""`dealwire parked`: what a service could not use is seen, mended, replayed and given up, through its own doors."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from deploy.local.processes import free_ports
from services.accounts.main import service as accounts
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.road import hear_raw, raw
from tests.servers import Servers
from tests.tokens import signed_token

CASE = {"external_id": "c-1", "contact": {"email": "maren@nordlicht.example"}, "subject": "It stops", "severity": "high"}
Parked = Callable[..., Awaitable[Result]]


@pytest.fixture
async def db(database_of: DatabaseOf) -> Database:
    return await database_of("accounts")


@pytest.fixture(scope="module")
async def doors(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where a running accounts service answers."""
    with fleet(servers, tmp_path_factory.mktemp("accounts")) as running:
        url = f"http://127.0.0.1:{running.start_service('accounts', 'api').port}"
        await eventually(lambda: _answers(url), within=60, what="the doors of accounts")
        yield url


@pytest.fixture
def parked(doors: str, db: Database, monkeypatch: pytest.MonkeyPatch) -> Parked:
    """The command; accounts is the only service that it is told of, and has nothing yet."""
    monkeypatch.setenv("DEALWIRE_SERVICES", json.dumps({"accounts": doors}))
    monkeypatch.setenv("DEALWIRE_TOKEN", signed_token(roles={"admin"}))
    return say


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").is_success
    except httpx.TransportError:
        return False


async def say(*arguments: str, given: str | None = None) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["parked", *arguments, "--service", "accounts"], input=given)


async def told(*arguments: str) -> Any:
    said = await say(*arguments, "--json")
    assert said.exit_code == 0, said.stderr
    return json.loads(said.stdout)


async def park(db: Database, *values: bytes) -> None:
    await hear_raw(accounts, db, *(raw("case.submitted", value, offset=offset) for offset, value in enumerate(values)))


async def _mend(db: Database, wrong: bytes, right: bytes) -> None:
    """As if the rule that refused these had been a bug that is now cured."""
    async for row in db.collection("parked").find():
        await db.collection("parked").update_one({"_id": row["_id"]}, {"$set": {"value": row["value"].replace(wrong, right)}})


async def test_parked_messages_are_listed_and_shown_with_what_is_wrong(parked: Parked, db: Database) -> None:
    await park(db, b"{broken", json.dumps(CASE | {"severity": "huge"}).encode())
    listed = await told("list")
    assert [(one["service"], one["topic"], one["reason"]) for one in listed] == [("accounts", "case.submitted", "refused")] * 2
    huge = next(one for one in listed if one["violations"][0]["field"] == "severity")
    shown = await parked("show", huge["id"])
    assert shown.exit_code == 0
    assert "severity: literal_error" in shown.stdout
    assert '"severity": "huge"' in shown.stdout
    assert (await told("list", "--topic", "order.updated")) == []


async def test_what_outsiders_wrote_is_shown_as_they_wrote_it(parked: Parked, db: Database) -> None:
    """Neither markup of ours nor commands of a terminal are made of it."""
    wrong = raw("case.submitted", b"\x1b]0;mine\x07 [/b] {", key=b"[/x] \x1b[2J", headers=[("[/h]", b"\x9b[/v]\x1bc")])
    await hear_raw(accounts, db, wrong)
    [found] = await told("list")
    await db.collection("parked").update_one({"_id": found["id"]}, {"$set": {"error": "[/e] \x1b[31m"}})
    listed, shown = await parked("list"), await parked("show", found["id"])
    assert (listed.exit_code, shown.exit_code) == (0, 0)
    assert "[/e] \\x1b[31m" in listed.stdout
    assert all(text in shown.stdout for text in ("[/x] \\x1b[2J", "[/h]: ", "\\x1bc", "\\x1b]0;mine\\x07 [/b] {"))
    assert not {"\x1b", "\x07", "\x9b"} & set(listed.stdout + shown.stdout)


async def test_a_mended_message_is_replayed_and_has_its_effect(parked: Parked, db: Database, tmp_path: Path) -> None:
    await park(db, json.dumps(CASE | {"severity": "huge"}).encode())
    [found] = await told("list")
    again = await parked("replay", found["id"])
    assert again.exit_code == 4
    assert "severity must be" in again.stderr

    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(CASE))
    assert (await told("edit", found["id"], "--value", str(mended)))["value"] == json.dumps(CASE)
    assert (await told("replay", found["id"]))["status"] == "replayed"
    assert (await told("list")) == []
    assert [one["id"] for one in await told("list", "--status", "replayed")] == [found["id"]]
    assert (await db.collection("cases").count_documents({})) == 1


async def test_a_header_is_mended_from_the_command_line(parked: Parked, db: Database) -> None:
    event = [("ce_id", b"1"), ("ce_source", b"/shop"), ("ce_type", b"case.submitted"), ("ce_time", b"noon")]
    await hear_raw(accounts, db, raw("case.submitted", json.dumps(CASE).encode(), headers=[*event, ("content-type", b"text/csv")]))
    [found] = await told("list")
    edited = await told("edit", found["id"], "--header", "content-type=application/json", "--without-header", "ce_time")
    assert dict(edited["headers"])["content-type"] == "application/json"
    assert "ce_time" not in dict(edited["headers"])
    assert (await told("replay", found["id"]))["status"] == "replayed"
    assert (await parked("edit", found["id"], "--header", "nonsense")).exit_code == 2


async def test_all_are_replayed_and_those_that_are_refused_again_stay(parked: Parked, db: Database) -> None:
    good = json.dumps(CASE).encode()
    await park(db, b"{broken", *(good.replace(b"c-1", b"c-%d" % number).replace(b"high", b"hihg") for number in range(3)))
    await _mend(db, b"hihg", b"high")
    said = await parked("replay", "--all", "--topic", "case.submitted", "--json")
    assert said.exit_code == 4
    outcome = json.loads(said.stdout)
    assert (outcome["replayed"], len(outcome["refused"])) == (3, 1)
    assert len(await told("list")) == 1
    assert (await db.collection("cases").count_documents({})) == 3


async def test_a_message_is_given_up_with_a_reason(parked: Parked, db: Database) -> None:
    await park(db, b"{broken")
    [found] = await told("list")
    assert (await told("discard", found["id"], "--reason", "a test of theirs"))["note"] == "a test of theirs"
    assert (await told("list")) == []
    assert (await parked("replay", found["id"])).exit_code == 4


async def test_a_message_that_no_service_has_is_not_found(parked: Parked) -> None:
    said = await parked("show", "nowhere")
    assert said.exit_code == 4
    assert "nowhere" in said.stderr


async def test_one_message_or_all_of_them_and_not_both_or_neither(parked: Parked) -> None:
    assert (await parked("replay")).exit_code == 2
    assert (await parked("replay", "some-id", "--all")).exit_code == 2


async def test_a_service_that_is_away_is_said_to_be_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_SERVICES", json.dumps({"accounts": f"http://127.0.0.1:{free_ports(1)[0]}"}))
    monkeypatch.setenv("DEALWIRE_TOKEN", "any")
    said = await say("list")
    assert said.exit_code == 3
    assert "accounts does not answer" in said.stderr


async def test_who_has_no_token_elsewhere_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_URL", "https://dealwire.example")
    monkeypatch.delenv("DEALWIRE_TOKEN", raising=False)
    said = await say("list")
    assert said.exit_code == 2
    assert "DEALWIRE_TOKEN" in said.stderr
