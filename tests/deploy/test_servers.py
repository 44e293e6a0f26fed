"""A stack stays on the servers that it was begun with."""

import pytest

from deploy.local.choice import Way
from deploy.local.problems import StackProblem
from deploy.local.servers import servers_of, servers_to_start
from deploy.local.state import State


@pytest.fixture(autouse=True)
def _asked_for_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEALWIRE_KAFKA", "DEALWIRE_MONGO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEALWIRE_SERVERS", "embedded")


def test_what_is_stopped_later_is_what_was_started(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    assert servers_to_start(state).way is Way.EMBEDDED
    monkeypatch.setenv("DEALWIRE_SERVERS", "docker")
    assert servers_of(state).way is Way.EMBEDDED


def test_a_stack_with_data_is_not_started_on_other_servers(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    servers_to_start(state)
    monkeypatch.setenv("DEALWIRE_SERVERS", "external")
    with pytest.raises(StackProblem, match=f"on embedded servers, and now external.*DEALWIRE_PORT={state.ports.first + 200}.*make clean"):
        servers_to_start(state)


def test_a_docker_that_is_not_there_is_not_what_a_stack_is_begun_with(
    state: State, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("DEALWIRE_SERVERS", "docker")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackProblem, match="no docker on the PATH.*DEALWIRE_SERVERS=embedded make up"):
        servers_to_start(state)
    assert not state.begun


def test_an_erased_stack_may_begin_anew_on_other_servers(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    servers_to_start(state)
    state.erase()
    monkeypatch.setenv("DEALWIRE_SERVERS", "external")
    assert servers_to_start(state).way is Way.EXTERNAL
