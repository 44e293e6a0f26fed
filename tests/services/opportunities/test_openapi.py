"""The doors keep what their OpenAPI promises, whatever comes."""

import httpx
import pytest

from services.opportunities.main import service
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.contracts.doors import failures_at, nouns_of, without_examples
from tests.road import api_client
from tests.services.opportunities.builders import opened, rep_changed, told

CALL = {"kind": "call", "subject": "They like it", "effort_minutes": 20}
PROMISE = {"promisor": "Ana", "counterparty": "Ada", "text": "send the prices", "due": "2027-03-02T09:00:00Z"}
OFFER = {"amount": "12000", "currency": "EUR"}


async def inhabited(db: Database, client: httpx.AsyncClient) -> dict[str, str]:
    """An opportunity with a little of everything."""
    opportunity_id = await opened(db, rep_changed("ana"), rep_changed("bob"))
    path = f"/opportunities/{opportunity_id}"
    await told(client, "POST", f"{path}/activities", CALL, expect=201)
    commitment = await told(client, "POST", f"{path}/commitments", PROMISE, expect=201)
    proposal = await told(client, "POST", f"{path}/proposals", OFFER, expect=201)
    return {"opportunity_id": opportunity_id, "commitment_id": commitment["id"], "proposal_id": proposal["id"], "slug": "default"}


@pytest.mark.parametrize("noun", nouns_of(service.router))
async def test_every_answer_is_one_that_was_announced(database_of: DatabaseOf, noun: str) -> None:
    db = await database_of("opportunities")
    await service.seed(db)
    async with api_client(service, db, bugs_raised=False) as client:
        failures = await failures_at(client, noun, await inhabited(db, client))
    assert not failures, "\n\n".join(failures)


async def test_whatever_is_sent_and_answered_has_an_example_that_is_valid(database_of: DatabaseOf) -> None:
    async with api_client(service, await database_of("opportunities")) as client:
        assert await without_examples(client) == []
