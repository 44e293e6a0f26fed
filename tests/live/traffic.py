"""Running parts of a service inside a test, for as long as a block lasts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


class Part(Protocol):
    async def run(self) -> None: ...

    async def stop(self) -> None: ...


@asynccontextmanager
async def until_stopped(part: Part) -> AsyncIterator[None]:
    running = asyncio.create_task(part.run())
    try:
        yield
    finally:
        await part.stop()
        await running
