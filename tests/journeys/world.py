"""The five services on one real MongoDB, their events carried by hand: what a journey goes through."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

import httpx

from services.accounts.main import service as accounts
from services.console.main import service as console
from services.leads.main import service as leads
from services.notifications.main import service as notifications
from services.opportunities.main import service as opportunities
from shared.app import Service
from shared.database import Database
from shared.events import Event
from tests.conftest import DatabaseOf
from tests.road import api_client, hear, pass_time, said

SERVICES = {one.name: one for one in (leads, opportunities, accounts, notifications, console)}
Document = dict[str, Any]
Ask = Callable[..., Awaitable[Any]]
# What is kept of deliveries rather than of customers: when and how often something came.
OF_DELIVERY = ("inbox", "changes", "waiting_names")


@dataclass
class World:
    """`said` is all that was ever said, in the order in which it was carried."""

    databases: dict[str, Database]
    said: list[Event] = field(default_factory=list)

    @classmethod
    async def begun(cls, database_of: DatabaseOf) -> "World":
        return await cls.installed({name: await database_of(name) for name in SERVICES})

    @classmethod
    async def installed(cls, databases: dict[str, Database]) -> "World":
        world = cls(databases)
        for name, service in SERVICES.items():
            if service.seed is not None:
                await service.seed(world.databases[name])
        await world.carry()
        return world

    async def reborn(self) -> "World":
        """As on its first day, in the same databases."""
        for db in self.databases.values():
            for name in await _names_of_collections(db):
                await db.collection(name).delete_many({})
        return await World.installed(self.databases)

    def at(self, service: str) -> tuple[Service, Database]:
        return SERVICES[service], self.databases[service]

    async def tell(self, *events: Event) -> None:
        """An outside system publishes."""
        self.said += events
        await self._deliver(events)
        await self.carry()

    async def carry(self) -> None:
        """What each service says to all who hear it, until nobody says anything more."""
        while events := [event for db in self.databases.values() for event in await said(db)]:
            self.said += events
            await self._deliver(events)

    async def carry_perversely(self) -> None:
        """As `carry`, but one topic at a time and the last first, whatever it depends on, and everything twice."""
        waiting: list[Event] = []
        while waiting := [*waiting, *chain.from_iterable([await said(db) for db in self.databases.values()])]:
            last = max(event.topic for event in waiting)
            now = [event for event in waiting if event.topic == last]
            waiting = [event for event in waiting if event.topic != last]
            self.said += now
            await self._deliver([*now, *now])

    async def hear_again(self) -> None:
        """Everything that was ever said is delivered once more."""
        await self._deliver(self.said)

    async def _deliver(self, events: Sequence[Event]) -> None:
        for name, service in SERVICES.items():
            heard = [event for event in events if event.topic in service.hears.topics()]
            if heard:
                await hear(service, self.databases[name], *heard)

    async def pass_time(self, service: str, until: datetime) -> None:
        await pass_time(*self.at(service), until)
        await self.carry()

    def client(
        self, service: str, subject: str = "root", roles: Collection[str] = ("admin",), teams: tuple[str, ...] = ()
    ) -> httpx.AsyncClient:
        return api_client(*self.at(service), roles=roles, subject=subject, teams=teams)

    async def ask(self, method: str, service: str, path: str, body: Any = None, *, expect: int = 200, **who: Any) -> Any:
        """The JSON of an answer of the expected status, by an administrator unless `who` says otherwise."""
        async with self.client(service, **who) as client:
            response = await client.request(method, path, json=body)
        assert response.status_code == expect, f"{method} {service}{path}: {response.status_code} {response.text}"
        return response.json()

    @property
    def get(self) -> Ask:
        return partial(self.ask, "GET")

    @property
    def post(self) -> Ask:
        return partial(self.ask, "POST")

    async def items(self, service: str, path: str, **who: Any) -> list[Document]:
        return list((await self.get(service, path, **who))["items"])

    def told(self, event_type: type[Event]) -> list[Any]:
        return [event for event in self.said if isinstance(event, event_type)]

    async def everything(self, *but: str) -> dict[str, dict[str, list[Document]]]:
        """All rows of all collections of all services, but those collections."""
        return {name: await _rows(db, but) for name, db in self.databases.items()}


async def _rows(db: Database, but: Collection[str]) -> dict[str, list[Document]]:
    names = sorted(set(await _names_of_collections(db)) - set(but))
    found = {name: await db.collection(name).find().sort("_id", 1).to_list(None) for name in names}
    return {name: rows for name, rows in found.items() if rows}


async def _names_of_collections(db: Database) -> list[str]:
    names: list[str] = await db.collection("outbox").database.list_collection_names()
    return names
