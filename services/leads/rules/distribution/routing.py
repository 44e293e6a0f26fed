"""Whose leads are these? The first rule that holds says which team's, and of whom in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.leads.models import Demands, LeadDocument, RoutingRule, RoutingSet
from services.leads.rules.distribution.territories import Atlas
from services.leads.rules.duplicates.customers import Customers, owner_of
from services.leads.rules.judging.expressions import FAILURES, Expression
from shared.events.leads import Claimants


@dataclass(frozen=True, slots=True)
class Route:
    """Where a rule sends a lead. `pool_id` is the team that it is dealt out in, `demands` what is asked of whoever gets it."""

    rule: RoutingRule
    pool_id: str
    text: str
    demands: Demands = field(default_factory=lambda: Demands())
    territory_id: str | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rules may send leads to, besides teams: the territories, and the team of each active rep."""

    atlas: Atlas = field(default_factory=lambda: Atlas(()))
    teams: Mapping[str, str] = field(default_factory=dict)


Guide = Callable[[LeadDocument, Customers], Route | None]


def claimants_of(lead: LeadDocument) -> Claimants | None:
    """Who may take it, if nobody has it and nobody is dealt it."""
    if lead.get("owner_id") is not None or lead["status"] not in ("qualified", "contacted"):
        return None
    if "pool_id" not in lead:
        return "anybody"
    return "team" if "demands" in lead and lead["demands"].get("claim") else None


class Router:
    """Routes leads by one set of rules; a rule that fails on a lead, or leads nowhere, does not hold for it."""

    def __init__(self, routing: RoutingSet, around: Surroundings) -> None:
        self.version, self._around = routing.version, around
        self._rules = [(self._guide(rule), Expression(rule).holds) for rule in routing.rules if not self._leads_nowhere(rule)]

    def route(self, facts: Mapping[str, Any], lead: LeadDocument, customers: Customers) -> Route | None:
        """None when no rule holds: the lead waits for somebody to claim it."""
        for guide, holds in self._rules:
            try:
                if holds(facts) and (route := guide(lead, customers)) is not None:
                    return route
            except FAILURES:
                continue
        return None

    def _leads_nowhere(self, rule: RoutingRule) -> bool:
        return (rule.rep_id is not None or rule.account_owner) and not self._around.teams

    def _guide(self, rule: RoutingRule) -> Guide:
        """Most rules send every lead the same way."""
        if rule.account_owner:
            return lambda lead, customers: self._to_rep(rule, owner_of(lead, customers))
        if rule.territory_id is not None:
            return lambda lead, _: self._to_territory(rule, lead["company"])
        route = self._to_rep(rule, rule.rep_id) if rule.rep_id else _to_team(rule)
        return lambda _lead, _customers: route

    def _to_rep(self, rule: RoutingRule, rep_id: str | None) -> Route | None:
        team_id = self._around.teams.get(rep_id or "")
        if rep_id is None or team_id is None:
            return None
        return Route(rule, team_id, rule.text, {**rule.demands(), "strategy": "direct", "only": [rep_id]})

    def _to_territory(self, rule: RoutingRule, company: Mapping[str, Any]) -> Route | None:
        territory = self._around.atlas.find(str(rule.territory_id), company)
        if territory is None or territory.team_id is None:
            return None
        demands: Demands = {**rule.demands(), "only": territory.rep_ids} if territory.rep_ids else rule.demands()
        return Route(rule, territory.team_id, f"{rule.text}; territory {territory.name}"[:300], demands, territory.id)


def _to_team(rule: RoutingRule) -> Route:
    if rule.claim_team_id is not None:
        return Route(rule, rule.claim_team_id, rule.text, {**rule.demands(), "claim": True})
    return Route(rule, str(rule.team_id), rule.text, rule.demands())
