"""What is running of a stack, and how it is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from deploy import SERVICES
from deploy.lag import Lag, consumer_lag
from deploy.local.choice import Way
from deploy.local.external import answers
from deploy.local.processes import is_open
from deploy.local.servers import Servers, connection_to
from deploy.local.services import MAILBOX
from deploy.local.state import State
from shared.errors import Unreachable

MONGO_PORT, KAFKA_PORT = 27_017, 9092


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process: is it there, does it answer, how much memory it takes."""

    name: str
    address: str
    up: bool
    pid: int | None = None
    memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """One service as its own `/health/ready` tells it; `checks` that fail are in `failing`."""

    process: ProcessStatus
    ready: bool
    health: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failing(self) -> list[str]:
        return sorted(name for name, check in self.health.get("checks", {}).items() if not check.get("ok"))


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The whole stack."""

    way: Way
    servers: list[ProcessStatus]
    services: list[ServiceStatus]
    lag: list[Lag]

    @property
    def servers_up(self) -> bool:
        return all(server.up for server in self.servers if server.name != MAILBOX)

    @property
    def green(self) -> bool:
        return all(server.up for server in self.servers) and all(service.ready for service in self.services)

    def as_json(self) -> dict[str, Any]:
        return {
            "green": self.green,
            "way": self.way,
            "servers": [asdict(server) for server in self.servers],
            "services": [asdict(service.process) | {"ready": service.ready} | dict(service.health) for service in self.services],
            "consumers": [asdict(lag) for lag in self.lag],
            "parked": sum(service.health.get("parked") or 0 for service in self.services),
        }


async def stack_status(state: State, servers: Servers) -> StackStatus:
    async with httpx.AsyncClient(timeout=5) as http:
        services = [await _service(state, http, service) for service in SERVICES]
    return StackStatus(servers.way, _servers(state, servers), services, await _lag(servers, services))


def _servers(state: State, servers: Servers) -> list[ProcessStatus]:
    mailbox = _process(state, MAILBOX, f"127.0.0.1:{state.ports.mailbox}", up=is_open(state.ports.mailbox))
    mongo = _process(state, "mongod", servers.mongo, up=answers(servers.mongo, MONGO_PORT))
    kafka = _process(state, "kafka", servers.kafka, up=answers(servers.kafka, KAFKA_PORT))
    return [mongo, kafka, mailbox]


async def _service(state: State, http: httpx.AsyncClient, service: str) -> ServiceStatus:
    url = state.ports.url_of(service)
    try:
        answer = await http.get(f"{url}/health/ready")
        health = answer.json()
    except (httpx.TransportError, ValueError):
        return ServiceStatus(_process(state, service, url, up=False), ready=False)
    return ServiceStatus(_process(state, service, url, up=True), ready=answer.status_code == 200, health=health)


def _process(state: State, name: str, address: str, *, up: bool) -> ProcessStatus:
    process = state.processes.find(name)
    memory = process.memory_info().rss // 1_000_000 if process else None
    return ProcessStatus(name, address, up, process.pid if process else None, memory)


async def _lag(servers: Servers, services: list[ServiceStatus]) -> list[Lag]:
    """What Kafka knows, and for what no group has committed yet what the consumers themselves say."""
    said = [Lag(row["group"], row["topic"], row["lag"] or 0) for service in services for row in service.health.get("consumers", ())]
    try:
        known = await consumer_lag(connection_to(servers))
    except Unreachable:
        known = []
    return list({(lag.group, lag.topic): lag for lag in (*said, *known)}.values())
