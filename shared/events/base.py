"""What every event has in common: its topic, its key, its envelope."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

DAY_MS = 24 * 3600 * 1000
FOR_EVER = -1


class Envelope(NamedTuple):
    """The CloudEvents attributes of one event. `source` + `id` is the identity for deduplication."""

    id: str
    source: str
    time: datetime
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None

    @property
    def identity(self) -> str:
        return f"{self.source} {self.id}"


class Event(BaseModel):
    """Something that happened, in one service's words, for all to hear.

    A subclass names its topic by its own name (`LeadQualified` is `lead.qualified`), its key by `key_field`,
    and says how many partitions its topic has and how long it is kept. Unknown fields are ignored.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)

    topic: ClassVar[str]
    key_field: ClassVar[str]
    inbound: ClassVar[bool] = False
    internal: ClassVar[bool] = False
    partitions: ClassVar[int] = 4
    retention_ms: ClassVar[int] = FOR_EVER

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        if hasattr(cls, "key_field"):
            cls.topic = _topic_of(cls.__name__)
            _CATALOGUE[cls.topic] = cls

    @cached_property
    def envelope(self) -> Envelope:
        """The envelope it travelled in; only an event that was received or emitted has one."""
        raise ValueError(f"{self.topic} has not been emitted yet, so it has no envelope")

    def in_envelope(self, envelope: Envelope) -> Self:
        # Beside the fields, where pydantic leaves cached properties alone: a private attribute would cost every event a call to make it.
        vars(self)["envelope"] = envelope
        return self

    def key(self) -> str:
        """The message key: the aggregate's id, so that everything about it keeps its order."""
        return str(getattr(self, self.key_field))


_CATALOGUE: dict[str, type[Event]] = {}
_TWO_WORD_NOUNS = ("follow_up",)


def catalogue() -> dict[str, type[Event]]:
    """Every event by topic."""
    return dict(sorted(_CATALOGUE.items()))


def event_type_of(topic: str) -> type[Event] | None:
    return _CATALOGUE.get(topic)


def event_types() -> Iterator[type[Event]]:
    return iter(catalogue().values())


def _topic_of(class_name: str) -> str:
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()
    for noun in _TWO_WORD_NOUNS:
        if snake.startswith(noun + "_"):
            return f"{noun}.{snake.removeprefix(noun + '_')}"
    noun, _, verb = snake.partition("_")
    return f"{noun}.{verb}"
