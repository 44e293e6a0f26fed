"""Where one lead is worked on by hand, under the same rules as when it came in."""

from services.leads.models import LeadDocument, RoutingRule
from services.leads.rules.policy import Policy
from services.leads.service.failures import Failures
from services.leads.service.policies import current_policy
from services.leads.service.routed import Routed
from shared.transaction import Transaction


class HandDesk:
    """`close` says where leads were sent, once their versions are final."""

    def __init__(self, tx: Transaction, policy: Policy) -> None:
        self.tx, self.policy, self.failures = tx, policy, Failures()
        self._routed = Routed()

    @classmethod
    async def opened(cls, tx: Transaction) -> "HandDesk":
        return cls(tx, await current_policy(tx.database))

    def route(self, lead: LeadDocument, rule: RoutingRule) -> None:
        self._routed.add(lead, rule)

    async def close(self) -> None:
        await self.failures.write(self.tx)
        self._routed.say(self.tx)
