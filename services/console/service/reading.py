"""Takes in what was said: events become facts, facts become rows, and the pages are told what has changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC
from itertools import chain

from services.console.models import Row, Story
from services.console.rules import merge, new_row, passed_on, settle, story_of
from services.console.service.forgetting import Said, forget_again
from services.console.service.rebuild import generation_of
from services.console.store import MANY, Shelf
from shared.events import Event
from shared.transaction import Transaction

Told = list[tuple[Event, Story]]
# Beyond this many records it is cheaper for a page to look than for all of them to be named.
MOST_NAMES = 100


async def take_in(tx: Transaction, events: Sequence[Event]) -> None:
    """One read and one write per collection, however many events there are."""
    told: Told = [(event, story_of(event)) for event in events]
    shelf = Shelf(tx, await generation_of(tx))
    changed = await keep_facts(shelf, [(event.envelope.time, fact) for event, story in told for fact in story.facts])
    entries = [_entry(event, story) for event, story in told if story.about is not None]
    if entries:
        await shelf.add_entries(entries)
        changed |= await keep_facts(shelf, await forget_again(shelf, entries))
    await _count(shelf, tx, told)
    await shelf.note_progress(_progress(tx, told))
    await shelf.tell_changes(_names(changed, told))


async def keep_facts(shelf: Shelf, said: Iterable[Said]) -> set[str]:
    """Returns the kinds of the records that are different now. Leads go first, for they pass their owners on to their sales."""
    by_kind: defaultdict[str, list[Said]] = defaultdict(list)
    for at, fact in said:
        by_kind[fact.kind].append((at, fact))
    leads = await _keep_kind(shelf, "leads", by_kind.pop("leads", []))
    by_kind["opportunities"] += chain.from_iterable(passed_on(lead) for lead in leads)
    changed = {kind for kind, facts in by_kind.items() if await _keep_kind(shelf, kind, facts)}
    return changed | {"leads"} if leads else changed


async def _keep_kind(shelf: Shelf, kind: str, said: Sequence[Said]) -> list[Row]:
    """Returns the rows that are different now."""
    known = await shelf.find_rows(kind, {fact.id for _, fact in said}) if said else {}
    rows, changed = dict(known), set[str]()
    for at, fact in said:
        row = rows.get(fact.id) or rows.setdefault(fact.id, new_row(fact.id))
        if merge(row, fact, at):
            changed.add(fact.id)
    settled = [settle(kind, rows[row_id]) for row_id in changed]
    if settled:
        await shelf.save_rows(kind, settled, known)
    return settled


def _entry(event: Event, story: Story) -> Row:
    """One line of a timeline. Its id sorts by when it was said, among those of one moment."""
    envelope = event.envelope
    return {
        "_id": f"{envelope.id} {envelope.source}",
        "about": story.about,
        "topic": event.topic,
        "at": story.at or envelope.time,
        "service": envelope.source.rsplit("/", 1)[-1],
        "names": story.all_names,
        "told": {name: value for name, value in story.told.items() if value is not None and value != []},
    }


async def _count(shelf: Shelf, tx: Transaction, told: Told) -> None:
    counters: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for event, story in told:
        if story.counted is not None:
            day = (story.at or event.envelope.time).astimezone(UTC).date().isoformat()
            counters[day, _place(tx, event)][story.counted] += 1
    if counters:
        await shelf.raise_counters(counters)


def _progress(tx: Transaction, told: Told) -> dict[str, int]:
    read: dict[str, int] = {}
    for event, _ in told:
        place = _place(tx, event)
        read[place] = max(read.get(place, -1), tx.deliveries[event.envelope.identity].offset)
    return read


def _place(tx: Transaction, event: Event) -> str:
    return f"{event.topic}/{tx.deliveries[event.envelope.identity].partition}"


def _names(changed: set[str], told: Told) -> list[str]:
    """What pages watch: kinds of records, records, and what else a story concerns."""
    about = {story.about for _, story in told if story.about is not None}
    records = sorted(about) if len(about) <= MOST_NAMES else [MANY]
    return [*sorted(changed), *records, *sorted({name for _, story in told for name in story.concerns})]
