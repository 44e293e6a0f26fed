"""Where the servers come from, and what a machine that offers none is told."""

from pathlib import Path

import pytest

from deploy import SERVICES
from deploy.local.choice import Way, chosen_way, external_kafka, external_mongo
from deploy.local.problems import StackProblem


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DEALWIRE_SERVERS", "DEALWIRE_KAFKA", "DEALWIRE_MONGO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def docker_on_the_path(folder: Path, *, exit_code: int) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    program.chmod(0o755)


def test_named_servers_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    docker_on_the_path(tmp_path, exit_code=0)
    monkeypatch.setenv("DEALWIRE_KAFKA", "kafka:9092")
    monkeypatch.setenv("DEALWIRE_MONGO", "mongodb://mongo")
    assert chosen_way() is Way.EXTERNAL
    assert (external_mongo("leads"), external_kafka()) == ("mongodb://mongo", "kafka:9092")


def test_servers_may_be_named_for_each_service_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_KAFKA", "kafka:9092")
    for service in SERVICES:
        monkeypatch.setenv(f"DEALWIRE_{service.upper()}_MONGO", f"mongodb://{service}@mongo")
    assert chosen_way() is Way.EXTERNAL
    assert external_mongo("accounts") == "mongodb://accounts@mongo"


def test_docker_is_used_where_an_engine_answers(tmp_path: Path) -> None:
    docker_on_the_path(tmp_path, exit_code=0)
    assert chosen_way() is Way.DOCKER


def test_a_docker_client_without_an_engine_is_passed_over(tmp_path: Path) -> None:
    docker_on_the_path(tmp_path, exit_code=1)
    assert chosen_way() is Way.EMBEDDED


def test_the_choice_can_be_forced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    docker_on_the_path(tmp_path, exit_code=0)
    monkeypatch.setenv("DEALWIRE_SERVERS", "embedded")
    assert chosen_way() is Way.EMBEDDED


def test_a_choice_that_does_not_exist_names_those_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_SERVERS", "cloud")
    with pytest.raises(StackProblem, match="external, docker, embedded"):
        chosen_way()


def test_external_servers_without_addresses_say_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALWIRE_SERVERS", "external")
    with pytest.raises(StackProblem, match="DEALWIRE_KAFKA"):
        external_kafka()
    with pytest.raises(StackProblem, match="DEALWIRE_MONGO.*DEALWIRE_LEADS_MONGO"):
        external_mongo("leads")


def test_a_machine_that_offers_nothing_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.choice.mongod_binary", lambda: None)
    with pytest.raises(StackProblem, match="install and start Docker"):
        chosen_way()
