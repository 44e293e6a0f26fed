"""Tests empty what they find, and so keep away from servers that somebody uses."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.local.mongod import Mongod, mongod_binary
from deploy.local.problems import StackProblem
from deploy.local.processes import Processes, free_ports
from tests.borrowed import MARK, borrowed_servers
from tests.live.kafka import begin_anew
from tests.servers import Servers

Client = MongoClient[dict[str, Any]]


@pytest.fixture(scope="module")
def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if mongod_binary() is None:
        pytest.skip("there is no embedded mongod for this machine")
    place = tmp_path_factory.mktemp("lent")
    mongod = Mongod(place / "data", free_ports(1)[0], Processes(place / "run", place / "logs"), cache_gb=0.25)
    mongod.begin()
    mongod.wait_until_ready()
    yield mongod.uri
    mongod.kill()


@pytest.fixture
def lent(mongo_uri: str, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A MongoDB on which nobody was yet, named by the settings beside the Kafka of all tests, for one worker."""
    monkeypatch.setenv("DEALWIRE_MONGO", mongo_uri)
    monkeypatch.setenv("DEALWIRE_KAFKA", servers.kafka)
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT", raising=False)
    with Client(mongo_uri) as client:
        yield client
        for name in (MARK, "leads"):
            client.drop_database(name)


def test_servers_that_somebody_uses_are_left_alone(lent: Client) -> None:
    lent["leads"]["leads"].insert_one({"_id": "somebody's"})
    with pytest.raises(StackProblem, match="would empty the databases leads at 127.0.0.1:.*nothing else uses"):
        borrowed_servers()
    assert lent["leads"]["leads"].count_documents({}) == 1


async def test_a_kafka_that_somebody_uses_is_left_alone(lent: Client, servers: Servers) -> None:
    await begin_anew(servers)
    with pytest.raises(StackProblem, match=r"would empty the topics account.at_risk, .* others at"):
        borrowed_servers()


def test_servers_that_were_lent_to_tests_before_are_theirs(lent: Client, servers: Servers) -> None:
    lent[MARK]["kafka"].insert_one({"_id": servers.kafka})
    lent["leads"]["leads"].insert_one({"_id": "left by a test"})
    assert borrowed_servers()[1] == servers.kafka


def test_workers_at_once_would_be_in_each_others_way(lent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "3")
    with pytest.raises(StackProblem, match="WORKERS=1"):
        borrowed_servers()
