"""What the console keeps: facts about records, and what an event means to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Row = dict[str, Any]
# One record of whatever kind, as in `lead:0192…`: timelines and links speak of records by it.
Ref = str
Kind = Literal["leads", "opportunities", "accounts", "cases", "reps", "stages", "links", "policies"]
Stamp = list[Any]
# What every page shows depends on it.
MASKING = "masking"
# Which groups of fields somebody does not see.
Hidden = frozenset[str]
NOTHING_HIDDEN: Hidden = frozenset()
# How the words begin by which a search finds an address; nobody can type it into one.
ADDRESS = "a:"

NOUNS: Mapping[str, str] = {"leads": "lead", "opportunities": "opportunity", "accounts": "account", "cases": "case"}


def ref_of(kind: str, record_id: str) -> Ref:
    return f"{NOUNS[kind]}:{record_id}"


def address_name(email_hash: str) -> str:
    return f"email:{email_hash}"


@dataclass(frozen=True, slots=True)
class Fact:
    """What one event says about one part of one record. Of two facts about a part the newer stands, whichever came first."""

    kind: Kind
    id: str
    part: str
    version: int
    says: Row


def link(one: Ref, other: Ref, *, version: int = 0, tied: bool = True) -> Fact:
    """Of two records of one customer; with `tied` off, that it was a mistake."""
    ends = sorted((one, other))
    return Fact("links", "|".join(ends), "tie", version, {"ends": ends, "tied": tied})


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees: of each kind the records within its filter, without any filter all; and of none what is `hidden`.

    `show` takes that out of a row.
    """

    scopes: Mapping[str, Row]
    hidden: Hidden
    show: Callable[[Row], Row]


@dataclass(frozen=True, slots=True)
class Subject:
    """The record that an event is about, at the version that the event made."""

    kind: Kind
    id: str
    version: int

    @property
    def ref(self) -> Ref:
        return ref_of(self.kind, self.id)

    def says(self, part: str, **says: Any) -> Fact:
        return Fact(self.kind, self.id, part, self.version, says)

    def linked(self, other_kind: str, other_id: str | None) -> list[Fact]:
        """That this and the other record belong to one customer, for good; nothing if there is no other."""
        return [link(self.ref, ref_of(other_kind, other_id))] if other_id is not None else []


@dataclass(frozen=True, slots=True)
class Story:
    """All that one event means to the console.

    `about` is whose timeline it belongs to, `told` what the timeline keeps of it, `counted` the day's counter that it raises,
    `concerns` names of what pages watch beside the records themselves, `names` what else it goes by when a person is to be forgotten.
    """

    facts: Sequence[Fact] = ()
    about: Ref | None = None
    at: datetime | None = None
    told: Row = field(default_factory=dict)
    counted: str | None = None
    concerns: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def all_names(self) -> list[str]:
        """An account goes on when one of its people is forgotten, so it lends no name to what is told of it."""
        own = self.about is not None and not self.about.startswith(f"{NOUNS['accounts']}:")
        return [str(self.about), *self.names] if own else [*self.names]
