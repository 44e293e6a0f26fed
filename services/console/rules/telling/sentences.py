"""What a sentence is, and who tells which entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.console.models import Row
from services.console.rules.wording import capital

Tone = Literal["plain", "good", "bad", "warn"]
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sentence:
    """`icon` and `tone` for the eye; `moments` are times with what they are, which the browser shows in the reader's zone."""

    title: str
    detail: str = ""
    icon: str = "dot"
    tone: Tone = "plain"
    moments: tuple[tuple[str, datetime | None], ...] = ()
    reasons: list[Row] = field(default_factory=list)


class Told(dict[str, Any]):
    """What is not there was never said, or was erased."""

    def __missing__(self, name: str) -> Any:
        return None


Teller = Callable[[Told, Names], Sentence]
_TELLERS: dict[str, Teller] = {}


def tell(entry: Row, names: Names) -> Sentence:
    """In words; an entry whose words were erased keeps its title."""
    teller = _TELLERS.get(entry["topic"])
    if teller is None or not entry["told"]:
        return Sentence(capital(entry["topic"].replace(".", " ").replace("_", " ")))
    return teller(Told(entry["told"]), names)


def people_in(entry: Row) -> set[str]:
    """The reps whose names it takes to tell this."""
    return {entry["told"][name] for name in ("owner_id", "previous_owner_id", "actor_id") if entry["told"].get(name)}


def tells(topic: str) -> Callable[[Teller], Teller]:
    def register(teller: Teller) -> Teller:
        _TELLERS[topic] = teller
        return teller

    return register
