"""What a service hears, and which function hears it."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.events import Event
from shared.transaction import Transaction

Handler = Callable[[Transaction, list[Any]], Awaitable[None]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Subscription:
    """`handler` gets, in one transaction, a batch of events of these types in the order in which they were read."""

    event_types: tuple[type[Event], ...]
    handler: Handler
    role: str
    seconds_apart: float = 0.0


class Subscriptions:
    """The consumers of one service, by role."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def on(self, *event_types: type[Event], role: str = "consumer", seconds_apart: float = 0.0) -> Callable[[H], H]:
        """`seconds_apart`: what nobody waits for is gathered for so long, once a batch has begun, instead of being heard one by one."""

        def subscribe(handler: H) -> H:
            self._subscriptions.append(Subscription(event_types, handler, role, seconds_apart))
            return handler

        return subscribe

    def subscribed(self, role: str | None = None) -> list[Subscription]:
        return [one for one in self._subscriptions if role in (None, one.role)]

    def topics(self, role: str | None = None) -> list[str]:
        return sorted({event_type.topic for one in self.subscribed(role) for event_type in one.event_types})

    def seconds_apart(self, role: str) -> float:
        """Between the beginnings of two batches."""
        return max((one.seconds_apart for one in self.subscribed(role)), default=0.0)

    def roles(self) -> list[str]:
        return sorted({one.role for one in self._subscriptions})

    def handler_of(self, topic: str) -> Handler | None:
        return next((handler for heard, handler in self._pairs() if heard == topic), None)

    def _pairs(self) -> Iterator[tuple[str, Handler]]:
        return ((event_type.topic, one.handler) for one in self._subscriptions for event_type in one.event_types)
