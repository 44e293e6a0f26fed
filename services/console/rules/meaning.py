"""Which function knows what an event means."""

from collections.abc import Callable
from typing import Any, TypeVar

from services.console.models import Story
from shared.events import Event

Meaning = Callable[[Any], Story]
M = TypeVar("M", bound=Meaning)
MEANINGS: dict[type[Event], Meaning] = {}


def means(*event_types: type[Event]) -> Callable[[M], M]:
    def register(meaning: M) -> M:
        MEANINGS.update(dict.fromkeys(event_types, meaning))
        return meaning

    return register


def story_of(event: Event) -> Story:
    return MEANINGS[type(event)](event)
