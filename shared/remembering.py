"""Small memories that forget: what is too old, and the oldest when one is full."""

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from shared.database import Database

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


class Fresh(Generic[T]):
    """One thing per database, read anew by `read` when it is older than `seconds`: by then another process's change is seen."""

    def __init__(self, read: "Callable[[Database], Awaitable[T]]", *, seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._known: WeakKeyDictionary[Database, tuple[float, T]] = WeakKeyDictionary()

    async def current(self, db: "Database") -> T:
        known = self._known.get(db)
        if known is None or time.monotonic() >= known[0]:
            value = await self._read(db)
            known = self._known[db] = (time.monotonic() + self._seconds, value)
        return known[1]

    def forget(self, db: "Database") -> None:
        self._known.pop(db, None)
