"""Where one lead is worked on by hand, under the same rules as when it came in."""

from services.leads.models import LeadDocument, RoutingRule
from services.leads.rules.policy import Policy
from services.leads.service.policies import current_policy
from services.leads.service.routed import Routed
from shared.transaction import Transaction


class HandDesk:
    """`close` says where leads were sent, once their versions are final."""

    def __init__(self, tx: Transaction, policy: Policy) -> None:
        self.tx, self.policy = tx, policy
        self._routed = Routed()

    @classmethod
    async def opened(cls, tx: Transaction) -> "HandDesk":
        return cls(tx, await current_policy(tx.database))

    def route(self, lead: LeadDocument, rule: RoutingRule) -> None:
        self._routed.add(lead, rule)

    def route_again(self, lead: LeadDocument, *, reason: str) -> None:
        """One that knows its pool and rule from before."""
        self._routed.add_again(lead, reason=reason)

    def close(self) -> None:
        self._routed.say(self.tx)
