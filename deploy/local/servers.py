"""MongoDB and Kafka for a stack: somebody's own, in containers, or embedded; the rest of the stack sees no difference."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from deploy import SERVICES
from deploy.local.choice import Way, asked_way, chosen_way, external_kafka, external_mongo
from deploy.local.compose import Compose, require_docker
from deploy.local.external import hosts_of, require_mongo
from deploy.local.jars import fetch_jars, jar_cache, missing_jars
from deploy.local.kafka import Kafka
from deploy.local.mongod import Mongod
from deploy.local.problems import ServersAway, StackProblem
from deploy.local.processes import is_open
from deploy.local.replica_set import address, direct_client, make_users
from deploy.local.state import State
from deploy.local.steps import Step, Tell
from shared.kafka import connection
from shared.settings import Settings


class Servers(Protocol):
    """The two servers of one stack."""

    def __init__(self, state: State) -> None: ...

    @property
    def way(self) -> Way: ...

    @property
    def kafka(self) -> str:
        """The bootstrap servers."""

    @property
    def mongo(self) -> str:
        """Where MongoDB is, as it may be shown."""

    def mongo_of(self, service: str) -> str:
        """The address by which one service signs in to its own database."""

    def starting(self) -> list[Step]: ...

    def stop(self) -> None: ...

    def erase(self) -> None:
        """Stop, and forget all data."""


def servers_of(state: State) -> Servers:
    """By the way that the stack was begun with; a new one gets what is asked for, or what this machine offers first."""
    ways: dict[Way, type[Servers]] = {Way.EXTERNAL: ExternalServers, Way.DOCKER: DockerServers, Way.EMBEDDED: EmbeddedServers}
    return ways[Way(state.begun) if state.begun else chosen_way()](state)


def servers_to_start(state: State) -> Servers:
    """The same, remembered from now on: what is stopped later has to be what was started."""
    asked = asked_way()
    if asked and state.begun and asked != state.begun:
        raise StackProblem(
            f"This stack has its data on {state.begun} servers, and now {asked} ones are asked for.",
            f"DEALWIRE_PORT={state.ports.first + 200} make up begins another beside it; make clean forgets this one.",
        )
    servers = servers_of(state)
    if servers.way is Way.DOCKER:
        require_docker()
    state.begin(servers.way)
    return servers


def connection_to(servers: Servers) -> dict[str, Any]:
    """How to reach Kafka, as aiokafka takes it; who signs in there is what the environment says."""
    return connection(Settings(service="stack", kafka=servers.kafka, mongo="", jwks="", issuer=""))


@dataclass(frozen=True, slots=True)
class ExternalServers:
    """Servers that somebody else runs: they are used, never started, stopped or emptied."""

    state: State
    way = Way.EXTERNAL

    @property
    def kafka(self) -> str:
        return external_kafka()

    @property
    def mongo(self) -> str:
        return ",".join(sorted({hosts_of(external_mongo(service)) for service in SERVICES}))

    def mongo_of(self, service: str) -> str:
        return external_mongo(service)

    def starting(self) -> list[Step]:
        return [Step(f"Sign in to MongoDB at {self.mongo}", self._require_mongo)]

    def stop(self) -> None:
        return None

    def erase(self) -> None:
        return None

    def _require_mongo(self, tell: Tell) -> None:
        for done, service in enumerate(SERVICES, 1):
            require_mongo(service, self.mongo_of(service))
            tell(done, len(SERVICES))


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """Both as processes of this machine, from package registries, with their data in the stack's folder."""

    state: State
    way = Way.EMBEDDED

    @property
    def kafka(self) -> str:
        return self._broker.bootstrap

    @property
    def mongo(self) -> str:
        return f"127.0.0.1:{self.state.ports.mongo}"

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

    @property
    def mongo(self) -> str:
        return f"127.0.0.1:{self.state.ports.mongo}"

    def mongo_of(self, service: str) -> str:
        return _address_for(self.state, service)

    def starting(self) -> list[Step]:
        users = Step("Make one database user per service", lambda _: _make_service_users(self.state))
        return [Step("Start MongoDB and Kafka in containers", self._start), users]

    def _start(self, _: Tell) -> None:
        containers = Compose(self.state)
        if not containers.runs():
            refuse_taken_ports(self.state, {"mongo": self.state.ports.mongo, "kafka": self.state.ports.kafka})
        containers.up()

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
