"""The stack's servers as containers, by compose: one project per stack, so that two don't meet."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pymongo.errors import PyMongoError

from deploy.local.problems import StackProblem
from deploy.local.processes import is_open
from deploy.local.replica_set import ADMIN, Client, direct_client, initiate, takes_writes
from deploy.local.state import State

COMPOSE_FILE = Path(__file__).resolve().parents[1] / "compose.yaml"
PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Compose:
    """`up`, `stop` (data stays in the volumes) and `erase` of one stack's containers."""

    state: State

    def up(self) -> None:
        self._compose("up", "--detach")
        ports = self.state.ports
        _wait("Kafka", lambda: is_open(ports.kafka))
        with direct_client(ports.mongo, ADMIN, self.state.passwords()["admin"]) as client:
            _wait("MongoDB", lambda: _answers(client))
            initiate(client, ports.mongo)
            _wait("MongoDB", lambda: takes_writes(client))

    def stop(self) -> None:
        self._compose("stop")

    def erase(self) -> None:
        self._compose("down", "--volumes")

    def _compose(self, *arguments: str) -> None:
        command = [*_compose_command(), "--project-name", f"dealwire-{self.state.ports.first}", "--file", str(COMPOSE_FILE), *arguments]
        ended = subprocess.run(command, env=os.environ | self._environment(), capture_output=True, text=True, check=False)
        if ended.returncode:
            raise StackProblem(
                f"docker compose {arguments[0]} failed: {ended.stderr.strip()}", "Or use the embedded servers: DEALWIRE_SERVERS=embedded"
            )

    def _environment(self) -> dict[str, str]:
        ports = self.state.ports
        return {
            "DEALWIRE_KAFKA_PORT": str(ports.kafka),
            "DEALWIRE_MONGO_PORT": str(ports.mongo),
            "DEALWIRE_MONGO_PASSWORD": self.state.passwords()["admin"],
            "DEALWIRE_REPLICA_SET_KEY": self.state.secret("replica-set.key", lambda: secrets.token_hex(64)).read_text(),
        }


def _compose_command() -> list[str]:
    """`docker compose` where the client has the plug-in, else the older program of its own."""
    docker = shutil.which("docker") or "docker"
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    if older := shutil.which("docker-compose"):
        return [older]
    raise StackProblem("This Docker has no compose.", "Install its compose plug-in, or use the embedded servers: DEALWIRE_SERVERS=embedded")


def _answers(client: Client) -> bool:
    try:
        return bool(client.admin.command("ping"))
    except PyMongoError:
        return False


def _wait(what: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > deadline:
            raise StackProblem(f"{what} was not ready after {PATIENCE:.0f} s.", "docker logs tells why.")
        time.sleep(0.1)
