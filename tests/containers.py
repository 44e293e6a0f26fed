"""The servers of a test as containers, for a machine with a Docker engine."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from testcontainers.core.container import DockerContainer

from deploy.local.kafka import SETTINGS, speaks_kafka
from deploy.local.replica_set import REPLICA_SET, address, answers, direct_client, initiate, takes_writes

MONGO_IMAGE = os.environ.get("DEALWIRE_MONGO_IMAGE", "mongo:7")
KAFKA_IMAGE = os.environ.get("DEALWIRE_KAFKA_IMAGE", "apache/kafka:4.1.0")
PATIENCE = 60.0


@contextmanager
def mongo_container(port: int) -> Iterator[str]:
    command = f"mongod --replSet {REPLICA_SET} --bind_ip_all --port {port} --setParameter transactionLifetimeLimitSeconds=10"
    container = _published(MONGO_IMAGE, port).with_command(command)
    with container, direct_client(port) as client:
        _wait_until(lambda: answers(client))
        initiate(client, port)
        _wait_until(lambda: takes_writes(client))
        yield address(port)


@contextmanager
def kafka_container(port: int) -> Iterator[str]:
    container = _published(KAFKA_IMAGE, port)
    for name, value in kafka_environment(port).items():
        container = container.with_env(name, value)
    with container:
        _wait_until(lambda: speaks_kafka(port))
        yield f"127.0.0.1:{port}"


def kafka_environment(port: int) -> dict[str, str]:
    """server.properties as the image takes them: KAFKA_ and the name in capitals, dots as underscores."""
    lines = [line.partition("=") for line in SETTINGS.splitlines()]
    settings = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, _, value in lines}
    return settings | {
        "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@127.0.0.1:9093",
        "KAFKA_HEAP_OPTS": "-Xmx512m",
    }


def _published(image: str, port: int) -> DockerContainer:
    """On this machine alone; `with_bind_ports` knows no address."""
    container = DockerContainer(image)
    container.ports[port] = ("127.0.0.1", port)
    return container


def _wait_until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"a container was not ready after {PATIENCE:.0f} s")
        time.sleep(0.05)
