"""The reps of a pool as they are now, and how many leads they have open."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.leads import store
from services.leads.models import Pool, Rep
from services.leads.rules.distribution import dealing
from services.leads.rules.distribution.availability import Seat, seat_of, seats_of
from services.leads.rules.distribution.choosing import Table
from services.leads.rules.distribution.loads import load_of
from services.leads.service.policies import current_policy
from shared.timers import Timer
from shared.transaction import Transaction

POOL_WAITING = "pool.waiting"
POOL_RECOUNT = "pool.recount"
# By then all that began before the pool counted has ended, and has its effect on what is counted anew.
ALL_HAVE_HEARD = timedelta(seconds=90)
ONCE_MORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Crew:
    """A pool with those of its team who are active, as they are at `at`."""

    pool: Pool
    seats: Sequence[Seat]
    at: datetime

    @property
    def is_plain(self) -> bool:
        """Whether it is enough to take turns."""
        return not self.pool.counting and not any(seat.is_limited for seat in self.seats)

    @property
    def away(self) -> list[Seat]:
        return [seat for seat in self.seats if seat.away]

    def table(self) -> Table:
        return Table(self.pool, self.seats, self.at)


async def crews_now(tx: Transaction, pool_ids: Iterable[str]) -> dict[str, Crew]:
    ids = list(pool_ids)
    if not ids:
        return {}
    pools, reps = await store.find_pools(tx, ids), await store.find_reps_of(tx, ids)
    seats = {pool_id: seats_of(pools[pool_id], reps, tx.now) for pool_id in ids}
    here = {pool_id: [seat.rep_id for seat in seats[pool_id] if not seat.away] for pool_id in ids}
    return {pool_id: Crew(dealing.welcomed(pools[pool_id], here[pool_id]), seats[pool_id], tx.now) for pool_id in ids}


async def with_loads(tx: Transaction, crew: Crew) -> Crew:
    """The first time that somebody asks for it, what they have open is counted; from then on it is kept."""
    reps = [seat.rep_id for seat in crew.seats]
    if not crew.pool.counting:
        tx.schedule(tx.now + ALL_HAVE_HEARD, POOL_RECOUNT, {}, key=crew.pool.id)
        return Crew(await _counted(tx, crew.pool, reps), crew.seats, crew.at)
    changes = await store.take_load_changes(tx, reps)
    return Crew(crew.pool.model_copy(update={"open": _changed(crew.pool.open, changes)}), crew.seats, crew.at)


async def recount(tx: Transaction, due: list[Timer]) -> None:
    for timer in due:
        pools, reps = await store.find_pools(tx, [timer.key]), await store.find_reps_of(tx, [timer.key])
        await store.save_pools(tx, [await _counted(tx, pools[timer.key], [rep.id for rep in reps])])
        tx.schedule(tx.now + ONCE_MORE, POOL_RECOUNT, {}, key=timer.key)
        tx.schedule(tx.now, POOL_WAITING, {}, key=timer.key)


async def move_load(tx: Transaction, rep_id: str, *, to: str) -> None:
    """A rep takes their open leads along into another team."""
    pool = (await store.find_pools(tx, [to]))[to]
    if pool.counting:
        await store.take_load_changes(tx, [rep_id])
        count = await store.count_open_leads(tx, [rep_id])
        await store.save_pools(tx, [pool.model_copy(update={"open": pool.open | {rep_id: count.get(rep_id, 0)}})])


async def _counted(tx: Transaction, pool: Pool, reps: Collection[str]) -> Pool:
    await store.take_load_changes(tx, reps)
    return pool.model_copy(update={"counting": True, "open": await store.count_open_leads(tx, reps)})


def _changed(open_leads: Mapping[str, int], changes: Mapping[str, int]) -> dict[str, int]:
    reps = open_leads.keys() | changes.keys()
    return {rep_id: max(0, open_leads.get(rep_id, 0) + changes.get(rep_id, 0)) for rep_id in reps}


class Loads:
    """What becomes of the loads of reps in one transaction, other than by dealing."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._changes: dict[str, int] = {}

    def note(self, before: str | None, after: str | None) -> None:
        """Whom a lead weighed on before, and whom it weighs on now."""
        if before != after:
            for rep_id, by in ((before, -1), (after, 1)):
                if rep_id is not None:
                    self._changes[rep_id] = self._changes.get(rep_id, 0) + by

    def note_change(self, lead: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
        self.note(load_of(lead), load_of({**lead, **fields}))

    async def write(self) -> None:
        """Where it is counted. Whoever has room again may be waited for."""
        changes = {rep_id: by for rep_id, by in self._changes.items() if by}
        counted = (await current_policy(self._tx.database)).counted if changes else frozenset()
        await store.add_load_changes(self._tx, {rep_id: by for rep_id, by in changes.items() if rep_id in counted})
        relieved = [rep_id for rep_id, by in changes.items() if by < 0 and rep_id in counted]
        if relieved:
            await _wake(self._tx, relieved)


async def _wake(tx: Transaction, rep_ids: Collection[str]) -> None:
    reps = await store.find_reps(tx, rep_ids)
    for pool_id in await store.find_pools_waited_for(tx, sorted({rep.team_id for rep in reps.values()})):
        tx.schedule(tx.now, POOL_WAITING, {}, key=pool_id)


async def respond_by(tx: Transaction, rep: Rep, seconds: int) -> datetime:
    """In the working time of one to whom a lead is given by hand."""
    pool = (await store.find_pools(tx, [rep.team_id]))[rep.team_id]
    return seat_of(rep, pool, tx.now).respond_by(tx.now, seconds)
