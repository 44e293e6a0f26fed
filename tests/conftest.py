"""What every test may ask for: real servers, an empty database of one service, the topics of the catalogue made anew."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from deploy.topics import Topics
from shared.auditing import prepare_audit
from shared.database import Database, connect
from shared.indexing import Index
from tests.live.kafka import begin_anew
from tests.servers import Servers, running_servers

# What the leads service makes links and forms with; each process of a test inherits it.
os.environ.setdefault("DEALWIRE_LEADS_SECRET_KEY", Fernet.generate_key().decode())
os.environ.setdefault("DEALWIRE_LEADS_PUBLIC_URL", "http://dealwire.test")
DatabaseOf = Callable[[str], Awaitable[Database]]
# With several workers each takes the next file: the long ones begin first, so that none is left over at the end.
LONGEST = (
    "live/test_soak.py",
    "cli/test_demo.py",
    "live/test_crashes.py",
    "live/test_drain.py",
    "cli/test_stack.py",
    "console/test_browser.py",
    "leads/test_openapi.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((place for place, file in enumerate(LONGEST) if str(item.path).endswith(file)), len(LONGEST)))


def pytest_collection_finish() -> None:
    """What was imported stays until the end, and is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """One JSON line per log entry: the default, with every local variable of a traceback, takes a third of a second each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ]
    )


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with running_servers() as running:
        yield running


@pytest.fixture(scope="session")
async def mongo(servers: Servers) -> AsyncIterator[AsyncMongoClient[dict[str, Any]]]:
    """A client with all rights, for looking behind the services' backs."""
    async with AsyncMongoClient[dict[str, Any]](servers.mongo_uri, tz_aware=True) as client:
        yield client


@pytest.fixture
async def database_of(servers: Servers, mongo: AsyncMongoClient[dict[str, Any]]) -> AsyncIterator[DatabaseOf]:
    """`db = await database_of("leads")`: that service's database, empty, with its indexes."""
    opened: list[Database] = []

    async def emptied(service: str) -> Database:
        # Emptying keeps the indexes: a hundred times quicker than dropping the database and making them again.
        there = set(await mongo[service].list_collection_names())
        emptying = [mongo[service][name].delete_many({}) for name in await _filled(mongo[service], there)]
        await asyncio.gather(*emptying, mongo[f"{service}_audit"]["audit"].delete_many({}))
        database = await connect(servers.mongo_uri, service)
        opened.append(database)
        await database.ensure_indexes(index for index in _indexes_of(service) if index.collection not in there)
        if not there:
            await prepare_audit(database)
        return database

    yield emptied
    for database in opened:
        database.close()


@pytest.fixture
async def topics(servers: Servers) -> AsyncIterator[Topics]:
    """Every topic of the catalogue, empty, on the session's own Kafka; committed offsets went with what was in them."""
    await begin_anew(servers)
    async with Topics({"bootstrap_servers": servers.kafka}) as topics:
        yield topics


async def _filled(database: AsyncDatabase[dict[str, Any]], names: Collection[str]) -> list[str]:
    """Those with a row in them, all in one question: most are empty, and emptying them again would take as long as a test."""
    if not names:
        return []
    looks = {name: [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}] for name in names}
    first, look = looks.popitem()
    others = [{"$unionWith": {"coll": name, "pipeline": there}} for name, there in looks.items()]
    return [row["name"] async for row in await database[first].aggregate([*look, *others])]


def _indexes_of(service: str) -> list[Index]:
    """A name that is no service of ours (a test's own) gets what every service has."""
    known = find_spec("services." + service) and find_spec(f"services.{service}.main")
    own = import_module(f"services.{service}.main").service.indexes if known else ()
    return [*import_module("shared.app").SHARED_INDEXES, *own]
