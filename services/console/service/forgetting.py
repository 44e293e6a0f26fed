"""What timelines tell of a person is forgotten under every name that it goes by, whether it was heard before or is heard again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.console.models import NOUNS, Fact, Row
from services.console.store import Shelf

Said = tuple[datetime, Fact]
CASE = f"{NOUNS['cases']}:"


async def forget(shelf: Shelf, names: Iterable[str], at: datetime) -> list[Said]:
    """What is forgotten under one name is forgotten under all that it shares: a lead leads to its sale, an address to its cases.

    Returns the facts that take the person out of these cases.
    """
    fresh, forgotten = set(names), set[str]()
    while fresh:
        forgotten |= fresh
        await shelf.add_forgotten(fresh, at)
        fresh = await shelf.blank_entries(fresh) - forgotten
    return [(at, Fact("cases", name.removeprefix(CASE), "erased", 1, {"at": at})) for name in sorted(forgotten) if name.startswith(CASE)]


async def forget_again(shelf: Shelf, entries: Sequence[Row]) -> list[Said]:
    """Of what was just heard, all that goes by a name that is forgotten."""
    found = await shelf.find_forgotten({name for entry in entries for name in entry["names"]})
    return await forget(shelf, found, min(found.values())) if found else []
