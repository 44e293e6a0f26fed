"""The doors for programs keep what their OpenAPI promises, whatever comes."""

import pytest

from services.console.main import service
from shared.database import Database
from shared.guard import routes_in
from tests.contracts.doors import closed_doors, failures_at, open_ones, without_examples
from tests.road import api_client, hear
from tests.services.console.customers import rep, won_customer

# Pages are for people: no schema promises anything of them.
NOUNS = sorted({route.path.split("/")[1] for route in routes_in([service.router]) if route.include_in_schema})


async def inhabited(db: Database) -> dict[str, str]:
    life = won_customer()
    await hear(service, db, rep(), *life.events)
    return {"record_id": life.lead_id}


@pytest.mark.parametrize("noun", NOUNS)
async def test_every_answer_is_one_that_was_announced(db: Database, noun: str) -> None:
    known = await inhabited(db)
    async with api_client(service, db, bugs_raised=False) as client:
        failures = await failures_at(client, noun, known)
    assert not failures, "\n\n".join(failures)


async def test_nobody_is_let_in_without_proof(db: Database) -> None:
    async with api_client(service, db) as client:
        closed = await closed_doors(client)
        for authorization in ("", "Bearer x.y.z", "Basic YTpi"):
            client.headers["authorization"] = authorization
            assert await open_ones(client, closed) == []


async def test_whatever_is_sent_and_answered_has_an_example_that_is_valid(db: Database) -> None:
    async with api_client(service, db) as client:
        assert await without_examples(client) == []
