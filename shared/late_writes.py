"""Writes of which nobody looks at the result: they go to the database together, which costs one change of thread and not one for each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple


class Write(NamedTuple):
    """A call of a collection's method, still to be made."""

    collection: Any
    method: str
    args: tuple[Any, ...]
    options: dict[str, Any]


CarryOut = Callable[[list[Write]], Awaitable[None]]


class LateWrites:
    """Those of one transaction, in the order in which they were asked for; `carry_out` makes them."""

    def __init__(self, carry_out: CarryOut) -> None:
        self._carry_out = carry_out
        self._waiting: list[Write] = []

    def take(self) -> list[Write]:
        waiting = self._waiting.copy()
        self._waiting.clear()
        return waiting

    def to(self, collection: Any) -> "Later":
        return Later(collection, self._waiting)

    def concern(self, name: str) -> bool:
        return any(write.collection.name == name for write in self._waiting)

    async def catch_up(self) -> None:
        if self._waiting:
            await self._carry_out(self.take())


class Later:
    """A collection whose calls only note what is to be written."""

    __slots__ = ("_collection", "_waiting")

    def __init__(self, collection: Any, waiting: list[Write]) -> None:
        self._collection, self._waiting = collection, waiting

    def __getattr__(self, method: str) -> Callable[..., None]:
        return lambda *args, **options: self._waiting.append(Write(self._collection, method, args, options))


class Bound:
    """A collection whose every call takes part in the transaction, and finds written what was to be written to it later."""

    __slots__ = ("_collection", "_late", "_session")

    def __init__(self, collection: Any, session: Any, late: LateWrites) -> None:
        self._collection, self._session, self._late = collection, session, late

    def __getattr__(self, method: str) -> Any:
        call = partial(getattr(self._collection, method), session=self._session)
        if not self._late.concern(self._collection.name):
            return call
        return partial(_Reading, self._late, call) if method in ("find", "aggregate") else partial(self._after_all, call)

    async def _after_all(self, call: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
        await self._late.catch_up()
        return await call(*args, **options)


class _Reading:
    """Stands for a cursor until it is read."""

    def __init__(self, late: LateWrites, call: Callable[..., Any], *args: Any, **options: Any) -> None:
        self._late, self._cursor = late, call(*args, **options)

    def __getattr__(self, method: str) -> Callable[..., "_Reading"]:
        def narrow(*args: Any, **options: Any) -> _Reading:
            getattr(self._cursor, method)(*args, **options)
            return self

        return narrow

    async def to_list(self, length: int | None) -> list[Any]:
        await self._late.catch_up()
        rows: list[Any] = await self._cursor.to_list(length)
        return rows

    async def __aiter__(self) -> AsyncIterator[Any]:
        for row in await self.to_list(None):
            yield row
