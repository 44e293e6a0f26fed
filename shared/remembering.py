"""A small memory that forgets: what is too old, and the oldest when it is full."""

import time
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by key, each for its own number of seconds, at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: dict[str, tuple[T, float]] = {}

    def get(self, key: str) -> T | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, until = entry
        if time.monotonic() < until:
            return value
        self._entries.pop(key, None)
        return None

    def put(self, key: str, value: T, *, seconds: float) -> None:
        if len(self._entries) >= self._size:
            self._entries.pop(next(iter(self._entries)))
        self._entries[key] = (value, time.monotonic() + seconds)

    def forget(self, key: str) -> None:
        self._entries.pop(key, None)
