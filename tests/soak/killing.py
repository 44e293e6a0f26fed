"""Kills at random, as a power cut would, and begins again what was killed; the same kills for the same seed."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from deploy.local.kafka import Kafka
from deploy.local.mongod import Mongod
from tests.soak.cast import Cast

LONGEST_AWAY = 3.0


class Victim(Protocol):
    name: str

    def kill(self) -> None: ...

    def begin_again(self) -> None: ...


@dataclass
class Server:
    """Kafka or mongod, on the same data after as before."""

    name: str
    server: Kafka | Mongod

    def kill(self) -> None:
        self.server.kill()

    def begin_again(self) -> None:
        self.server.begin()
        self.server.wait_until_ready(90)


@dataclass
class Killer:
    """Kills `count` victims spread over `seconds`: each kind in turn, in an order drawn anew every time."""

    cast: Cast
    servers: list[Server]
    count: int
    seconds: float
    seed: int
    kills: Counter[str] = field(default_factory=Counter)

    async def kill_all(self) -> None:
        rng, began = random.Random(self.seed), time.monotonic()
        moments = sorted(rng.uniform(0, self.seconds) for _ in range(self.count))
        for moment, victim in zip(moments, self._drawn(rng), strict=True):
            await asyncio.sleep(max(0, began + moment - time.monotonic()))
            await self._kill(victim, away=rng.uniform(0, LONGEST_AWAY))

    def _drawn(self, rng: random.Random) -> list[Victim]:
        """The servers first of each round, so that even a few kills hit them; then shuffled."""
        drawn: list[Victim] = []
        while len(drawn) < self.count:
            players: list[Victim] = list(self.cast.players)
            rng.shuffle(players)
            drawn += [*self.servers, *players]
        drawn = drawn[: self.count]
        rng.shuffle(drawn)
        return drawn

    async def _kill(self, victim: Victim, *, away: float) -> None:
        await asyncio.to_thread(victim.kill)
        self.kills[victim.name] += 1
        await asyncio.sleep(away)
        await asyncio.to_thread(victim.begin_again)
