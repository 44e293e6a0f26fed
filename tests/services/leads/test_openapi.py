"""The doors keep what their OpenAPI promises, whatever comes."""

import socket
from typing import Any

import httpx
import pytest

from services.leads.main import service
from services.leads.service import read_imports
from shared.database import Database
from tests.conftest import DatabaseOf
from tests.contracts.doors import COMMON, closed_doors, failures_at, nouns_of, open_ones, without_examples
from tests.road import api_client, hear_raw, raw
from tests.services.leads.builders import carried, fresh, submission, told
from tests.services.leads.forms import FORM_SETTINGS
from tests.services.leads.knowers import terms
from tests.services.leads.platforms import polled, set_up

SOUTH = {"id": "south", "name": "South", "ground": {"countries": ["IT"]}, "team_id": "europe", "rep_ids": ["ana"]}
ANA = {"email": "ana@acme.example"}


async def inhabited(db: Database, client: httpx.AsyncClient) -> dict[str, str]:
    """A little of everything; ids that lead to something, by the names that they have in paths."""
    submissions = [submission(person=ANA), *(submission() for _ in range(4)), submission(person=ANA)]
    await carried(db, *submissions)
    await hear_raw(service, db, raw("lead.submitted", b"not json"))
    lead = await _first(client, "/leads")
    await set_up(db, polled("https://api.forms.example", active=False), source="web")
    return {
        "lead_id": lead["id"],
        "submission_id": lead["submission_id"],
        "import_id": await _imported(db, client),
        "rep_id": "ana",
        "team_id": "europe",
        "source_id": "web",
        "slug": await _with_form(client),
        "territory_id": (await told(client, "POST", "/territories", SOUTH, expect=201))["id"],
        "handover_id": (await told(client, "POST", "/reps/chloe/handover", {"reason": "left"}, expect=202))["id"],
        "provider_id": (await told(client, "POST", "/providers", terms("https://firms.example"), expect=201))["id"],
        "parked_id": (await _first(client, "/parked"))["id"],
        "key_id": (await told(client, "POST", "/sources/web/keys", {}, expect=201))["id"],
        "topic": "lead.submitted",
        "version": "1",
    }


async def _imported(db: Database, client: httpx.AsyncClient) -> str:
    file = {"file": ("fair.csv", b"email,first_name\njo@x.example,Jo\nnobody,Al\n", "text/csv")}
    answer = await client.post("/imports", files=file, data={"source": "fair"})
    while await read_imports(db):
        pass
    return str(answer.json()["import_id"])


async def _with_form(client: httpx.AsyncClient) -> str:
    await told(client, "PUT", "/sources/web/form", FORM_SETTINGS)
    return "web"


async def _first(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    row: dict[str, Any] = (await told(client, "GET", f"{path}?limit=1"))["items"][0]
    return row


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of this machine aside, nothing is found."""
    resolve = socket.getaddrinfo

    def found(host: Any, *further: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(f"{host} is elsewhere")
        return resolve(host, *further, **options)

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("noun", [*nouns_of(service.router), *COMMON])
@pytest.mark.usefixtures("no_network")
async def test_every_answer_is_one_that_was_announced(database_of: DatabaseOf, noun: str) -> None:
    db = await fresh(database_of)
    async with api_client(service, db, bugs_raised=False) as client:
        failures = await failures_at(client, noun, await inhabited(db, client))
    assert not failures, "\n\n".join(failures)


async def test_nobody_is_let_in_without_proof(database_of: DatabaseOf) -> None:
    db = await fresh(database_of)
    async with api_client(service, db) as client:
        closed = await closed_doors(client)
        for authorization in ("", "Bearer x.y.z", "Basic YTpi"):
            client.headers["authorization"] = authorization
            assert await open_ones(client, closed) == []


async def test_whatever_is_sent_and_answered_has_an_example_that_is_valid(database_of: DatabaseOf) -> None:
    async with api_client(service, await database_of("leads")) as client:
        assert await without_examples(client) == []
