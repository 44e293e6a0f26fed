"""Leads on their way to a pool of reps: those that go together are said together."""

from collections import defaultdict
from collections.abc import Container

from services.leads.models import LeadDocument
from services.leads.rules.distribution.routing import Route
from shared.batching import in_parts
from shared.events import LeadRouted
from shared.transaction import Transaction

# Few enough that what is read in one go can be dealt out in one transaction.
TOGETHER = 100


class Routed:
    """Gathers leads by pool and rule."""

    def __init__(self) -> None:
        self._leads: defaultdict[tuple[str, str, str], list[LeadDocument]] = defaultdict(list)

    def add(self, lead: LeadDocument, route: Route) -> None:
        self.add_again(lead, reason=route.text)

    def add_again(self, lead: LeadDocument, *, reason: str) -> None:
        """A lead that knows its pool and rule from before."""
        self._leads[lead["pool_id"], lead["rule"], reason].append(lead)

    def take(self, lead_ids: Container[str]) -> dict[str, str]:
        """Those of these leads who are on their way, each with the reason; they are dealt out otherwise."""
        taken: dict[str, str] = {}
        for way, leads in self._leads.items():
            taken |= {lead["_id"]: way[2] for lead in leads if lead["_id"] in lead_ids}
            self._leads[way] = [lead for lead in leads if lead["_id"] not in lead_ids]
        return taken

    def say(self, tx: Transaction) -> None:
        for (_, _, reason), leads in self._leads.items():
            for together in in_parts(leads, TOGETHER):
                tx.emit(_event(tx, together, reason))


def _event(tx: Transaction, leads: list[LeadDocument], reason: str) -> LeadRouted:
    first = leads[0]
    return LeadRouted(
        lead_id=first["_id"],
        lead_ids=[lead["_id"] for lead in leads],
        version=first["version"],
        pool_id=first["pool_id"],
        team_id=first["team_id"],
        rule=first["rule"],
        reason=reason,
        previous_owner_id=first.get("previous_owner_id"),
        routed_at=tx.now,
    )
