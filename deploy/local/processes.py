"""Processes that outlive the command that started them, each known by a pid file and a log."""

import json
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil

from deploy.local.problems import StackProblem

LOG_LIMIT = 20_000_000
SAME_START_SECONDS = 60
SERVER_PORTS = range(10_000, 32_000)


@dataclass(frozen=True, slots=True)
class Processes:
    """The pid files of one stack in `run`, and what its processes print in `logs`."""

    run: Path
    logs: Path

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
        """Start a command in a session of its own, so that the end of the caller's terminal does not end it."""
        self.run.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self._log_to_append(name)
        speech = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            *((os.POSIX_SPAWN_CLOSE, number) for number in _inherited()),
        ]
        pid = os.posix_spawnp(
            command[0], list(command), os.environ if environment is None else environment, file_actions=speech, setsid=True
        )
        self.remember(name, pid, command)
        return pid

    def remember(self, name: str, pid: int, command: Sequence[str]) -> None:
        """Note a process by this name; its start time and command line tell it from a later one with the same pid."""
        self.run.mkdir(parents=True, exist_ok=True)
        noted = {"pid": pid, "started": psutil.Process(pid).create_time(), "command": list(command)}
        # Whoever looks at this moment must not take half a note for a process that has ended.
        partial = self.run / f".{name}.{os.getpid()}"
        partial.write_text(json.dumps(noted))
        partial.replace(self._pid_file(name))

    def find(self, name: str) -> psutil.Process | None:
        """The running process of this name; None if it ended, or if its pid now belongs to something else."""
        try:
            noted = json.loads(self._pid_file(name).read_text())
            process = psutil.Process(noted["pid"])
            return process if _is_the_same(process, noted) else None
        except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.run.glob("*.pid"))

    def stop(self, name: str, *, patience: float = 25.0) -> bool:
        """Ask it to end, and kill it when it has not after `patience` seconds. True if there was something to stop."""
        process = self.find(name)
        if process:
            _signal(process, signal.SIGTERM)
            if not _ended(process, patience):
                self.kill(name)
        self._pid_file(name).unlink(missing_ok=True)
        return process is not None

    def kill(self, name: str) -> None:
        """kill -9, as a power cut would."""
        process = self.find(name)
        if process:
            _signal(process, signal.SIGKILL)
            _ended(process, 10.0)

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def last_words(self, name: str, lines: int = 8) -> str:
        try:
            return "\n".join(self.log_of(name).read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def wait_until(self, name: str, ready: Callable[[], bool], *, seconds: float) -> None:
        """Return as soon as `ready` says so; a process that ends first, or is late, is a problem told with its last words."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.find(name) is None:
                raise StackProblem(f"{name} ended while starting:\n{self.last_words(name)}", f"The whole log is {self.log_of(name)}.")
            if time.monotonic() > deadline:
                raise StackProblem(f"{name} was not ready after {seconds:.0f} s.", f"Its log is {self.log_of(name)}.")
            time.sleep(0.05)

    def _log_to_append(self, name: str) -> Path:
        log = self.log_of(name)
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        return log

    def _pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"


def is_open(port: int, host: str = "127.0.0.1") -> bool:
    """Does something listen here?"""
    with socket.socket() as knock:
        knock.settimeout(0.5)
        return knock.connect_ex((host, port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on at this moment, below those that the system gives to clients.

    Otherwise a client could sit on the port of a server that is just being started again.
    """
    return list(islice((port for port in random.sample(SERVER_PORTS, len(SERVER_PORTS)) if _is_free(port)), count))


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _is_the_same(process: psutil.Process, noted: Mapping[str, object]) -> bool:
    if not _is_alive(process):
        return False
    same_start = abs(process.create_time() - float(str(noted["started"]))) < SAME_START_SECONDS
    # For an instant after its start a process has no command line yet.
    return same_start and process.cmdline() in ([], noted["command"])


def _inherited() -> list[int]:
    """What the caller was itself given open, such as a lock or a pipe, which would stay held for as long as the stack runs."""
    return [number for number in map(int, os.listdir("/dev/fd")) if number > 2 and _is_inheritable(number)]


def _is_inheritable(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _ended(process: psutil.Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    with suppress(psutil.TimeoutExpired):
        process.wait(0)
    return True


def _is_alive(process: psutil.Process) -> bool:
    """An ended process that its parent has not taken note of is still listed, as a zombie."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
