"""The indexes that a service wants, and how they come to be."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from pymongo import IndexModel
from pymongo.errors import OperationFailure

Document = dict[str, Any]
_OTHER_OPTIONS = 85


@dataclass(frozen=True, slots=True)
class Index:
    """One index of one collection; `partial` is a filter, `keys` pairs of field and direction."""

    collection: str
    keys: Sequence[tuple[str, int]]
    unique: bool = False
    sparse: bool = False
    partial: Document | None = None
    expire_after_seconds: int | None = None

    def kept_for(self, days: int | None) -> "Index":
        """With another age at which rows expire, if they expire by age at all."""
        return replace(self, expire_after_seconds=days * 24 * 3600) if days and self.expire_after_seconds else self

    def options(self) -> Document:
        chosen: Document = {"unique": self.unique or None, "sparse": self.sparse or None}
        chosen |= {"partialFilterExpression": self.partial, "expireAfterSeconds": self.expire_after_seconds}
        return {name: value for name, value in chosen.items() if value is not None}


async def ensure_indexes(collection: Callable[[str], Any], indexes: Iterable[Index]) -> None:
    """Those of a collection together, which MongoDB makes several times as fast as one by one."""
    of_collection: defaultdict[str, list[Index]] = defaultdict(list)
    for index in indexes:
        of_collection[index.collection].append(index)
    for name, some in of_collection.items():
        await _ensure_some(collection(name), some)


async def _ensure_some(collection: Any, indexes: list[Index]) -> None:
    try:
        await collection.create_indexes([IndexModel(list(index.keys), **index.options()) for index in indexes])
    except OperationFailure as refusal:
        if refusal.code != _OTHER_OPTIONS:
            raise
        for index in indexes:
            await _ensure_index(collection, index)


async def _ensure_index(collection: Any, index: Index) -> None:
    """One by which rows expire is made anew when they are to expire at another time."""
    keys = list(index.keys)
    try:
        await collection.create_index(keys, **index.options())
    except OperationFailure as refusal:
        if refusal.code != _OTHER_OPTIONS or index.expire_after_seconds is None:
            raise
        with suppress(OperationFailure):
            await collection.drop_index(keys)
        await collection.create_index(keys, **index.options())
