"""What every service is made of: one process, some of its roles, health, and a drain that loses nothing."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from importlib.metadata import version
from typing import Any

import uvloop
from fastapi import APIRouter
from pymongo.errors import PyMongoError

from shared import audit_door, auditing, history, inbox, parking, relay, security, timers, web
from shared.asyncapi import asyncapi_document
from shared.change import Audited
from shared.consumer import Consumer, Generation
from shared.database import Database, connect, translated
from shared.errors import Contended, Unreachable
from shared.events import Event
from shared.health import Health
from shared.indexing import Index
from shared.keeping import indexes_kept
from shared.memory import share_one_heap, spare_the_collector
from shared.parking import Parking
from shared.relay import Relay
from shared.server import new_server
from shared.settings import Settings
from shared.subscriptions import Subscriptions
from shared.telemetry import configure_logging, configure_tracing, get_logger
from shared.timers import Scheduler, Timers
from shared.work import Part, Worker, WorkLoop

log = get_logger(__name__)
VERSION = version("dealwire")
DRAIN_SECONDS = 14
GENERATION_SECONDS = 1.0
SEED_AGAIN_SECONDS = 0.3
SHARED_INDEXES = (
    *inbox.INDEXES,
    *relay.INDEXES,
    *timers.INDEXES,
    *parking.INDEXES,
    *history.HISTORY_INDEXES,
    *web.INDEXES,
    *security.INDEXES,
)


async def _seed_nothing(_: Database) -> None:
    return None


@dataclass
class Service:
    """One service, whole: what it hears and says, its doors, its timers, its indexes, the work it does on the side, what it `keeps`.

    `parts` run beside the scheduler, for work that does not go step by step; `doors` are roles by themselves, for what is not HTTP.
    """

    name: str
    port: int
    hears: Subscriptions
    says: tuple[type[Event], ...]
    router: APIRouter
    indexes: Sequence[Index]
    timers: Timers = field(default_factory=Timers)
    workers: Sequence[Worker] = ()
    parts: Mapping[str, Callable[[Database, Settings], Part]] = field(default_factory=dict)
    doors: Mapping[str, Callable[[Database, Settings], Part]] = field(default_factory=dict)
    seed: Callable[[Database], Awaitable[None]] = _seed_nothing
    generation: Generation | None = None
    audited: Audited = field(default_factory=dict)
    keeps: Mapping[str, int] = field(default_factory=dict)

    @property
    def roles(self) -> list[str]:
        return ["api", *self.hears.roles(), *self.doors, "relay", "scheduler"]

    async def prepare(self, database: Database) -> None:
        """Indexes and first rows; harmless when done before, or by two processes at once."""
        await database.ensure_indexes(indexes_kept([*SHARED_INDEXES, *self.indexes], database, self.keeps))
        await auditing.prepare_audit(database)
        await self._seed(database)

    async def _seed(self, database: Database) -> None:
        """Of several that begin at once one writes the first rows, and the others find them when they look again."""
        while True:
            try:
                return await self.seed(database)
            except Contended as met:
                log.info("another sets up this service at the same time", error=str(met))
                await asyncio.sleep(SEED_AGAIN_SECONDS)

    def api(self, context: web.WebContext, *, public: bool = True) -> Any:
        """The ASGI application: with the service's doors, or with those of health and metrics alone."""
        context.audited = self.audited
        app = web.build_api(self.name, VERSION, self._all_doors if public else web.with_common_doors(), context)
        if public:
            document = cache(partial(asyncapi_document, self.name, self.hears, self.says, VERSION))
            app.get("/asyncapi.json", include_in_schema=False)(lambda: document())
        return app

    @cached_property
    def _all_doors(self) -> APIRouter:
        return web.with_common_doors(self.router, Parking(self.hears, self.timers).router, security.router, audit_door.router)

    def run(self, roles: Sequence[str] = (), port: int | None = None) -> None:
        """Runs these roles (all of them by default) until SIGTERM or SIGINT."""
        unknown = set(roles) - set(self.roles)
        if unknown:
            raise ValueError(f"{self.name} has no role {', '.join(sorted(unknown))}; it has {', '.join(self.roles)}")
        uvloop.run(Process(self, list(roles) or self.roles, port).run())


