"""What a process knows of its own health: measured by itself, not asked of a driver's ping."""

import asyncio
import time
from contextlib import suppress
from typing import Any

from pymongo.errors import PyMongoError

from shared.database import Database
from shared.metrics import HELD_EVENTS

WATCH_SECONDS = 2.0
FRESH_SECONDS = 10.0


class Health:
    """Ready when MongoDB answered lately and every part of this process makes progress."""

    def __init__(self, database: Database, service: str, roles: list[str], version: str, parts: dict[str, Any]) -> None:
        self._database, self._parts = database, parts
        self._identity = {"service": service, "roles": roles, "version": version}
        self._mongo_at = 0.0
        self._parked = self._waiting = 0

    async def watch(self) -> None:
        while True:
            with suppress(PyMongoError):  # an answer that does not come makes `mongo` go stale, which is the report
                await self._look()
            await asyncio.sleep(WATCH_SECONDS)

    async def _look(self) -> None:
        self._parked = await self._database.collection("parked").count_documents({"status": "parked"}, limit=100_000)
        self._waiting = await self._database.collection("waiting").estimated_document_count()
        HELD_EVENTS.set(self._waiting)
        self._mongo_at = time.monotonic()

    def report(self) -> tuple[bool, dict[str, Any]]:
        """Whether it is ready, and the whole story for `/health/ready`."""
        checks = {name: part.health() for name, part in self._parts.items()}
        checks["mongo"] = {"ok": time.monotonic() - self._mongo_at < FRESH_SECONDS}
        ready = all(check["ok"] for check in checks.values())
        consumers = [
            {"group": check["group"], "topic": topic, "lag": lag}
            for check in checks.values()
            for topic, lag in check.get("lag", {}).items()
        ]
        relay = checks.get("relay", {})
        outbox = {"backlog": relay.get("backlog"), "oldest_seconds": relay.get("oldest_seconds")}
        story = {"status": "ready" if ready else "not ready", "checks": checks, "parked": self._parked, "waiting": self._waiting}
        return ready, self._identity | story | {"outbox": outbox, "consumers": consumers}
