"""The servers of a test as containers, for a machine with a Docker engine."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.core.container import DockerContainer

from deploy.local.kafka import SETTINGS
from deploy.local.processes import is_open
from deploy.local.replica_set import REPLICA_SET, address, direct_client, initiate, takes_writes

MONGO_IMAGE = os.environ.get("DEALWIRE_MONGO_IMAGE", "mongo:7")
KAFKA_IMAGE = os.environ.get("DEALWIRE_KAFKA_IMAGE", "apache/kafka:4.1.0")
PATIENCE = 60.0


@contextmanager
def mongo_container(port: int) -> Iterator[str]:
    command = f"mongod --replSet {REPLICA_SET} --bind_ip_all --port {port} --setParameter transactionLifetimeLimitSeconds=10"
    container = DockerContainer(MONGO_IMAGE).with_command(command).with_bind_ports(port, ("127.0.0.1", port))
    with container, direct_client(port) as client:
        _wait_for(port)
        initiate(client, port)
        deadline = time.monotonic() + PATIENCE
        while not takes_writes(client) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield address(port)


@contextmanager
def kafka_container(port: int) -> Iterator[str]:
    container = DockerContainer(KAFKA_IMAGE).with_bind_ports(port, ("127.0.0.1", port))
    for name, value in kafka_environment(port).items():
        container = container.with_env(name, value)
    with container:
        _wait_for(port)
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


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_open(port):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing listens on {port} after {PATIENCE:.0f} s")
        time.sleep(0.05)
