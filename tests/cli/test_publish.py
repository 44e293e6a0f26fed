"""`dealwire publish`: what a file says is on the topic, keyed, and what is wrong with it is in a file beside it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from deploy.local.processes import free_ports
from deploy.topics import Topics
from shared.events import LeadSubmitted
from tests.contracts.generate import FOLDER
from tests.deaf import deaf_port
from tests.live.kafka import events_on, records_on
from tests.servers import Servers

Publish = Callable[..., Awaitable[Result]]
ADA = {"source": "web", "person": {"email": "Ada@Lovelace.example"}}


@pytest.fixture
def publish(servers: Servers, topics: Topics, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """The command, on the session's own Kafka with all topics empty."""
    monkeypatch.setenv("DEALWIRE_KAFKA", servers.kafka)
    return say


async def say(*arguments: object, given: str | None = None) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["publish", *map(str, arguments)], input=given)


def written(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


async def submitted(servers: Servers) -> list[LeadSubmitted]:
    return [event for event in await events_on(servers, "lead.submitted") if isinstance(event, LeadSubmitted)]


async def test_rows_of_ndjson_are_events_keyed_by_identity(publish: Publish, servers: Servers, tmp_path: Path) -> None:
    rows = [ADA | {"person": {"email": f"P{number}@X.example"}} for number in range(2_000)]
    said = await publish("lead.submitted", written(tmp_path / "leads.ndjson", *rows), "--json")
    assert said.exit_code == 0, said.stderr
    assert json.loads(said.stdout) | {"seconds": 0} == {
        "published": 2_000,
        "good": 2_000,
        "rejected": 0,
        "rejected_file": None,
        "seconds": 0,
    }
    records = await records_on(servers, "lead.submitted")
    assert {record.key.decode() for record in records} == {f"p{number}@x.example" for number in range(2_000)}
    assert len({record.partition for record in records}) == LeadSubmitted.partitions
    events = await submitted(servers)
    assert len({event.envelope.identity for event in events}) == 2_000
    assert {event.envelope.source for event in events} == {"cli"}


async def test_bad_rows_are_set_aside_with_line_and_reason_and_good_ones_go_through(
    publish: Publish, servers: Servers, tmp_path: Path
) -> None:
    file = written(
        tmp_path / "leads.ndjson",
        ADA,
        "{broken",
        {"source": "web", "interest": {"budget": -1}},
        "",
        {"source": "fair", "person": {"phone": "+49 461 1"}},
    )
    said = await publish("lead.submitted", file)
    assert said.exit_code == 4
    assert "2 rejected" in said.stdout
    rejected = [json.loads(line) for line in Path(f"{file}.rejected.ndjson").read_text().splitlines()]
    assert [(row["line"], row["violations"][0]["rule"]) for row in rejected] == [(2, "json"), (3, "greater_than_equal")]
    assert rejected[0]["row"] == "{broken"
    assert len(await submitted(servers)) == 2


async def test_a_file_may_be_called_anything(publish: Publish, servers: Servers, tmp_path: Path) -> None:
    file = written(tmp_path / "leads [bold] [2].ndjson", ADA, "{broken")
    said = await publish("lead.submitted", file)
    assert (said.exit_code, f"in {file}.rejected.ndjson" in said.stdout) == (4, True)


async def test_a_csv_of_ten_thousand_rows_with_a_broken_quote_in_the_middle_loses_one_row(
    publish: Publish, servers: Servers, tmp_path: Path
) -> None:
    rows = [f'p{number}@x.example,"Lovelace, {number}",Acme,500,fair' for number in range(10_000)]
    rows[5_000] = 'p5000@x.example,"Lovelace,Acme,500,fair'
    file = written(tmp_path / "leads.csv", "email,last_name,company,budget,booth", *rows)
    said = await publish("lead.submitted", file, "--source", "trade-fair", "--json")
    assert said.exit_code == 4
    told = json.loads(said.stdout)
    assert (told["published"], told["rejected"]) == (9_999, 1)
    events = await submitted(servers)
    assert {event.source for event in events} == {"trade-fair"}
    assert all(event.attributes == {"booth": "fair"} and event.company.name == "Acme" and event.interest.budget == 500 for event in events)


async def test_a_whole_cloudevent_keeps_its_identity(publish: Publish, servers: Servers, tmp_path: Path) -> None:
    whole = {"specversion": "1.0", "id": "e-1", "source": "/shop", "type": "lead.submitted", "data": ADA}
    other = whole | {"type": "lead.renamed"}
    said = await publish("lead.submitted", written(tmp_path / "events.ndjson", whole, other))
    assert said.exit_code == 4
    [event] = await submitted(servers)
    assert event.envelope.identity == "/shop e-1"


async def test_rows_come_from_standard_input_too(
    publish: Publish, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = await publish("lead.submitted", given=json.dumps(ADA) + "\nnonsense\n")
    assert said.exit_code == 4
    assert (tmp_path / "lead.submitted.rejected.ndjson").exists()
    assert len(await submitted(servers)) == 1


@pytest.mark.parametrize("topic", ["lead.submitted", "order.updated", "deal.closed"])
async def test_every_sample_can_be_published(publish: Publish, servers: Servers, topic: str) -> None:
    said = await publish(topic, FOLDER / f"{topic}.json", "--json")
    assert (said.exit_code, json.loads(said.stdout)["published"]) == (0, 1)
    [event] = await events_on(servers, topic)
    assert json.loads(event.model_dump_json(exclude_none=True)) == json.loads((FOLDER / f"{topic}.json").read_text())


async def test_a_dry_run_checks_and_publishes_nothing(publish: Publish, servers: Servers, tmp_path: Path) -> None:
    said = await publish("lead.submitted", written(tmp_path / "leads.ndjson", ADA, "{"), "--dry-run", "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["published"], told["good"], told["rejected"]) == (4, 0, 1, 1)
    assert await submitted(servers) == []


async def test_a_file_that_is_all_good_now_leaves_no_old_rejects_behind(publish: Publish, tmp_path: Path) -> None:
    file = written(tmp_path / "leads.ndjson", "{")
    await publish("lead.submitted", file)
    await publish("lead.submitted", written(file, ADA))
    assert not Path(f"{file}.rejected.ndjson").exists()


async def test_a_topic_that_does_not_exist_and_a_file_that_can_not_be_read_are_wrong_usage(tmp_path: Path) -> None:
    assert (await say("lead.forgotten", tmp_path / "x")).exit_code == 2
    assert (await say("lead.submitted", tmp_path / "missing.csv")).exit_code == 2


async def test_a_kafka_that_is_away_is_said_to_be_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_KAFKA", f"127.0.0.1:{free_ports(1)[0]}")
    said = await say("lead.submitted", written(tmp_path / "leads.ndjson", ADA))
    assert said.exit_code == 3
    assert "Start it, or correct DEALWIRE_KAFKA" in said.stderr


async def test_a_kafka_that_does_not_let_us_in_is_told_with_the_settings_to_correct(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = {"SECURITY_PROTOCOL": "SASL_PLAINTEXT", "USERNAME": "ana", "PASSWORD": "wrong"}
    for name, value in signed.items():
        monkeypatch.setenv(f"DEALWIRE_KAFKA_{name}", value)
    with deaf_port() as port:
        monkeypatch.setenv("DEALWIRE_KAFKA", f"127.0.0.1:{port}")
        said = await say("lead.submitted", written(tmp_path / "leads.ndjson", ADA))
    assert said.exit_code == 3
    assert "lets us in there as ana over SASL_PLAINTEXT. Correct DEALWIRE_KAFKA_SECURITY_PROTOCOL" in said.stderr
