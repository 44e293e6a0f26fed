"""The public door: how many POST /leads a second one process takes, and how long from the request to lead.assigned on Kafka."""

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer

from shared.database import new_id
from shared.events import LeadAssigned, LeadSubmitted
from tests.bench.leads import submissions
from tests.live.processes import Fleet
from tests.live.waiting import eventually
from tests.servers import Servers
from tests.tokens import signed_token

CONNECTIONS = 32
# All roles in one process, or in two: the doors and what publishes, and all that hears.
TOGETHER: Sequence[tuple[str, ...]] = ((),)
APART: Sequence[tuple[str, ...]] = (("api", "relay"), ("ingest", "consumer", "scheduler", "match"))


class Caller:
    """One kept-alive connection; a plain socket, so that the client costs less than the server that it measures."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader, self._writer, self._token = reader, writer, token

    async def post(self, path: str, body: bytes, **headers: str) -> int:
        lines = {"host": "dealwire", "authorization": f"Bearer {self._token}", "content-type": "application/json"} | headers
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        self._writer.write(f"POST {path} HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        return (await self._answer())[0]

    async def get(self, path: str) -> int:
        return (await self.read(path))[0]

    async def read(self, path: str) -> tuple[int, bytes]:
        self._writer.write(f"GET {path} HTTP/1.1\r\nhost: dealwire\r\nauthorization: Bearer {self._token}\r\n\r\n".encode())
        return await self._answer()

    async def _answer(self) -> tuple[int, bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.partition(":")[2]) for line in head.split("\r\n") if line.lower().startswith("content-length"))
        return int(head.split(" ", 2)[1]), await self._reader.readexactly(length)


@asynccontextmanager
async def calling(port: int, token: str = "") -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Caller(reader, writer, token or signed_token(roles={"integration"}, subject="bench"))
    finally:
        writer.close()


async def is_ready(port: int) -> bool:
    try:
        async with calling(port) as caller:
            return await caller.get("/health/ready") == 200
    except OSError:
        return False


async def requests_per_second(ours: Fleet, count: int) -> float:
    """32 connections, each asking as soon as it is answered, of one process with the role api."""
    api = ours.start_service("leads", "api")
    await eventually(lambda: is_ready(api.port), what="a ready api")
    bodies = [body_of(lead) for lead in submissions(count, start=10_000_000)]
    began = time.perf_counter()
    await asyncio.gather(*(_post_all(api.port, bodies[number::CONNECTIONS]) for number in range(CONNECTIONS)))
    rate = count / (time.perf_counter() - began)
    api.terminate()
    return rate


async def _post_all(port: int, bodies: list[bytes]) -> None:
    async with calling(port) as caller:
        for body in bodies:
            status = await caller.post("/leads", body)
            assert status == 202, status


async def seconds_to_assigned(
    servers: Servers, ours: Fleet, seconds: int, rate: int, *, processes: Sequence[tuple[str, ...]] = TOGETHER
) -> dict[str, float]:
    """At a steady `rate` a second through the whole service; 50th and 99th percentile, in milliseconds. The first process is asked."""
    running = [ours.start_service("leads", *roles) for roles in processes]
    for one in running:
        await eventually(partial(is_ready, one.port), what="a ready service")
    asked, took = dict[str, float](), list[float]()
    async with AIOKafkaConsumer(LeadAssigned.topic, bootstrap_servers=servers.kafka, fetch_max_wait_ms=5) as consumer:
        listening = asyncio.create_task(_note_answers(consumer, asked, took))
        await _ask_steadily(running[0].port, asked, seconds, rate)
        await eventually(lambda: len(took) >= len(asked) * 0.8 and _is_quiet(took), within=60, what="most leads assigned")
        listening.cancel()
    for one in running:
        one.terminate()
    cuts = statistics.quantiles(took, n=100)
    return {"p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000, "assigned": len(took), "asked": len(asked)}


async def _is_quiet(took: list[float]) -> bool:
    before = len(took)
    await asyncio.sleep(1)
    return len(took) == before


async def _ask_steadily(port: int, asked: dict[str, float], seconds: int, rate: int) -> None:
    bodies, began = [body_of(lead) for lead in submissions(rate * seconds, start=20_000_000)], time.perf_counter() + 0.1
    due = [(began + number / rate, body) for number, body in enumerate(bodies)]
    await asyncio.gather(*(_ask_in_time(port, due[number::CONNECTIONS], asked) for number in range(CONNECTIONS)))


async def _ask_in_time(port: int, due: list[tuple[float, bytes]], asked: dict[str, float]) -> None:
    """What has to wait for the answer before it has been late since it was due."""
    async with calling(port) as caller:
        for at, body in due:
            await asyncio.sleep(at - time.perf_counter())
            correlation = new_id()
            asked[correlation] = at
            await caller.post("/leads", body, x_correlation_id=correlation)


async def _note_answers(consumer: AIOKafkaConsumer, asked: dict[str, float], took: list[float]) -> None:
    async for record in consumer:
        now, correlation = time.perf_counter(), dict(record.headers).get("correlationid", b"").decode()
        if correlation in asked:
            took.append(now - asked[correlation])


def body_of(lead: LeadSubmitted) -> bytes:
    fields: dict[str, Any] = json.loads(lead.model_dump_json(exclude_none=True))
    return json.dumps(fields).encode()
