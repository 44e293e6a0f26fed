"""`dealwire import`: a file goes in by the door of the leads service, and each of its rows has its fate."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from deploy.topics import Topics, wanted_topics
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.tokens import signed_token


@pytest.fixture(scope="module")
async def leads(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where a running leads service, all its roles in one process, answers."""
    async with Topics({"bootstrap_servers": servers.kafka}) as topics:
        await topics.make(wanted_topics())
    with fleet(servers, tmp_path_factory.mktemp("leads")) as running:
        url = f"http://127.0.0.1:{running.start_service('leads').port}"
        await eventually(lambda: _is_ready(url), within=60, what="the leads service")
        yield url


@pytest.fixture
def _told_of(leads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_SERVICES", json.dumps({"leads": leads}))
    monkeypatch.setenv("DEALWIRE_TOKEN", signed_token(roles={"admin"}))


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").is_success
    except httpx.TransportError:
        return False


async def say(*arguments: object) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["import", *map(str, arguments)])


@pytest.mark.usefixtures("_told_of")
async def test_a_file_is_imported_with_its_own_column_names_and_its_bad_rows_come_back(tmp_path: Path) -> None:
    file = tmp_path / "fair.csv"
    rows = [f"p{number}@fair.example;Lovelace {number};Acme {number};100" for number in range(40)]
    rows[7], rows[20] = "nobody;;;-5", 'p20@fair.example;"Lovelace;Acme;100'
    rows[30] = rows[29]
    file.write_text("\n".join(["E-Mail;Surname;company;budget", *rows]) + "\n")

    said = await say(file, "--source", "web", "--map", "E-Mail=person.email", "--map", "Surname=person.last_name", "--json")
    assert said.exit_code == 4, said.stderr
    told = json.loads(said.stdout)
    assert (told["status"], told["rows"], told["accepted"], told["refused"]) == ("done", 40, 38, 2)
    assert told["fates"] == {"captured": 37, "merged": 1}
    rejected = Path(told["rejected_file"]).read_text()
    assert rejected.startswith("line,")
    assert {line.split(",")[0] for line in rejected.splitlines()[1:]} == {"9", "22"}


@pytest.mark.usefixtures("_told_of")
async def test_a_mapping_to_a_field_that_does_not_exist_is_refused_at_the_door(tmp_path: Path) -> None:
    file = tmp_path / "fair.csv"
    file.write_text("mail\na@b.example\n")
    said = await say(file, "--source", "web", "--map", "mail=person.shoe_size")
    assert said.exit_code == 4
    assert "shoe_size" in said.stderr


async def test_a_mapping_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "fair.csv"
    file.write_text("mail\na@b.example\n")
    assert (await say(file, "--source", "web", "--map", "mail")).exit_code == 2
    assert (await say(tmp_path / "missing.csv", "--source", "web")).exit_code == 2


@pytest.mark.usefixtures("_told_of")
async def test_somebody_out_of_a_file_is_forgotten_and_so_is_their_row(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,budget\ntilda@quux.example,100\nTilda@quux.example,-5\n")
    await say(file, "--source", "fair")
    asked = ["erase", "--email", "tilda@quux.example", "--reason", "asked by letter", "--json"]
    first, second = [await asyncio.to_thread(CliRunner().invoke, app, asked) for _ in range(2)]
    assert first.exit_code == 0, first.stderr
    certificate = json.loads(first.stdout)
    assert (certificate["erased"]["leads"], certificate["erased"]["import_rejects"], len(certificate["lead_ids"])) == (1, 1, 1)
    assert json.loads(second.stdout) == certificate
