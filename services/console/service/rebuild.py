"""Builds the read models again from nothing, while the pages go on showing the old ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.console import store
from services.console.models import Row
from shared.change import Change
from shared.database import Database, utcnow
from shared.errors import NotAllowedNow
from shared.transaction import Transaction

# Pages that were being made when the generations changed still read the old one.
GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Rebuild:
    """How far a rebuild has come: `done` of `total` events, and which generation is shown meanwhile."""

    state: str
    generation: int
    done: int
    total: int
    began_at: datetime | None
    ended_at: datetime | None


async def generation_to_write(db: Database) -> int:
    state = await store.find_state(db)
    return _writing(state)


async def generation_of(tx: Transaction) -> int:
    """A consumer knows its generation; an operator's replay belongs to the one that is being written."""
    return _writing(await store.get_state(tx)) if tx.by.startswith("user:") else tx.generation


def _writing(state: Row) -> int:
    building: int | None = state["building"]
    return int(state["reading"]) if building is None else building


async def prepare_generation(db: Database) -> None:
    """Indexes can't be made inside a transaction, and before the first row they cost nothing."""
    state = await store.find_state(db)
    await db.ensure_indexes(store.indexes_of(state["last"] + 1))


async def begin_rebuild(tx: Transaction) -> Row:
    state = await store.get_state(tx)
    if state["building"] is not None:
        raise NotAllowedNow("A rebuild is under way already", field="rebuild", rule="one_at_a_time")
    begun = {"building": state["last"] + 1, "last": state["last"] + 1, "began_at": tx.now, "ended_at": None}
    await store.save_state(tx, **begun)
    tx.record(Change(of="rebuild", id="console", version=state["last"] + 1, what="begun"))
    return state | begun


async def follow_rebuild(db: Database) -> Rebuild:
    state = await store.find_state(db)
    done, total = await _progress(db, state)
    doing = "idle" if state["building"] is None else "building"
    return Rebuild(doing, state["reading"], done, total, state.get("began_at"), state.get("ended_at"))


async def tend_generations(db: Database) -> int:
    """Shows the new generation as soon as it has taken in what the old one had, and drops the old one a little later."""
    state = await store.find_state(db)
    if state["building"] is not None and await _has_caught_up(db, state):
        await db.transact(_switch, by="system")
    elif state["retired"] is not None and state["ended_at"] + GRACE < utcnow():
        await store.drop_generation(db, state["retired"])
        await db.transact(lambda tx: store.save_state(tx, retired=None), by="system")
    return 0


async def _switch(tx: Transaction) -> None:
    state = await store.get_state(tx)
    if state["building"] is None:
        return
    await store.save_state(tx, reading=state["building"], building=None, retired=state["reading"], ended_at=tx.now)
    await store.add_change_of_everything(tx, state["building"])
    tx.record(Change(of="rebuild", id="console", version=state["building"], what="ended"))


async def _has_caught_up(db: Database, state: Row) -> bool:
    """The old generation is not written any more, so where it stopped is what the new one must reach."""
    old, new = await store.find_progress(db, state["reading"]), await store.find_progress(db, state["building"])
    behind = {place: offset for place, offset in old.items() if new.get(place, -1) < offset}
    return all([await store.is_parked_beyond(db, place, offset) for place, offset in behind.items()])


async def _progress(db: Database, state: Row) -> tuple[int, int]:
    old = await store.find_progress(db, state["reading"])
    total = sum(offset + 1 for offset in old.values())
    if state["building"] is None:
        return total, total
    new = await store.find_progress(db, state["building"])
    return sum(min(new.get(place, -1), offset) + 1 for place, offset in old.items()), total
