"""The five services and the mailbox as processes of this machine, each knowing its own secrets and nobody else's."""

import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from deploy import SERVICES
from deploy.local.problems import StackProblem
from deploy.local.servers import Servers, refuse_taken_ports
from deploy.local.sign_in import console_users_file
from deploy.local.state import CHECKOUT, State
from deploy.local.steps import Step, Tell
from deploy.local.tokens import AUDIENCE, ISSUER, jwks_file, new_secret_key, signing_key_file

MAILBOX = "mailbox"
READY_SECONDS = 90.0
# What any process needs of the world around it; everything else of the caller's environment stays with the caller.
WORLD = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Services:
    """What runs beside the servers of one stack."""

    state: State
    servers: Servers

    def starting(self) -> list[Step]:
        return [Step("Start the services", self._start)]

    def stop(self) -> None:
        """All at once: each drains for itself."""
        names = [name for name in self.state.processes.names() if name in (*SERVICES, MAILBOX)]
        with ThreadPoolExecutor(max(len(names), 1)) as pool:
            list(pool.map(self.state.processes.stop, names))

    def environment_of(self, service: str) -> dict[str, str]:
        """The whole environment of one service's process."""
        ports, own = self.state.ports, f"DEALWIRE_{service.upper()}_"
        told = {
            "DEALWIRE_PORT": str(ports.first),
            "DEALWIRE_KAFKA": self.servers.kafka,
            f"{own}MONGO": self.servers.mongo_of(service),
            "DEALWIRE_JWKS": str(jwks_file(self.state)),
            "DEALWIRE_ISSUER": ISSUER,
            "DEALWIRE_AUDIENCE": AUDIENCE,
        }
        return _inherited(service) | told | self._only_for(service)

    def mailbox_folder(self) -> str:
        return str(self.state.data / "mailbox")

    def _only_for(self, service: str) -> dict[str, str]:
        if service == "leads":
            return {
                "DEALWIRE_LEADS_SECRET_KEY": self.state.secret("leads-secret.key", new_secret_key).read_text(),
                "DEALWIRE_LEADS_PUBLIC_URL": self.state.ports.url_of(service),
                "DEALWIRE_LEADS_MAIL_PORT": str(self.state.ports.mail_door),
            }
        if service == "notifications":
            return {"DEALWIRE_SMTP": f"127.0.0.1:{self.state.ports.mailbox}"}
        if service == "console":
            return {
                "DEALWIRE_CONSOLE_USERS": str(console_users_file(self.state)),
                "DEALWIRE_SIGNING_KEY": str(signing_key_file(self.state)),
                "DEALWIRE_MAILBOX": self.mailbox_folder(),
            }
        return {}

    def _start(self, tell: Tell) -> None:
        ports = self.state.ports
        refuse_taken_ports(self.state, {"leads": ports.mail_door})
        refuse_taken_ports(self.state, {MAILBOX: ports.mailbox} | {service: ports.of(service) for service in SERVICES})
        self._start_one(MAILBOX, [*_python("deploy.local.mailbox"), str(ports.mailbox), self.mailbox_folder()], _inherited(MAILBOX))
        for service in SERVICES:
            command = [*_python("cli.main"), "run", service, "--port", str(ports.of(service))]
            self._start_one(service, command, self.environment_of(service))
        self._wait_until_ready(tell)

    def _start_one(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        if self.state.processes.find(name) is None:
            self.state.processes.start(name, command, environment)

    def _wait_until_ready(self, tell: Tell) -> None:
        deadline = time.monotonic() + READY_SECONDS
        waiting = set(SERVICES)
        while waiting:
            waiting -= {service for service in waiting if is_ready(self.state.ports.of(service))}
            tell(len(SERVICES) - len(waiting), len(SERVICES))
            self._give_up_on_the_dead(waiting, late=time.monotonic() > deadline)
            time.sleep(0.1)

    def _give_up_on_the_dead(self, waiting: set[str], *, late: bool) -> None:
        for service in sorted(waiting):
            ended = self.state.processes.find(service) is None
            if ended or late:
                last_words = self.state.processes.last_words(service)
                what = "ended while starting" if ended else f"was not ready after {READY_SECONDS:.0f} s"
                raise StackProblem(f"{service} {what}:\n{last_words}\n", f"Its log: {self.state.processes.log_of(service)}")


def is_ready(port: int) -> bool:
    """Asked dozens of times while the services need the processor to start, so by what costs next to nothing."""
    asking = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        asking.request("GET", "/health/ready")
        return asking.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        asking.close()


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _inherited(service: str) -> dict[str, str]:
    """The world, and the settings that the caller made for all services or for this one."""
    foreign = tuple(f"DEALWIRE_{other.upper()}_" for other in SERVICES if other != service)
    ours = {name for name in os.environ if name.startswith(("DEALWIRE_", "OTEL_")) and not name.startswith(foreign)}
    return {name: os.environ[name] for name in sorted(ours | set(WORLD)) if name in os.environ} | {"PYTHONPATH": str(CHECKOUT)}
