"""One soak from its first submission to its last check."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from deploy.local.processes import is_open
from deploy.topics import Topic
from tests.live.kafka import begin_anew
from tests.live.processes import fleet
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.soak import witness
from tests.soak.cast import PARTS, Cast
from tests.soak.checker import Check, Evidence, checked, gathered
from tests.soak.killing import Killer, Server
from tests.soak.mailbox import Mailbox, open_mailbox
from tests.soak.quiet import Quiet
from tests.soak.traffic import Traffic

Client = AsyncMongoClient[dict[str, Any]]
HOUR_MS = 3_600_000
LOOK_SECONDS = 1.0
CALM_LOOKS, LATELY_LOOKS = 3, 20


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` is how long submissions come and things are killed; then there are `patience` seconds to become quiet."""

    leads: int
    kills: int
    seconds: float
    patience: float
    seed: int = 1
    parts: tuple[tuple[str, ...], ...] = PARTS
    forgetful: bool = False
    mailing: bool = True


@dataclass
class Progress:
    """What there is to tell while it goes on."""

    doing: str = "starting"
    sent: int = 0
    kills: int = 0
    left: dict[str, int] = field(default_factory=dict)


Tell = Callable[[Progress], None]


class Play:
    """Runs a plan on these servers, with its logs in `directory`; `tell` hears of the progress every second."""

    def __init__(self, servers: Servers, plan: Plan, directory: Path, tell: Tell = lambda _: None) -> None:
        self._servers, self._plan, self._directory, self._tell = servers, plan, directory, tell
        self._progress = Progress()

    async def run(self) -> Evidence:
        """What it left behind; raises AssertionError when it does not become quiet in time."""
        await _begin_empty(self._servers, self._plan)
        with fleet(self._servers, self._directory) as ours:
            async with open_mailbox() as mailbox, AsyncMongoClient[dict[str, Any]](self._servers.mongo_uri, tz_aware=True) as mongo:
                plan, smtp = self._plan, f"127.0.0.1:{mailbox.port}"
                cast = await asyncio.to_thread(Cast.gathered, ours, plan.parts, forgetful=plan.forgetful, DEALWIRE_SMTP=smtp)
                return await self._told(self._play(cast, mongo, mailbox))

    async def _play(self, cast: Cast, mongo: Client, mailbox: Mailbox) -> Evidence:
        await eventually(lambda: all(is_open(player.running.port) for player in cast.players), within=120, what="every process at work")
        traffic = Traffic(self._servers, self._plan.leads, self._plan.seconds, seed=self._plan.seed, api=lambda: cast.port_of("leads api"))
        killer = Killer(cast, _mortal(self._servers), self._plan.kills, self._plan.seconds, self._plan.seed)
        self._progress.doing = "sending and killing"
        async with self._noting(traffic, killer):
            await asyncio.gather(traffic.send(), killer.kill_all())
        self._progress.doing = "waiting until quiet"
        async with Quiet(mongo, cast.services, mailing=self._plan.mailing).looking_at(self._servers) as quiet:
            await self._until_quiet(quiet, cast)
        self._progress.doing = "ending"
        codes = await cast.end()
        self._progress.doing = "reading what is left"
        evidence = Evidence(traffic.ledger, cast.services, mailbox.mails, killer.kills, codes, self._plan.forgetful)
        return await gathered(self._servers, mongo, evidence)

    async def _until_quiet(self, quiet: Quiet, cast: Cast) -> None:
        """As often as it takes for what is said last to be heard, too."""
        until, calm = time.monotonic() + self._plan.patience, 0
        lately: deque[dict[str, int]] = deque(maxlen=LATELY_LOOKS)
        while calm < CALM_LOOKS:
            self._progress.left = await quiet.left()
            lately.append(self._progress.left)
            calm = 0 if self._progress.left else calm + 1
            if time.monotonic() > until:
                report = {"left": self._progress.left, "a while before": lately[0], "unhealthy": await cast.unhealthy()}
                raise AssertionError(f"not quiet after {self._plan.patience:.0f} s: {report}; logs are in {self._directory}")
            await asyncio.sleep(LOOK_SECONDS)

    async def _told(self, playing: Coroutine[Any, Any, Evidence]) -> Evidence:
        task = asyncio.create_task(playing)
        while not task.done():
            self._tell(self._progress)
            await asyncio.wait({task}, timeout=LOOK_SECONDS)
        return await task

    @asynccontextmanager
    async def _noting(self, traffic: Traffic, killer: Killer) -> AsyncIterator[None]:
        async def note() -> None:
            while True:
                self._progress.sent, self._progress.kills = traffic.sent, killer.kills.total()
                await asyncio.sleep(LOOK_SECONDS)

        noting = asyncio.create_task(note())
        yield
        noting.cancel()
        self._progress.sent, self._progress.kills = traffic.sent, killer.kills.total()


def _mortal(servers: Servers) -> list[Server]:
    assert servers.broker is not None, "a soak kills its own servers: DEALWIRE_SERVERS=embedded"
    assert servers.mongod is not None
    return [Server("kafka", servers.broker), Server("mongod", servers.mongod)]


async def _begin_empty(servers: Servers, plan: Plan) -> None:
    await begin_anew(servers, Topic(f"{witness.NAME}.dead", 1, HOUR_MS, max_message_bytes=4 * 1024 * 1024))
    async with AsyncMongoClient[dict[str, Any]](servers.mongo_uri) as mongo:
        for service, *_ in plan.parts:
            await mongo.drop_database(service)


async def soak(servers: Servers, plan: Plan, directory: Path, tell: Tell = lambda _: None) -> list[Check]:
    evidence = await Play(servers, plan, directory, tell).run()
    return await asyncio.to_thread(checked, evidence)
