"""What a set of routing rules would have done with the leads of the past; nothing is written."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from services.leads import store
from services.leads.models import CriteriaSet, LeadDocument, RoutingDifference, RoutingSet, RoutingSimulation
from services.leads.rules.distribution.rehearsal import Rehearsal
from services.leads.rules.duplicates.customers import NOBODYS, Customers, all_keys
from services.leads.rules.judging.policy import Policy
from services.leads.service.policies import policy_of
from shared.database import Database

MOST_EXAMPLES = 50
# The loop is let go after so many, so that others are answered meanwhile.
AT_ONCE = 50


async def simulate_routing(db: Database, version: int, most: int) -> RoutingSimulation:
    """With the latest leads that went to somebody, or wait to; each dealt to who would have been there when it came."""
    routing = await store.get_policy(db, RoutingSet, version)
    policy = await policy_of(db, await store.find_active_policy(db, CriteriaSet), routing)
    leads = await store.find_latest_good_leads(db, most)
    customers = await _customers(db, policy, leads)
    routes = {lead["_id"]: policy.route(lead, customers) for lead in leads}
    reps = await store.find_reps_of(db, sorted({route.pool_id for route in routes.values() if route}))
    rehearsal = Rehearsal(reps, await store.find_pools(db, sorted({rep.team_id for rep in reps})))
    simulation = _Tally(version)
    for number, lead in enumerate(reversed(leads)):
        route = routes[lead["_id"]]
        simulation.add(lead, rehearsal.give(lead, route), route.rule.name if route else None, route.pool_id if route else None)
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return simulation.result()


async def _customers(db: Database, policy: Policy, leads: Sequence[LeadDocument]) -> Customers:
    keys = all_keys(leads) if policy.asks_for_customers else []
    return await store.find_owners_of_customers(db, keys) if keys else NOBODYS


class _Tally:
    def __init__(self, version: int) -> None:
        self._version, self._leads, self._waiting, self._changed = version, 0, 0, 0
        self._by_rule: Counter[str] = Counter()
        self._by_rep: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._examples: list[RoutingDifference] = []

    def add(self, lead: LeadDocument, rep_id: str | None, rule: str | None, team_id: str | None) -> None:
        self._leads += 1
        self._by_rule[rule or ""] += 1
        self._by_rep[rep_id or ""] += 1
        self._before[lead.get("owner_id") or ""] += 1
        self._waiting += rep_id is None
        was = lead.get("rule"), lead.get("pool_id", lead.get("team_id"))
        if was != (rule, team_id):
            self._changed += 1
            told = {"was_rule": was[0], "was_team_id": was[1], "was_owner_id": lead.get("owner_id")}
            self._examples.append(RoutingDifference(lead_id=lead["_id"], rule=rule, team_id=team_id, owner_id=rep_id, **told))

    def result(self) -> RoutingSimulation:
        return RoutingSimulation(
            version_simulated=self._version,
            leads=self._leads,
            changed=self._changed,
            waiting=self._waiting,
            by_rule=dict(self._by_rule.most_common()),
            by_owner=dict(self._by_rep.most_common()),
            by_owner_before=dict(self._before.most_common()),
            examples=self._examples[-MOST_EXAMPLES:],
        )
