"""Ours, end to end: from lead.submitted on Kafka to each lead's fate back on Kafka, each role in a process of its own."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.events import LeadAssigned, LeadCaptured, LeadDisqualified, LeadMerged
from tests.live.processes import Fleet
from tests.live.waiting import eventually
from tests.servers import Servers

ROLES = ("ingest", "consumer", "relay")
FATES = (LeadCaptured, LeadMerged, LeadAssigned, LeadDisqualified)


class Ends:
    """How many records are on some topics, asked of Kafka."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def count(self, *topics: str) -> int:
        partitions = [TopicPartition(topic, number) for topic in topics for number in self._consumer.partitions_for_topic(topic) or ()]
        return sum((await self._consumer.end_offsets(partitions)).values())


async def leads_per_second(
    servers: Servers, ours: Fleet, count: int, *, roles: Collection[str] = ROLES, settled: Callable[[], Awaitable[bool]] | None = None
) -> dict[str, Any]:
    """`count` leads wait on the topic; measured from the first captured to the last that has its fate.

    A role that stands there twice is played by two processes. With `settled` their CPU is counted until that, too, is so.
    """
    async with AIOKafkaConsumer(*(event.topic for event in FATES), bootstrap_servers=servers.kafka) as consumer:
        ends = Ends(consumer)
        running = [(role, ours.start_service("leads", role)) for role in roles]
        seconds_of = cpu_seconds([*((role, one.process.pid) for role, one in running), *pids_of(servers).items()])
        await eventually(lambda: ends.count(LeadCaptured.topic), within=60, what="the first lead captured")
        first, began, before = await ends.count(LeadAssigned.topic, LeadDisqualified.topic), time.perf_counter(), seconds_of()
        await eventually(lambda: _is_over(ends, count), within=120, what="every lead's fate")
        took = time.perf_counter() - began
        if settled is not None:
            await eventually(settled, within=120, what="nothing left to do")
        altogether, after = time.perf_counter() - began, seconds_of()
    for _, one in running:
        one.terminate()
    rates = {"rate": (count - first) / took, "settled_rate": (count - first) / altogether}
    return rates | {"cpu_us_per_lead": {name: (after[name] - before[name]) / count * 1e6 for name in after}}


async def _is_over(ends: Ends, count: int) -> bool:
    """Each submission is a lead or a part of one, and each lead has an owner or a reason why not."""
    await asyncio.sleep(0.1)
    captured, merged = await ends.count(LeadCaptured.topic), await ends.count(LeadMerged.topic)
    return captured + merged >= count and await ends.count(LeadAssigned.topic, LeadDisqualified.topic) >= captured


def pids_of(servers: Servers) -> dict[str, int]:
    """Of the servers that run on this machine: by the port in their command line, or in the file of settings that it ends with."""
    found = {}
    for process in psutil.process_iter(["name", "cmdline"]):
        line = process.info["cmdline"] or [""]
        told = " ".join(line) + (Path(line[-1]).read_text() if line[-1].endswith("server.properties") and Path(line[-1]).exists() else "")
        if any(f"{port}" in told for port in _ports(servers)) and process.info["name"] in ("mongod", "java"):
            found[process.info["name"]] = process.pid
    return found


def _ports(servers: Servers) -> tuple[str, str]:
    return servers.kafka.rpartition(":")[2], servers.mongo_uri.rpartition(":")[2].partition("/")[0]


def cpu_seconds(pids: Iterable[tuple[str, int]]) -> Callable[[], dict[str, float]]:
    """By name, of all processes that have it."""
    watched = [(name, psutil.Process(pid)) for name, pid in pids]

    def read() -> dict[str, float]:
        seconds: defaultdict[str, float] = defaultdict(float)
        for name, process in watched:
            seconds[name] += sum(process.cpu_times()[:2])
        return dict(seconds)

    return read
