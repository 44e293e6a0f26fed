"""The doors keep what their OpenAPI promises, whatever comes."""

import httpx
import pytest

from services.accounts.main import service
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.contracts.doors import failures_at, nouns_of, without_examples
from tests.road import api_client, hear, said
from tests.services.accounts.builders import answer, case, order, rep, won_deal


async def inhabited(db: Database, client: httpx.AsyncClient) -> dict[str, str]:
    """An account with a little of everything."""
    await hear(service, db, rep(), won_deal())
    account_id = (await said(db))[0].key()
    await hear(service, db, order(order_id="o-1", account_id=account_id), case(case_id="c-1", account_id=account_id), answer(account_id))
    case_id = (await client.get("/cases")).json()["items"][0]["id"]
    return {"account_id": account_id, "case_id": case_id, "order_id": "o-1"}


@pytest.mark.parametrize("noun", nouns_of(service.router))
async def test_every_answer_is_one_that_was_announced(database_of: DatabaseOf, noun: str) -> None:
    db = await database_of("accounts")
    async with api_client(service, db, bugs_raised=False) as client:
        failures = await failures_at(client, noun, await inhabited(db, client))
    assert not failures, "\n\n".join(failures)


async def test_whatever_is_sent_and_answered_has_an_example_that_is_valid(database_of: DatabaseOf) -> None:
    async with api_client(service, await database_of("accounts")) as client:
        assert await without_examples(client) == []
