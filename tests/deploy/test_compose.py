"""The servers of a stack in real containers, and a Docker that can't start them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.choice import docker_answers
from deploy.local.compose import Compose, require_docker
from deploy.local.kafka import speaks_kafka
from deploy.local.problems import StackProblem
from deploy.local.processes import free_ports
from deploy.local.replica_set import direct_client
from deploy.local.state import Ports, State

needs_an_engine = pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers on this machine")


@pytest.fixture
def containers(tmp_path: Path) -> Iterator[Compose]:
    # The ports of a stack lie up to 92 above its first.
    first = next(port for port in free_ports(50) if port % 100 < 8)
    containers = Compose(State(tmp_path / "stack", Ports(first)))
    yield containers
    containers.erase()


def left_behind(containers: Compose) -> str:
    said = [["ps", "--all"], ["volume", "ls"], ["network", "ls"]]
    listed = [subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout for words in said]
    return "".join(line for line in "".join(listed).splitlines() if f"dealwire-{containers.state.ports.first}" in line)


def nameless_volumes() -> set[str]:
    return set(subprocess.run(["docker", "volume", "ls", "-q", "-f", "dangling=true"], capture_output=True, text=True).stdout.split())


@needs_an_engine
@pytest.mark.timeout(240)
def test_containers_keep_their_data_through_a_stop_and_leave_nothing_when_erased(containers: Compose) -> None:
    before, ports = nameless_volumes(), containers.state.ports
    containers.up()
    assert containers.runs()
    with direct_client(ports.mongo, "admin", containers.state.passwords()["admin"]) as client:
        client.leads.leads.insert_one({"_id": "kept"})
    containers.stop()
    assert not containers.runs()
    containers.up()
    assert speaks_kafka(ports.kafka)
    with direct_client(ports.mongo, "admin", containers.state.passwords()["admin"]) as client:
        assert client.leads.leads.find_one() == {"_id": "kept"}
    containers.erase()
    assert left_behind(containers) == ""
    assert nameless_volumes() <= before


@pytest.mark.parametrize(("engine", "said"), [(None, "no docker on the PATH"), (1, "engine does not answer. Start it")])
def test_a_docker_that_is_not_there_is_said_with_what_to_do(
    engine: int | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if engine is not None:
        (tmp_path / "docker").write_text(f"#!/bin/sh\nexit {engine}\n")
        (tmp_path / "docker").chmod(0o755)
    with pytest.raises(StackProblem, match=f"{said}.*DEALWIRE_SERVERS=embedded make up"):
        require_docker()


def test_each_stack_has_volumes_of_its_own_even_in_a_folder_made_anew(tmp_path: Path) -> None:
    state = State(tmp_path / "stack", Ports(free_ports(1)[0]))
    first = Compose(state).project
    assert Compose(state).project == first
    state.erase()
    assert Compose(state).project != first