class Process:
    """A running part of a service. Ends in this order: reading, timers, publishing, doors."""

    def __init__(self, service: Service, roles: list[str], port: int | None) -> None:
        self._service, self._roles = service, roles
        self._settings = Settings.of(service.name)
        self._port = port if port is not None else self._settings.port or service.port
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        share_one_heap()
        configure_logging(self._service.name, self._roles, self._settings)
        configure_tracing(self._service.name, self._settings)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        own, uri = self._settings, self._settings.mongo.get_secret_value()
        database = await connect(uri, self._service.name, outbox_shares=own.outbox_shares, retention_days=own.retention_days)
        try:
            await self._prepare(database)
            spare_the_collector()
            if not self._stopping.is_set():
                await self._serve(database)
        finally:
            database.close()

    async def _prepare(self, database: Database) -> None:
        """Servers may start in any order: waits for MongoDB as long as it takes."""
        while not self._stopping.is_set():
            try:
                return await self._service.prepare(database)
            except Unreachable as away:
                log.warning("waiting for MongoDB", error=str(away))
                await asyncio.sleep(1)

    async def _serve(self, database: Database) -> None:
        parts = self._parts(database)
        health = Health(database, self._service.name, self._roles, VERSION, parts)
        context = web.WebContext(db=database, settings=self._settings, health=health.report)
        server = new_server(self._service.api(context, public="api" in self._roles), self._settings.host, self._port)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve())
            watching = tasks.create_task(health.watch())
            running = {name: tasks.create_task(part.run()) for name, part in parts.items()}
            log.info("ready to work", roles=self._roles, port=self._port)
            await self._stopping.wait()
            await self._drain(parts, running)
            watching.cancel()
            server.should_exit = True
            await serving

    def _parts(self, database: Database) -> dict[str, Any]:
        service, settings = self._service, self._settings
        parts: dict[str, Any] = {role: self._consumer(database, role) for role in service.hears.roles() if role in self._roles}
        parts |= {role: make(database, settings) for role, make in service.doors.items() if role in self._roles}
        parts |= {f"worker {worker.name}": WorkLoop(database, worker) for worker in service.workers if worker.role in self._roles}
        if "scheduler" in self._roles:
            parts["scheduler"] = Scheduler(database, service.timers)
            parts |= {name: make(database, settings) for name, make in service.parts.items()}
        if "relay" in self._roles:
            parts["relay"] = Relay(database, settings)
        return parts

    def _consumer(self, database: Database, role: str) -> Any:
        if self._service.generation is None:
            return Consumer(database, self._settings, self._service.hears, role=role)
        return Generations(database, self._settings, self._service, role)

    async def _drain(self, parts: dict[str, Any], running: dict[str, "asyncio.Task[None]"]) -> None:
        """First all that takes work in, then the relay, which publishes what they said last."""
        began = time.monotonic()
        log.info("draining")
        for names in (parts.keys() - {"relay"}, parts.keys() & {"relay"}):
            for name in names:
                await parts[name].stop()
            await _ended({running[name]: name for name in names}, within=max(1.0, DRAIN_SECONDS - (time.monotonic() - began)))
        log.info("drained", seconds=round(time.monotonic() - began, 2))


async def _ended(running: dict["asyncio.Task[None]", str], *, within: float) -> None:
    late = (await asyncio.wait(running, timeout=within))[1] if running else ()
    for task in late:
        log.error("did not drain in time; what it had begun is delivered again", part=running[task])
        task.cancel()


class Generations:
    """A consumer that begins again from the first record, under a new group, whenever the generation changes."""

    def __init__(self, database: Database, settings: Settings, service: Service, role: str) -> None:
        self._database, self._settings, self._service, self._role = database, settings, service, role
        self._stopping = asyncio.Event()
        self._current: Consumer | None = None

    async def run(self) -> None:
        while not self._stopping.is_set():
            generation = await self._generation_now()
            if generation is not None:
                await self._read(generation)

    async def _read(self, generation: int) -> None:
        self._current = Consumer(self._database, self._settings, self._service.hears, role=self._role, generation=generation)
        reading = asyncio.create_task(self._current.run())
        while not self._stopping.is_set() and await self._generation_now() in (None, generation):
            await self._sleep()
        await self._current.stop()
        await reading

    async def _generation_now(self) -> int | None:
        """None while MongoDB is away: what is being written does not change then."""
        assert self._service.generation is not None
        try:
            return await self._service.generation(self._database)
        except PyMongoError as error:
            if not isinstance(translated(error), Unreachable):
                raise
            log.warning("waiting for MongoDB", error=repr(error))
            await self._sleep()
            return None

    async def _sleep(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), GENERATION_SECONDS)

    async def stop(self) -> None:
        self._stopping.set()
        if self._current is not None:
            await self._current.stop()

    def health(self) -> dict[str, Any]:
        return self._current.health() if self._current else {"ok": False, "group": None, "lag": {}}
