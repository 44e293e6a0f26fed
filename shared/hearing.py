"""From deliveries to effects: inbox, handler and parking in one transaction. Kafka is elsewhere; replays and tests come here too."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import count
from typing import Any

from shared.database import Database
from shared.delivery import Delivery
from shared.errors import Refused
from shared.events import event_type_of
from shared.inbox import unheard
from shared.isolation import Isolation
from shared.metrics import BATCH_SECONDS, BATCH_SIZE, EVENT_AGE_SECONDS, EVENTS_HANDLED, EVENTS_SKIPPED, PARKED
from shared.subscriptions import Handler, Subscriptions
from shared.telemetry import span
from shared.transaction import Transaction

# Whoever has begun one batch so many times, for about an eighth of a second, meets somebody who goes on, and leaves them alone for a while.
MEETINGS, APART_SECONDS = 6, 2.0


class Hearing:
    """Settles what was delivered to one service. After `settle` returns, each delivery has had its one fate.

    `reads_all` tells whether all that the group reads is delivered here: then a handler finds `tx.alone`. `handled` is called when a
    handler has done its work, and all that is left is to write it.
    """

    def __init__(
        self,
        database: Database,
        subscriptions: Subscriptions,
        *,
        pause: Callable[[float], Awaitable[None]] | None = None,
        generation: int = 0,
        reads_all: Callable[[], bool] = lambda: False,
        handled: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._subscriptions, self._generation, self._handled = database, subscriptions, generation, handled
        self._reads_all, self._met = reads_all, float("-inf")
        options = {"pause": pause} if pause else {}
        self._isolation: Isolation[Delivery] = Isolation(self._attempt, self._park, **options)

    async def settle(self, deliveries: Iterable[Delivery]) -> None:
        for group in self._by_handler(deliveries):
            self._isolation.count_bad(sum(_is_our_own_fault(delivery) for delivery in group))
            await self._isolation.settle(group)

    def _by_handler(self, deliveries: Iterable[Delivery]) -> list[list[Delivery]]:
        """One group per handler: order within a topic is kept, and topics have none between each other."""
        groups: dict[Handler | None, list[Delivery]] = {}
        for delivery in deliveries:
            if delivery.event is None and delivery.refusal is None:
                EVENTS_SKIPPED.labels(delivery.topic).inc()
            else:
                groups.setdefault(self._subscriptions.handler_of(delivery.topic), []).append(delivery)
        return list(groups.values())

    async def _attempt(self, deliveries: Sequence[Delivery]) -> None:
        began, topic = time.perf_counter(), deliveries[0].topic
        tries = count()

        async def hear(tx: Transaction) -> list[dict[str, Any]]:
            if next(tries) >= MEETINGS:
                self._met = time.monotonic()
            tx.alone = self._is_alone()
            parked = await self.hear(tx, list(deliveries))
            self._handled()
            return parked

        with span(f"hear {topic}", parent=_trace_of(deliveries)):
            parked = await self._database.transact(hear, by=topic, generation=self._generation)
        BATCH_SECONDS.labels(topic).observe(time.perf_counter() - began)
        BATCH_SIZE.labels(topic).observe(len(deliveries))
        EVENTS_HANDLED.labels(topic).inc(len(deliveries))
        EVENT_AGE_SECONDS.labels(topic).observe(max(0.0, time.time() - deliveries[-1].timestamp_ms / 1000))
        for row in parked:
            PARKED.labels(row["topic"], row["reason"]).inc()

    def _is_alone(self) -> bool:
        return self._reads_all() and time.monotonic() - self._met > APART_SECONDS

    async def hear(self, tx: Transaction, deliveries: list[Delivery]) -> list[dict[str, Any]]:
        """The effects of one batch; returns the rows of what was parked."""
        fresh = await unheard(tx, deliveries)
        for delivery in fresh:
            if delivery.refusal is not None:
                tx.park(delivery, delivery.refusal)
        events = {delivery.event.envelope.identity: delivery for delivery in fresh if delivery.event is not None}
        handler = self._subscriptions.handler_of(deliveries[0].topic)
        if events and handler is not None:
            tx.deliveries = events
            await handler(tx, [delivery.event for delivery in events.values()])
        return tx.parked

    async def _park(self, delivery: Delivery, error: BaseException, attempts: int) -> None:
        async def park(tx: Transaction) -> None:
            if await unheard(tx, [delivery]):
                tx.park(delivery, error, attempts=attempts)

        await self._database.transact(park, by="parking", generation=self._generation)
        PARKED.labels(delivery.topic, "refused" if isinstance(error, Refused) else "bug").inc()


def _trace_of(deliveries: Sequence[Delivery]) -> str | None:
    """A batch has many causes; its span stands in the trace of the first."""
    return next((one.event.envelope.traceparent for one in deliveries if one.event is not None), None)


def _is_our_own_fault(delivery: Delivery) -> bool:
    """What outsiders publish may be bad at any rate; what our own services say may not."""
    if delivery.refusal is None:
        return False
    event_type = event_type_of(delivery.topic)
    return event_type is not None and not event_type.inbound
