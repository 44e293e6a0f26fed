"""The doors keep what their OpenAPI promises, whatever comes."""

import httpx
import pytest

from services.notifications.main import service
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.contracts.doors import failures_at, nouns_of, without_examples
from tests.road import api_client, hear
from tests.services.notifications.builders import lead_assigned, lead_captured, rep_changed


async def inhabited(db: Database, client: httpx.AsyncClient) -> dict[str, str]:
    """Somebody who has been told of a lead."""
    await hear(service, db, rep_changed("rita"), lead_captured(), lead_assigned(owner_id="rita"))
    names = {"/notifications": "notification_id", "/rules": "rule_id", "/templates": "template_id"}
    return {"recipient_id": "rita"} | {name: (await client.get(path)).json()["items"][0]["id"] for path, name in names.items()}


@pytest.mark.parametrize("noun", nouns_of(service.router))
async def test_every_answer_is_one_that_was_announced(database_of: DatabaseOf, noun: str) -> None:
    db = await database_of("notifications")
    await service.seed(db)
    async with api_client(service, db, subject="rita", bugs_raised=False) as client:
        failures = await failures_at(client, noun, await inhabited(db, client))
    assert not failures, "\n\n".join(failures)


async def test_whatever_is_sent_and_answered_has_an_example_that_is_valid(database_of: DatabaseOf) -> None:
    async with api_client(service, await database_of("notifications")) as client:
        assert await without_examples(client) == []
