"""What a local stack keeps between commands: data, logs, pid files and secrets, in one folder per first port."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import SERVICES
from deploy.local.problems import StackProblem
from deploy.local.processes import Processes
from shared.settings import PORT_OFFSETS

CHECKOUT = Path(__file__).resolve().parents[2]
STACKS = CHECKOUT / ".dealwire"
HIGHEST_FIRST_PORT = 65_000


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of a stack, counted from its first."""

    first: int

    @property
    def mail_door(self) -> int:
        """Where leads take mail in; the mailbox is where all mail goes out to."""
        return self.first + 11

    @property
    def mailbox(self) -> int:
        return self.first + 25

    @property
    def kafka(self) -> int:
        return self.first + 90

    @property
    def mongo(self) -> int:
        return self.first + 91

    @property
    def controller(self) -> int:
        return self.first + 92

    def of(self, service: str) -> int:
        return self.first + PORT_OFFSETS[service]

    def url_of(self, service: str) -> str:
        return f"http://127.0.0.1:{self.of(service)}"


@dataclass(frozen=True, slots=True)
class State:
    """The folder of one stack; its secrets are readable by its owner alone."""

    folder: Path
    ports: Ports

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def processes(self) -> Processes:
        return Processes(self.folder / "run", self.folder / "logs")

    @property
    def begun(self) -> str:
        """The way that its servers came from when it was first started; empty when it never was."""
        return self._way.read_text() if self._way.exists() else ""

    def begin(self, way: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._way.write_text(way)

    @property
    def _way(self) -> Path:
        return self.folder / "way"

    def passwords(self) -> Mapping[str, str]:
        """One password per user of MongoDB: `admin`, and each service under its own name."""
        made = self.secret("mongo.json", lambda: json.dumps({name: secrets.token_urlsafe(24) for name in ("admin", *SERVICES)}))
        passwords: Mapping[str, str] = json.loads(made.read_text())
        return passwords

    def secret(self, name: str, make: Callable[[], str]) -> Path:
        """A file of the secrets folder, made the first time that it is asked for."""
        path = self.secrets / name
        if not path.exists():
            self.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = path.with_name(f".{name}.{os.getpid()}")
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(make())
            partial.replace(path)
        return path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One command at a time starts or stops a stack."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StackProblem(
                    "Another command is starting or stopping this stack.", "Wait until it is done, then try again."
                ) from None
            yield

    def erase(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def first_port() -> int:
    """DEALWIRE_PORT moves a whole stack."""
    named = os.environ.get("DEALWIRE_PORT", "8100")
    if not named.isdigit() or not 1024 <= int(named) <= HIGHEST_FIRST_PORT:
        raise StackProblem(f"DEALWIRE_PORT is '{named}':", f"it has to be a number from 1024 to {HIGHEST_FIRST_PORT}.")
    return int(named)


def this_stack() -> State:
    return _stack_at(first_port())


def every_stack() -> list[State]:
    """All stacks that this checkout ever started and did not erase."""
    return [_stack_at(int(folder.name)) for folder in sorted(STACKS.glob("*")) if folder.name.isdigit()]


def _stack_at(port: int) -> State:
    return State(STACKS / str(port), Ports(port))
