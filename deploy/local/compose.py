"""The stack's servers as containers, by compose: one project per stack, so that two don't meet."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pymongo.errors import OperationFailure

from deploy.local.choice import docker_answers
from deploy.local.kafka import speaks_kafka
from deploy.local.problems import StackProblem
from deploy.local.replica_set import ADMIN, Client, answers, direct_client, initiate, takes_writes
from deploy.local.state import State

COMPOSE_FILE = Path(__file__).resolve().parents[1] / "compose.yaml"
PATIENCE = 180.0
LINE = 240
INSTEAD = "The embedded servers need no Docker: DEALWIRE_SERVERS=embedded make up"


@dataclass(frozen=True, slots=True)
class Compose:
    """`up`, `stop` (data stays in the volumes) and `erase` of one stack's containers."""

    state: State

    def up(self) -> None:
        self._compose("up", "--detach")
        ports = self.state.ports
        self._wait("kafka", lambda: speaks_kafka(ports.kafka))
        with direct_client(ports.mongo, ADMIN, self.state.passwords()["admin"]) as client:
            self._wait("mongo", lambda: _knows_us(client))
            initiate(client, ports.mongo)
            self._wait("mongo", lambda: takes_writes(client))

    def stop(self) -> None:
        self._compose("stop")

    def erase(self) -> None:
        self._compose("down", "--volumes")

    def runs(self) -> bool:
        """Are there containers of this stack that are up? Then it is they who hold its ports."""
        return bool(self._running())

    @property
    def project(self) -> str:
        """Made anew with the folder, so that volumes of a stack whose passwords are lost are not taken for this one's."""
        return self.state.secret("project", lambda: f"dealwire-{self.state.ports.first}-{secrets.token_hex(3)}").read_text()

    def _running(self, *filters: str) -> str:
        require_docker()
        labels = (f"project={self.project}", *filters)
        return _run([_docker(), "ps", "--quiet", *(part for label in labels for part in ("--filter", f"label=com.docker.compose.{label}"))])

    def _wait(self, server: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            ended = not self._running(f"service={server}")
            if ended or time.monotonic() > deadline:
                what = "ended while starting" if ended else f"was not ready after {PATIENCE:.0f} s"
                raise StackProblem(f"The container of {server} {what}:\n{self._last_words(server)}\n", "Mend that and try again.")
            time.sleep(0.1)

    def _last_words(self, server: str) -> str:
        return "\n".join(line[:LINE] for line in self._compose("logs", "--no-color", "--tail=8", server).strip().splitlines())

    def _compose(self, *arguments: str) -> str:
        require_docker()
        return _run([*_compose_command(), "--project-name", self.project, "--file", str(COMPOSE_FILE), *arguments], self._environment())

    def _environment(self) -> dict[str, str]:
        ports = self.state.ports
        return {
            "DEALWIRE_KAFKA_PORT": str(ports.kafka),
            "DEALWIRE_MONGO_PORT": str(ports.mongo),
            "DEALWIRE_MONGO_PASSWORD": self.state.passwords()["admin"],
            "DEALWIRE_REPLICA_SET_KEY": self.state.secret("replica-set.key", lambda: secrets.token_hex(64)).read_text(),
        }


def require_docker() -> None:
    """Says which of the two is missing, the client or the engine."""
    if shutil.which("docker") is None:
        raise StackProblem("There is no docker on the PATH.", f"Install Docker. {INSTEAD}")
    if not docker_answers():
        raise StackProblem("The Docker engine does not answer.", f"Start it; docker info tells more. {INSTEAD}")


def _docker() -> str:
    return shutil.which("docker") or "docker"


def _compose_command() -> list[str]:
    """`docker compose` where the client has the plug-in, else the older program of its own."""
    if subprocess.run([_docker(), "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [_docker(), "compose"]
    if older := shutil.which("docker-compose"):
        return [older]
    raise StackProblem("This Docker has no compose.", f"Install its compose plug-in. {INSTEAD}")


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    ended = subprocess.run(command, env=os.environ | dict(environment or {}), capture_output=True, text=True, check=False)
    if ended.returncode:
        raise StackProblem(f"{Path(command[0]).name} {command[-1]} failed:\n{ended.stderr.strip()}\n", "Mend that and try again.")
    return ended.stdout


def _knows_us(client: Client) -> bool:
    """The image makes the admin user when it first starts, and never again if it is stopped in the middle of that."""
    try:
        return answers(client)
    except OperationFailure:
        raise StackProblem(
            "MongoDB has no admin user: its very first start was cut short.", "Begin again: make clean, then make up."
        ) from None
