"""Platforms are asked for their leads, many at once, by one process at a time; each page goes in with the place where it ends."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from pydantic_core import to_json

from services.leads import store
from services.leads.models import Mapping, Poll, PollState
from services.leads.rules.sources.payloads import Reader
from services.leads.rules.sources.polling import after_failure, after_page
from services.leads.service.sources.fetching import PAGE_BYTES, Fetched, Fetcher
from services.leads.service.sources.polls import mapping_of
from services.leads.service.sources.receiving import Payload, Receipt, receive_payloads
from shared.database import Database, new_id, utcnow
from shared.errors import Refused
from shared.events import Envelope
from shared.isolation import Isolation
from shared.outbound import Outbound
from shared.sealing import Sealer
from shared.settings import Settings
from shared.telemetry import get_logger
from shared.transaction import Transaction
from shared.work import Worker, WorkLoop

log = get_logger(__name__)
AT_ONCE = 50
BETWEEN_LOOKS = 0.5
BY = "polling"


@dataclass(frozen=True, slots=True)
class _Call:
    poll: Poll
    state: PollState
    task: "asyncio.Task[Fetched]"

    def outcome(self) -> Fetched:
        """One that ended in a bug of ours has failed."""
        bug = self.task.exception()
        if bug is None:
            return self.task.result()
        log.error("asking a platform failed", source=self.poll.id, exc_info=bug)
        return Fetched(self.poll, self.state, utcnow(), problem=_told(bug))


class Polling:
    """A part of the process that has the scheduler. A page that was fetched and not committed is fetched again."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._db = database
        self._outbound = Outbound(settings.outbound_networks, most_bytes=PAGE_BYTES)
        self._fetcher = Fetcher(self._outbound, Sealer(settings.secret_key))
        self._loop = WorkLoop(database, Worker("polling", work=lambda _: self.poll_some(), idle_seconds=1))
        self._calls: dict[str, _Call] = {}
        self._settling: Isolation[Fetched] = Isolation(self._settle, self._set_aside, self._loop.pause)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: Any) -> None:
        """Calls under way are given up; whoever takes over makes them again."""
        for call in self._calls.values():
            call.task.cancel()
        await asyncio.gather(*(call.task for call in self._calls.values()), return_exceptions=True)
        await self._outbound.close()

    async def run(self) -> None:
        async with self:
            await self._loop.run()

    async def stop(self) -> None:
        await self._loop.stop()

    async def poll_some(self) -> int:
        """Asks whoever is due, takes in what has come. 0 when there is nobody to ask."""
        await self._begin()
        if self._calls:
            await asyncio.wait([call.task for call in self._calls.values()], timeout=BETWEEN_LOOKS, return_when=asyncio.FIRST_COMPLETED)
        under_way = len(self._calls)
        for fetched in self._done():
            await self._settling.settle([fetched])
        return under_way

    async def _begin(self) -> None:
        """One that hangs takes one of many places, and no other waits for it."""
        free = AT_ONCE - len(self._calls)
        states = await store.find_due_polls(self._db, utcnow(), self._calls, free) if free else []
        polls = await store.find_polls(self._db, [state["_id"] for state in states])
        for state in states:
            if (poll := polls.get(state["_id"])) is not None:
                self._calls[poll.id] = _Call(poll, state, asyncio.create_task(self._fetcher.fetch(poll, state)))

    def _done(self) -> list[Fetched]:
        ended = [call for call in self._calls.values() if call.task.done()]
        for call in ended:
            del self._calls[call.poll.id]
        return [call.outcome() for call in ended if not call.task.cancelled()]

    async def _settle(self, fetched: Sequence[Fetched]) -> None:
        (page,) = fetched
        await self._db.transact(lambda tx: settle_page(tx, page), by=BY)

    async def _set_aside(self, fetched: Fetched, error: BaseException, attempts: int) -> None:
        """What can't be taken in, for a mapping that is gone or a bug of ours, is as if it had not come: it is asked for again."""
        failed = Fetched(fetched.poll, fetched.state, fetched.asked_at, problem=_told(error))
        await self._db.transact(lambda tx: settle_page(tx, failed), by=BY)

    def health(self) -> dict[str, Any]:
        return {**self._loop.health(), "calls": len(self._calls)}


def _told(error: BaseException) -> str:
    return error.detail if isinstance(error, Refused) else f"a bug: {type(error).__name__}"


async def settle_page(tx: Transaction, fetched: Fetched) -> None:
    """The leads of a page and the place after it, in one transaction. Nothing, if the poll has been changed or taken further meanwhile."""
    state = await store.find_poll_state(tx, fetched.poll.id)
    if state is None or state["step"] != fetched.state["step"]:
        return
    if fetched.page is None:
        news = _failed(tx, fetched, state, fetched.problem)
    else:
        news = await _take_in(tx, fetched, state)
    await store.save_poll_state(tx, cast(PollState, {**state, **news, "step": state["step"] + 1}))


async def _take_in(tx: Transaction, fetched: Fetched, state: PollState) -> dict[str, Any]:
    assert fetched.page is not None
    (outcome,) = await receive_payloads(tx, [_payload(tx, fetched, await mapping_of(tx, fetched.poll.id))])
    if isinstance(outcome, Exception):
        return _failed(tx, fetched, state, str(outcome))
    news = after_page(fetched.poll, state, fetched.page, fetched.asked_at, tx.now)
    return news | _counts(state, outcome)


def _payload(tx: Transaction, fetched: Fetched, mapping: Mapping) -> Payload:
    assert fetched.page is not None
    reader, source = Reader(mapping), fetched.poll.id
    items = [item for lead in fetched.page.leads for item in reader.read(source, to_json(lead))]
    page_id = new_id()
    return Payload(source, items, BY, Envelope(page_id, f"/dealwire/{tx.database.name}/poll", tx.now, page_id), via="poll")


def _counts(state: PollState, receipts: list[Receipt]) -> dict[str, int]:
    known = sum(receipt.repeated for receipt in receipts)
    refused = sum(receipt.refusal is not None and not receipt.repeated for receipt in receipts)
    taken = len(receipts) - known - refused
    return {"taken": state["taken"] + taken, "known": state["known"] + known, "refused": state["refused"] + refused}


def _failed(tx: Transaction, fetched: Fetched, state: PollState, problem: str) -> dict[str, Any]:
    log.warning("a poll failed", source=fetched.poll.id, problem=problem)
    jitter = random.uniform(0.5, 1)
    return after_failure(fetched.poll, state, problem, tx.now, after=fetched.after, jitter=jitter, anew=fetched.lost)
