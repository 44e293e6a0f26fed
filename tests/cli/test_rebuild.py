"""`dealwire rebuild`: the console's read models are made again from the topics."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli.main import app
from deploy.topics import Topics
from tests.conftest import DatabaseOf
from tests.contracts.story import SAMPLES
from tests.live.kafka import publish
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.tokens import signed_token

TOLD = ("lead.captured", "lead.qualified", "lead.assigned", "opportunity.opened", "deal.closed", "account.opened")


@pytest.fixture
async def console(
    servers: Servers, topics: Topics, database_of: DatabaseOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A running console that has read what happened to one customer."""
    await database_of("console")
    token = signed_token(roles={"admin"})
    await publish(servers, [SAMPLES[topic] for topic in TOLD])
    with fleet(servers, tmp_path) as running:
        url = f"http://127.0.0.1:{running.start_service('console').port}"
        monkeypatch.setenv("DEALWIRE_SERVICES", json.dumps({"console": url}))
        monkeypatch.setenv("DEALWIRE_TOKEN", token)
        async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}) as doors:
            await eventually(lambda: _has_read(doors, len(TOLD)), within=60, what="a console that has read everything")
            yield doors


async def _has_read(doors: httpx.AsyncClient, count: int) -> bool:
    try:
        return bool((await doors.get("/rebuild")).json()["done"] >= count)
    except (httpx.TransportError, KeyError):
        return False


async def rebuild() -> Any:
    said = await asyncio.to_thread(CliRunner().invoke, app, ["rebuild", "--json"])
    assert said.exit_code == 0, said.stderr
    return json.loads(said.stdout)


async def test_the_read_models_are_built_again_and_then_shown(console: httpx.AsyncClient) -> None:
    before = (await console.get("/rebuild")).json()["generation"]
    state = await rebuild()
    assert (state["state"], state["generation"], state["done"], state["total"]) == ("idle", before + 1, len(TOLD), len(TOLD))
