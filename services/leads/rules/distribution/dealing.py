"""Round robin that is exact: nobody is ever more than one lead ahead of another who was there all the time."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

from services.leads.models import Pool

Turn = tuple[int, str]


def welcomed(pool: Pool, available: Iterable[str]) -> Pool:
    """The pool with those who are there now. Who joins or comes back starts level with the last in line, so as not to be flooded.

    Where nobody stayed, all start level with whoever was dealt most.
    """
    here = sorted(available)
    stayed = [pool.dealt.get(rep, 0) for rep in here if rep in pool.present]
    start = min(stayed) if stayed else max(pool.dealt.values(), default=0)
    dealt = {rep: pool.dealt.get(rep, 0) if rep in pool.present else max(start, pool.dealt.get(rep, 0)) for rep in here}
    lag = {rep: pool.lag[rep] for rep in here if rep in pool.present and rep in pool.lag} if pool.lag else {}
    return pool.model_copy(update={"dealt": {**pool.dealt, **dealt}, "present": here, "lag": lag})


def deal(pool: Pool, leads: Sequence[str], not_to: Mapping[str, str]) -> tuple[dict[str, str], Pool]:
    """Each lead's rep, and the pool afterwards. `not_to` names for some leads the rep who had it and did not respond.

    Such a lead goes back to the same rep only when nobody else is there. Without anybody there, nothing is dealt.
    """
    if not pool.present:
        return {}, pool
    turns: list[Turn] = [(pool.dealt.get(rep, 0), rep) for rep in pool.present]
    heapify(turns)
    owners = {lead: _next(turns, not_to.get(lead)) for lead in leads}
    return owners, pool.model_copy(update={"dealt": {**pool.dealt, **{rep: count for count, rep in turns}}})


def _next(turns: list[Turn], unwanted: str | None) -> str:
    count, rep = heappop(turns)
    if rep == unwanted and turns:
        passed_over, (count, rep) = (count, rep), heappop(turns)
        heappush(turns, passed_over)
    heappush(turns, (count + 1, rep))
    return rep
