"""What goes together: the calls of many in one transaction, while one commits the others queue; and so many of a sequence at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from shared.errors import Unreachable

if TYPE_CHECKING:
    from shared.database import Database
    from shared.transaction import Transaction

Item = TypeVar("Item")
Result = TypeVar("Result")
Outcomes = Sequence[Result | BaseException]
Work = Callable[["Transaction", list[Item]], Awaitable[Sequence[Result | Exception]]]


class GroupCommit(Generic[Item, Result]):
    """`work` is given the items of many callers, and returns for each its result, or the exception that is to be its own."""

    def __init__(self, database: "Database", work: "Work[Item, Result]", *, most: int = 200, by: str = "system") -> None:
        self._database, self._work, self._most, self._by = database, work, most, by
        self._queue: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._committing: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """Returns when the item's transaction has committed. Raises what `work` said of this item, or why it could not be committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_all())
        return await future

    async def alone(self, tx: "Transaction", item: Item) -> Result:
        """The same work for one item, in the caller's own transaction."""
        (outcome,) = await self._work(tx, [item])
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def _commit_all(self) -> None:
        while self._queue:
            taken = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
            try:
                outcomes = await self._outcomes([item for item, _ in taken])
                for (_, future), outcome in zip(taken, outcomes, strict=True):
                    _settle(future, outcome)
            finally:
                for _, future in taken:
                    future.cancel()

    async def _outcomes(self, items: list[Item]) -> "Outcomes[Result]":
        """If they fail together for another reason than an outage, each is tried alone, so that a bad one fails by itself."""
        (outcome,) = await asyncio.gather(self._commit(items), return_exceptions=True)
        if not isinstance(outcome, BaseException):
            return outcome
        if len(items) == 1 or isinstance(outcome, Unreachable):
            return [outcome] * len(items)
        return [(await self._outcomes([item]))[0] for item in items]

    async def _commit(self, items: list[Item]) -> "Outcomes[Result]":
        async def work(tx: "Transaction") -> "Outcomes[Result]":
            outcomes = await self._work(tx, items)
            if len(outcomes) != len(items):
                raise ValueError(f"{len(outcomes)} outcomes for {len(items)} items")
            return cast("Outcomes[Result]", outcomes)

        return await self._database.transact(work, by=self._by)


def _settle(future: "asyncio.Future[Result]", outcome: "Result | BaseException") -> None:
    if future.done():
        return
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def in_parts(items: Sequence[Item], most: int) -> Iterator[list[Item]]:
    """In their order, `most` at a time; the last may be fewer."""
    for start in range(0, len(items), most):
        yield list(items[start : start + most])
