"""The servers of a stack through the command line: started, killed, started again, stopped, removed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.local.processes import free_ports, is_open
from deploy.local.state import STACKS, Ports, State

Dealwire = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def ports() -> Ports:
    candidates = (Ports(port // 100 * 100) for port in free_ports(50))
    return next(
        ports for ports in candidates if not any(is_open(port) for port in (ports.first, ports.kafka, ports.mongo, ports.controller))
    )


@pytest.fixture(scope="module")
def dealwire(ports: Ports) -> Iterator[Dealwire]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEALWIRE_")}
    environment |= {"DEALWIRE_PORT": str(ports.first), "DEALWIRE_SERVERS": "embedded"}

    def say(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments], env=environment, capture_output=True, text=True, timeout=100, check=False
        )

    yield say
    say("clean")


def state_of(ports: Ports) -> State:
    return State(STACKS / str(ports.first), ports)


def kill_servers(state: State) -> None:
    for name in ("mongod", "kafka"):
        process = state.processes.find(name)
        assert process
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)


def client_of(state: State, service: str) -> "MongoClient[dict]":
    password = state.passwords()[service]
    return MongoClient(f"mongodb://{service}:{password}@127.0.0.1:{state.ports.mongo}/?replicaSet=rs0&authSource={service}")


def test_the_servers_of_a_stack_keep_their_data_through_kill_and_restart_and_guard_it(ports: Ports, dealwire: Dealwire) -> None:
    state = state_of(ports)
    started = dealwire("up", "--only", "servers", "--json")
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout)["addresses"]["Kafka"] == f"127.0.0.1:{ports.kafka}"
    assert json.loads(dealwire("topics", "--dry-run", "--json").stdout)["differences"] == []

    with client_of(state, "leads") as leads:
        leads.leads.leads.insert_one({"_id": "kept"})
        with pytest.raises(OperationFailure, match="not authorized"):
            leads.accounts.accounts.find_one()
    with MongoClient(f"mongodb://127.0.0.1:{ports.mongo}/?directConnection=true") as nobody, pytest.raises(OperationFailure):
        nobody.leads.leads.find_one()

    kill_servers(state)
    assert dealwire("status").returncode == 3
    again = dealwire("up", "--only", "servers")
    assert again.returncode == 0, again.stderr
    with client_of(state, "leads") as leads:
        assert leads.leads.leads.find_one() == {"_id": "kept"}
    assert json.loads(dealwire("topics", "--dry-run", "--json").stdout)["differences"] == []

    assert dealwire("up", "--only", "servers").returncode == 0
    assert dealwire("down").returncode == 0
    assert not is_open(ports.kafka)
    assert not is_open(ports.mongo)
    assert dealwire("clean").returncode == 0
    assert not state.folder.exists()


def test_a_port_that_another_program_holds_is_said_to_be_taken(ports: Ports, dealwire: Dealwire) -> None:
    holder = subprocess.Popen([sys.executable, "-m", "http.server", str(ports.mongo), "--bind", "127.0.0.1"], stderr=subprocess.DEVNULL)
    try:
        while not is_open(ports.mongo):
            assert holder.poll() is None
        refused = dealwire("up", "--only", "servers")
    finally:
        holder.kill()
        holder.wait()
    assert refused.returncode == 1
    assert f"listens on port {ports.mongo}" in refused.stderr
