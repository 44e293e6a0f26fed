"""Waiting for a condition, with a deadline and a reason."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(condition: Callable[[], Any | Awaitable[Any]], *, within: float = 30, what: str = "the condition") -> Any:
    """The first true answer of `condition`; fails with `what` and the last answer when time runs out."""
    until = time.monotonic() + within
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not come true within {within} s; the last answer was {answer!r}")
        await asyncio.sleep(0.05)
