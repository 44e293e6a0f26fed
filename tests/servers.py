"""Real servers for tests, beside whatever stack is running: chosen as the stack chooses its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.choice import Way, chosen_way
from deploy.local.kafka import Kafka
from deploy.local.mongod import Mongod
from deploy.local.processes import Processes, free_ports
from tests.borrowed import borrowed_servers

PREFIX = "dealwire-test-"
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are; `mongod` and `broker` can be killed and begun again where the servers are embedded."""

    mongo_uri: str
    kafka: str
    mongod: Mongod | None = None
    broker: Kafka | None = None


@contextmanager
def running_servers(directory: Path | None = None) -> Iterator[Servers]:
    """A replica set of one and a Kafka of one node, without access control, gone at the end; those that somebody lends stay."""
    way = chosen_way()
    if way is Way.EXTERNAL:
        yield Servers(*borrowed_servers())
    elif way is Way.DOCKER:
        with docker_servers() as servers:
            yield servers
    else:
        _end_what_a_killed_run_left_behind()
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=directory, ignore_cleanup_errors=True) as place:
            with embedded_servers(Path(place)) as servers:
                yield servers


@contextmanager
def embedded_servers(place: Path) -> Iterator[Servers]:
    processes = Processes(place / "run", place / "logs")
    processes.remember(OWNER, os.getpid(), psutil.Process().cmdline())
    mongo_port, kafka_port, controller_port = free_ports(3)
    mongod = Mongod(place / "mongo", mongo_port, processes)
    broker = Kafka(place / "kafka", kafka_port, controller_port, processes)
    try:
        mongod.begin()
        broker.begin()
        mongod.wait_until_ready()
        broker.wait_until_ready()
        yield Servers(mongod.uri, broker.bootstrap, mongod, broker)
    finally:
        mongod.kill()
        broker.kill()


@contextmanager
def docker_servers() -> Iterator[Servers]:
    """The same two as containers, on the same ports inside and outside, so that what they advertise is true."""
    from tests.containers import kafka_container, mongo_container

    mongo_port, kafka_port = free_ports(2)
    with mongo_container(mongo_port) as mongo_uri, kafka_container(kafka_port) as bootstrap:
        yield Servers(mongo_uri, bootstrap)


def _end_what_a_killed_run_left_behind() -> None:
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        processes = Processes(place / "run", place / "logs")
        if OWNER in processes.names() and processes.find(OWNER) is None:
            for name in processes.names():
                processes.kill(name)
            shutil.rmtree(place, ignore_errors=True)
