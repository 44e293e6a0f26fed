"""Where one lead is worked on by hand, under the same rules as when it came in."""

from services.leads import store
from services.leads.models import LeadDocument
from services.leads.rules.distribution.routing import Route
from services.leads.rules.duplicates.customers import Customers
from services.leads.rules.judging.policy import Policy
from services.leads.service.distribution.routed import Routed
from services.leads.service.duplicates.customers import customers_among
from services.leads.service.judging.failures import Failures
from services.leads.service.policies import current_policy
from shared.transaction import Transaction


class HandDesk:
    """`close` says where leads were sent, once their versions are final; what no rule sends anywhere waits for whoever claims it."""

    def __init__(self, tx: Transaction, policy: Policy, customers: Customers) -> None:
        self.tx, self.policy, self.customers, self.failures = tx, policy, customers, Failures()
        self._routed = Routed()
        self._for_anybody: list[str] = []

    @classmethod
    async def opened(cls, tx: Transaction, *leads: LeadDocument) -> "HandDesk":
        """For these leads."""
        policy = await current_policy(tx.database)
        return cls(tx, policy, await customers_among(tx, policy, leads))

    def route(self, lead: LeadDocument, route: Route) -> None:
        self._routed.add(lead, route)

    def route_again(self, lead: LeadDocument, *, reason: str) -> None:
        """One that knows its pool and rule from before."""
        self._routed.add_again(lead, reason=reason)

    def leave_to_anybody(self, lead: LeadDocument) -> None:
        self._for_anybody.append(lead["_id"])

    async def close(self) -> None:
        await store.add_to_queue(self.tx, dict.fromkeys(self._for_anybody, store.FOR_ANYBODY))
        await self.failures.write(self.tx)
        self._routed.say(self.tx)
