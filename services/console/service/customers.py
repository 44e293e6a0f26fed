"""One customer across all services, whatever id one comes with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console.models import Ref, Row
from services.console.rules.telling import Sentence, people_in, tell
from services.console.store import Library
from shared.errors import NotFound
from shared.paging import Page

MOST_RECORDS = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline, told."""

    id: str
    at: datetime
    topic: str
    service: str
    about: Ref
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Customer:
    """All records of one customer by kind, what happened to them, and the names of the reps in both."""

    id: str
    refs: list[Ref]
    records: dict[str, list[Row]]
    timeline: Page[Entry]
    names: dict[str, str]

    @property
    def name(self) -> str:
        """The account's, else the company's, else the person's."""
        sales, leads = self.records["opportunities"], self.records["leads"]
        told = (
            [row["name"] for row in self.records["accounts"]]
            + [row["company"] for row in sales + leads]
            + [row["name"] for row in sales + leads]
        )
        return next((name for name in told if name), "A customer without a name")


async def find_customer(library: Library, record_id: str, params: dict[str, str]) -> Customer:
    """Raises NotFound, also for a customer of whom they may see nothing."""
    refs = await _family(library, record_id)
    records = await library.find_rows(refs)
    timeline, names = await _timeline(library, refs, params, _owners(records))
    return Customer(record_id, sorted(refs), records, timeline, names)


async def tell_timeline(library: Library, record_id: str, params: dict[str, str]) -> Page[Entry]:
    timeline, _ = await _timeline(library, await _family(library, record_id), params, set())
    return timeline


async def _family(library: Library, record_id: str) -> set[Ref]:
    """Of all the records that this one is tied to, directly or by others, those that they may see."""
    ref = await library.find_ref(record_id)
    known: set[Ref] = set() if ref is None else {ref}
    frontier = known
    while frontier and len(known) < MOST_RECORDS:
        frontier = await library.find_tied(frontier) - known
        known = known | frontier
    seen = await library.find_in_sight(known)
    if not seen:
        raise NotFound("There is no such customer, or it is another team's", field="id", rule="exists")
    return seen


async def _timeline(library: Library, refs: set[Ref], params: dict[str, str], people: set[Any]) -> tuple[Page[Entry], dict[str, str]]:
    page = await library.list_entries(refs, params)
    names = await library.find_names(people.union(*(people_in(row) for row in page.items)))
    return Page[Entry](items=[_told(row, names) for row in page.items], next=page.next), names


def _told(row: Row, names: dict[str, str]) -> Entry:
    return Entry(row["_id"].partition(" ")[0], row["at"], row["topic"], row["service"], row["about"], tell(row, names))


def _owners(records: dict[str, list[Row]]) -> set[Any]:
    return {row.get("owner_id") for rows in records.values() for row in rows}
