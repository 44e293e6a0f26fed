"""Where one lead is worked on by hand, under the same rules as when it came in."""

from services.leads.models import LeadDocument
from services.leads.rules.customers import Customers
from services.leads.rules.policy import Policy
from services.leads.rules.routing import Route
from services.leads.service.customers import customers_among
from services.leads.service.policies import current_policy
from services.leads.service.routed import Routed
from shared.transaction import Transaction


class HandDesk:
    """`close` says where leads were sent, once their versions are final."""

    def __init__(self, tx: Transaction, policy: Policy, customers: Customers) -> None:
        self.tx, self.policy, self.customers = tx, policy, customers
        self._routed = Routed()

    @classmethod
    async def opened(cls, tx: Transaction, *leads: LeadDocument) -> "HandDesk":
        """For these leads."""
        policy = await current_policy(tx.database)
        return cls(tx, policy, await customers_among(tx, policy, leads))

    def route(self, lead: LeadDocument, route: Route) -> None:
        self._routed.add(lead, route)

    def close(self) -> None:
        self._routed.say(self.tx)
