"""Service processes for live tests: started, killed, started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.processes import free_ports
from tests.servers import Servers
from tests.tokens import ISSUER, JWKS_PATH


@dataclass
class Running:
    """One process of one service; its output goes to `log`."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self, *, within: float = 20) -> int:
        """SIGTERM, and the exit code; raises TimeoutExpired when it does not end in time."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    @property
    def died_by(self) -> int | None:
        """The number of the signal that ended it, if one did."""
        code = self.process.poll()
        return -code if code is not None and code < 0 else None


@dataclass
class Fleet:
    """Starts processes of services against one pair of servers and leaves none behind."""

    servers: Servers
    directory: Path
    running: list[Running] = field(default_factory=list)

    def start_service(self, name: str, *roles: str, **environment: str) -> Running:
        """`dealwire run`, as anyone would start it; no role means all."""
        chosen = [part for role in roles for part in ("--role", role)]
        return self._launch(f"{name}-{'-'.join(roles)}", lambda port: ["cli.main", "run", name, "--port", port, *chosen], environment)

    def start(self, module: str, *arguments: str, **environment: str) -> Running:
        """`module` is run with a free port and `arguments` (its roles)."""
        return self._launch(module.rpartition(".")[2], lambda port: [module, port, *arguments], environment)

    def _launch(self, name: str, command: Callable[[str], list[str]], environment: dict[str, str]) -> Running:
        port = self._new_port()
        log = self.directory / f"{name}-{len(self.running)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *command(str(port))], env=self._environment() | environment, stdout=output, stderr=output
            )
        self.running.append(Running(process, port, log))
        return self.running[-1]

    def _new_port(self) -> int:
        """One that none of ours has, though it may not be listening yet."""
        taken = {one.port for one in self.running}
        return next(port for port in free_ports(len(taken) + 1) if port not in taken)

    def _environment(self) -> dict[str, str]:
        ours = {"DEALWIRE_MONGO": self.servers.mongo_uri, "DEALWIRE_KAFKA": self.servers.kafka, "DEALWIRE_JWKS": str(JWKS_PATH)}
        return {name: value for name, value in os.environ.items() if not name.startswith("DEALWIRE_")} | ours | {"DEALWIRE_ISSUER": ISSUER}

    def kill_all(self) -> None:
        for one in self.running:
            one.kill()


@contextmanager
def fleet(servers: Servers, directory: Path) -> Iterator[Fleet]:
    ours = Fleet(servers, directory)
    try:
        yield ours
    finally:
        ours.kill_all()
