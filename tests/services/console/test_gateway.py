"""The way to the services through the console: the same answers as at their own doors, and nothing of the browser's secrets."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.journeys.people import ADA
from tests.services.console.stage import Stage, token_for


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {token_for(stage, 'root', 'admin', 'integration')}"}
    async with httpx.AsyncClient(base_url=stage.url, headers=headers, trust_env=False) as client:
        yield client


async def test_a_submission_through_the_gateway_is_accepted_by_the_service_behind_it(client: httpx.AsyncClient, stage: Stage) -> None:
    accepted = await client.post("/api/leads/leads", json=ADA)
    assert accepted.status_code == 202
    assert accepted.headers["location"].startswith("/api/leads/submissions/")
    await stage.world.carry()
    fate = await client.get(accepted.headers["location"])
    assert fate.json()["status"] == "captured"


async def test_queries_problems_and_request_ids_come_through(client: httpx.AsyncClient) -> None:
    refused = await client.get("/api/leads/leads", params={"colour": "red"}, headers={"x-request-id": "mine-1"})
    assert refused.status_code == 422
    assert refused.json()["violations"][0]["field"] == "colour"
    assert refused.json()["request_id"] == "mine-1"


async def test_versions_come_through(client: httpx.AsyncClient) -> None:
    shown = await client.get("/api/opportunities/pipelines/default")
    assert shown.headers["etag"]
    same = await client.get("/api/opportunities/pipelines/default", headers={"if-none-match": shown.headers["etag"]})
    assert same.status_code == 304


async def test_an_unknown_service_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/payroll/people")).status_code == 404


async def test_a_service_that_is_away_is_said_to_be_away(client: httpx.AsyncClient, stage: Stage) -> None:
    stage.send_away("leads")
    away = await client.get("/api/leads/leads")
    assert away.status_code == 503
    page = await client.get("/parked-messages", headers={"accept": "text/html"})
    assert "leads does not answer" in page.text


async def test_nobody_gets_through_without_a_token(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.url, trust_env=False) as client:
        assert (await client.get("/api/leads/leads")).status_code == 401


async def test_the_console_is_not_a_way_to_itself(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/console/rebuild")).status_code == 200
    assert (await client.get("/api/console/api/console/rebuild")).status_code == 404
