"""Pid files that can be believed, and processes that end when they are told to."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.problems import StackProblem
from deploy.local.processes import Processes, free_ports, is_open

SLEEP = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)",
]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path / "run", tmp_path / "logs")
    yield processes
    for name in processes.names():
        processes.kill(name)


def start_and_hear(processes: Processes, name: str, command: list[str]) -> int:
    pid = processes.start(name, command)
    processes.wait_until(name, lambda: "here" in processes.last_words(name), seconds=10)
    return pid


def test_a_started_process_is_found_until_it_is_stopped(processes: Processes) -> None:
    pid = start_and_hear(processes, "sleeper", SLEEP)
    found = processes.find("sleeper")
    assert found
    assert found.pid == pid
    assert processes.stop("sleeper")
    assert processes.find("sleeper") is None
    assert not psutil.pid_exists(pid)


def test_what_the_caller_holds_open_is_not_held_open_for_as_long_as_the_process_runs(processes: Processes) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    start_and_hear(processes, "sleeper", SLEEP)
    os.close(writing)
    os.set_blocking(reading, False)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_stopping_what_does_not_run_is_harmless(processes: Processes) -> None:
    assert not processes.stop("nobody")


def test_a_process_that_ignores_the_signal_is_killed_after_its_time(processes: Processes) -> None:
    pid = start_and_hear(processes, "stubborn", STUBBORN)
    assert processes.stop("stubborn", patience=0.3)
    assert not psutil.pid_exists(pid)


def test_a_pid_that_now_belongs_to_another_program_is_neither_found_nor_stopped(processes: Processes) -> None:
    processes.remember("ghost", os.getpid(), ["another", "program"])
    assert processes.find("ghost") is None
    assert not processes.stop("ghost")


def test_a_pid_file_from_before_a_reboot_is_not_believed(processes: Processes) -> None:
    start_and_hear(processes, "sleeper", SLEEP)
    file = processes.run / "sleeper.pid"
    noted = json.loads(file.read_text())
    file.write_text(json.dumps(noted | {"started": noted["started"] - 3600}))
    assert processes.find("sleeper") is None
    os.kill(noted["pid"], signal.SIGKILL)


def test_a_torn_pid_file_counts_as_none(processes: Processes) -> None:
    processes.run.mkdir()
    (processes.run / "torn.pid").write_text('{"pid": 1')
    assert processes.find("torn") is None


def test_a_process_that_ends_while_starting_is_told_with_its_last_words(processes: Processes) -> None:
    processes.start("failing", [sys.executable, "-c", "raise SystemExit('no such port')"])
    with pytest.raises(StackProblem, match="no such port"):
        processes.wait_until("failing", lambda: False, seconds=10)


def test_free_ports_are_free_and_differ() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert not any(is_open(port) for port in ports)
