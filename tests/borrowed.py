"""Servers that somebody else runs, lent to tests, which empty what they find: so nothing that others made may be there."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymongo import MongoClient

from deploy import SERVICES
from deploy.local.choice import external_kafka, external_mongo
from deploy.local.external import hosts_of, require_mongo
from deploy.local.problems import StackProblem
from deploy.topics import Topics, wanted_topics

MARK = "dealwire_tests"
OURS = {name for service in SERVICES for name in (service, f"{service}_audit")}


def borrowed_servers() -> tuple[str, str]:
    """Addresses of MongoDB and Kafka, marked as those of tests; what bears no mark yet must be without anything of Dealwire.

    Raises StackProblem where something is, or where several workers would empty each other's databases.
    """
    mongo_uri, kafka = external_mongo("test"), external_kafka()
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        raise StackProblem("On servers that are named, workers would empty each other's databases:", "test with WORKERS=1.")
    require_mongo("leads", mongo_uri)
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        marks = client[MARK]["kafka"]
        if marks.find_one({"_id": kafka}) is None:
            _require_none(hosts_of(mongo_uri), "the databases", OURS.intersection(client.list_database_names()))
            _require_none(kafka, "the topics", _topics_on(kafka))
            marks.insert_one({"_id": kafka})
    return mongo_uri, kafka


def _require_none(where: str, what: str, found: set[str]) -> None:
    if found:
        named = ", ".join(sorted(found)[:3]) + (f" and {len(found) - 3} others" if len(found) > 3 else "")
        raise StackProblem(f"Tests would empty {what} {named} at {where}:", "name servers that nothing else uses, or drop them.")


def _topics_on(kafka: str) -> set[str]:
    """Asked in a thread of its own, for pytest has a loop in this one."""

    async def ask() -> set[str]:
        async with Topics({"bootstrap_servers": kafka}) as topics:
            return {topic.name for topic in wanted_topics()}.intersection(await topics.partitions())

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask())).result()
