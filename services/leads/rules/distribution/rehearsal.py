"""Leads of the past dealt out as if they came now by other rules, to those who would have been there when they came."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from services.leads.models import LeadDocument, Pool, Rep
from services.leads.rules.distribution.availability import seats_of
from services.leads.rules.distribution.choosing import Table, Wish
from services.leads.rules.distribution.dealing import welcomed
from services.leads.rules.distribution.routing import Route


class Rehearsal:
    """Begins with everybody level. What they had open then is not known, so nobody is full."""

    def __init__(self, reps: Iterable[Rep], pools: Mapping[str, Pool]) -> None:
        self._reps: defaultdict[str, list[Rep]] = defaultdict(list)
        for rep in reps:
            self._reps[rep.team_id].append(rep)
        self._pools = {pool_id: Pool(id=pool_id, hours=pool.hours) for pool_id, pool in pools.items()}

    def give(self, lead: LeadDocument, route: Route | None) -> str | None:
        """Who would have got it; None while nobody would."""
        if route is None or route.demands.get("claim") or route.pool_id not in self._pools:
            return None
        pool, at = self._pools[route.pool_id], lead["created_at"]
        seats = seats_of(pool, self._reps[route.pool_id], at)
        table = Table(welcomed(pool, [seat.rep_id for seat in seats if not seat.away]), seats, at)
        choice = table.choose(Wish(route.demands))
        self._pools[route.pool_id] = table.pool()
        return choice.seat.rep_id if choice else None
