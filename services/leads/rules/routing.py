"""Whose leads are these? The first rule that holds says which team's."""

from services.leads.models import RoutingRule, RoutingSet
from services.leads.rules.expressions import FAILURES, Context, compiled


class Router:
    """Routes leads by one set of rules; a rule that fails on a lead does not hold for it."""

    def __init__(self, routing: RoutingSet) -> None:
        self.version = routing.version
        self._rules = [(rule, compiled(rule).execute) for rule in routing.rules]

    def route(self, context: Context) -> RoutingRule | None:
        """None when no rule holds: the lead waits for somebody to claim it."""
        for rule, holds in self._rules:
            try:
                if holds(context) is True:
                    return rule
            except FAILURES:
                continue
        return None
