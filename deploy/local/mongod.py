"""A real mongod on 127.0.0.1, from the wheel that carries it."""

import secrets
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deploy.local.problems import StackProblem
from deploy.local.processes import Processes
from deploy.local.replica_set import ADMIN, REPLICA_SET, address, answers, direct_client, initiate, make_admin, takes_writes

NAME = "mongod"


def mongod_binary() -> Path | None:
    """The mongod of the installed wheel; None where there is no wheel for this machine."""
    package = find_spec("fiftyone")
    places = [Path(place) / "db" / "bin" / "mongod" for place in (package.submodule_search_locations or [])] if package else []
    return next((place for place in places if place.exists()), None)


@dataclass(frozen=True, slots=True)
class Mongod:
    """A replica set of one: `begin`, `wait_until_ready`, `stop`. A `password` for the admin user turns access control on."""

    directory: Path
    port: int
    processes: Processes
    password: str = ""
    cache_gb: float = 1.0

    @property
    def uri(self) -> str:
        return address(self.port, ADMIN if self.password else "", self.password)

    def begin(self) -> None:
        if self.processes.find(NAME) is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.processes.start(NAME, self._command())

    def wait_until_ready(self, seconds: float = 30.0) -> None:
        """Ready is: a primary that takes writes, and an admin user to sign in with."""
        with direct_client(self.port) as client:
            self.processes.wait_until(NAME, self._answers, seconds=seconds)
            initiate(client, self.port)
            self.processes.wait_until(NAME, lambda: takes_writes(client), seconds=seconds)
            if self.password:
                make_admin(client, self.password)

    def stop(self) -> None:
        self.processes.stop(NAME)

    def kill(self) -> None:
        self.processes.kill(NAME)

    def _command(self) -> list[str]:
        binary = mongod_binary()
        if binary is None:
            raise StackProblem("There is no embedded MongoDB for this machine.", "Start Docker, or set DEALWIRE_MONGO.")
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
        return [
            *(str(binary), "--dbpath", str(self.directory), "--port", str(self.port), "--bind_ip", "127.0.0.1", "--nounixsocket"),
            *("--replSet", REPLICA_SET, "--oplogSize", "512", "--wiredTigerCacheSizeGB", str(self.cache_gb), "--quiet", "--slowms", "2000"),
            *("--setParameter", "transactionLifetimeLimitSeconds=10", "--setParameter", "diagnosticDataCollectionEnabled=false"),
            *(("--auth", "--keyFile", str(self._key_file())) if self.password else ()),
        ]

    def _key_file(self) -> Path:
        path = self.directory / "replica-set.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(64))
        return path

    def _answers(self) -> bool:
        with direct_client(self.port) as client:
            return answers(client)
