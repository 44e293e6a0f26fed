"""Ours, end to end: from lead.submitted on Kafka to each lead's fate back on Kafka, each role in a process of its own."""

import asyncio
import time
from collections.abc import Callable
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


async def leads_per_second(servers: Servers, ours: Fleet, count: int) -> dict[str, Any]:
    """`count` leads wait on the topic; measured from the first captured to the last that has its fate."""
    async with AIOKafkaConsumer(*(event.topic for event in FATES), bootstrap_servers=servers.kafka) as consumer:
        ends = Ends(consumer)
        running = {role: ours.start_service("leads", role) for role in ROLES}
        seconds_of = cpu_seconds({role: one.process.pid for role, one in running.items()} | pids_of(servers))
        await eventually(lambda: ends.count(LeadCaptured.topic), within=60, what="the first lead captured")
        first, began, before = await ends.count(LeadAssigned.topic, LeadDisqualified.topic), time.perf_counter(), seconds_of()
        await eventually(lambda: _is_over(ends, count), within=120, what="every lead's fate")
        took, after = time.perf_counter() - began, seconds_of()
    for one in running.values():
        one.terminate()
    return {"rate": (count - first) / took, "cpu_us_per_lead": {name: (after[name] - before[name]) / count * 1e6 for name in after}}


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


def cpu_seconds(pids: dict[str, int]) -> Callable[[], dict[str, float]]:
    watched = {name: psutil.Process(pid) for name, pid in pids.items()}
    return lambda: {name: sum(process.cpu_times()[:2]) for name, process in watched.items()}
