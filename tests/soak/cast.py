"""Every process of a soak: started, killed, started again, asked to end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import httpx

from shared.app import Service
from tests.live.processes import Fleet, Running
from tests.soak import witness

# Every role of leads as its own process, the hot ones twice; the other services all roles in one.
PARTS = (
    ("leads", "api"),
    ("leads", "ingest"),
    ("leads", "ingest"),
    ("leads", "consumer"),
    ("leads", "consumer"),
    ("leads", "match"),
    ("leads", "relay"),
    ("leads", "relay"),
    ("leads", "scheduler"),
    ("opportunities",),
    ("notifications",),
    (witness.NAME, "consumer", "relay"),
    (witness.NAME, "consumer", "scheduler"),
    ("accounts",),
    ("console",),
)
SMALL = PARTS[:13]
FEW = (("leads", "api"), ("leads", "ingest", "consumer", "match", "relay", "scheduler"), *PARTS[9:13])
EX_SOFTWARE = 70
SMALL_BATCHES = {"DEALWIRE_BATCH_SIZE": "100"}


def service_of(name: str) -> Service:
    module = witness.__name__ if name == witness.NAME else f"services.{name}.main"
    service: Service = import_module(module).service
    return service


def groups_of(name: str) -> dict[str, list[str]]:
    """The consumer groups of a service, and what each hears."""
    hears = service_of(name).hears
    return {name if role == "consumer" else f"{name}.{role}": hears.topics(role) for role in hears.roles()}


@dataclass
class Player:
    """One process in its part; `enter` starts it, and again after it was killed."""

    name: str
    enter: Callable[[], Running]
    running: Running
    collapses: list[int] = field(default_factory=list)

    def kill(self) -> None:
        self._note_collapse()
        self.running.kill()

    def begin_again(self) -> None:
        self.running = self.enter()

    def end(self) -> int:
        """Its exit code on SIGTERM; or, if it ended by itself before, which nobody asked of it, the code of that."""
        self._note_collapse()
        code = self.running.terminate()
        return self.collapses[0] if self.collapses else code

    async def story(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """Its own checks, by its name and port; nothing where all is well and nothing left."""
        name = f"{self.name} {self.running.port}"
        try:
            answer = await client.get(f"http://127.0.0.1:{self.running.port}/health/ready")
        except httpx.HTTPError as silent:
            return {name: repr(silent)}
        story = answer.json()
        lags = [one for one in story["consumers"] if one["lag"]]
        return {name: story["checks"]} if lags or answer.is_error else {}

    def _note_collapse(self) -> None:
        code = self.running.process.poll()
        if code is not None:
            self.collapses.append(code or EX_SOFTWARE)


@dataclass
class Cast:
    """All players of one soak. A forgetful cast has no inbox."""

    players: list[Player]

    @classmethod
    def gathered(cls, ours: Fleet, parts: tuple[tuple[str, ...], ...], *, forgetful: bool, **environment: str) -> "Cast":
        return cls([_player(ours, part, forgetful=forgetful, **environment) for part in parts])

    @property
    def services(self) -> list[str]:
        return list(dict.fromkeys(player.name.split()[0] for player in self.players))

    def port_of(self, name: str) -> int:
        return next(player.running.port for player in self.players if player.name == name)

    async def unhealthy(self) -> dict[str, Any]:
        """Those that are not ready or have something to read, and what they say of themselves."""
        async with httpx.AsyncClient(timeout=10) as client:
            return {name: story for player in self.players for name, story in (await player.story(client)).items()}

    async def end(self) -> dict[str, int]:
        """SIGTERM to all at once; how each ended. Raises TimeoutExpired where one does not end in time."""
        codes = await asyncio.gather(*(asyncio.to_thread(player.end) for player in self.players))
        return {f"{player.name} {number}": code for number, (player, code) in enumerate(zip(self.players, codes, strict=True))}


def _player(ours: Fleet, part: tuple[str, ...], *, forgetful: bool, **environment: str) -> Player:
    service, *roles = part
    told = SMALL_BATCHES | environment

    def enter() -> Running:
        if forgetful:
            return ours.start("tests.soak.forgetful", service, *roles, **told)
        if service == witness.NAME:
            return ours.start(witness.__name__, *roles, **told)
        return ours.start_service(service, *roles, **told)

    return Player(" ".join(part), enter, enter())
