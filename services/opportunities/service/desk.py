"""How one opportunity is worked on by hand: taken up, changed, put back."""

from services.opportunities import store
from services.opportunities.models import Opportunity, Pipeline
from services.opportunities.rules import details, stages
from services.opportunities.store import Ledger, Target
from shared.transaction import Transaction

ROTTING = "opportunity.rotting"


class Desk:
    """An opportunity with its pipeline, in the hands of somebody who may change it."""

    def __init__(self, tx: Transaction, opportunity: Opportunity, pipeline: Pipeline) -> None:
        self._tx, self.opportunity, self.pipeline = tx, opportunity, pipeline

    async def put_back(self, after: Opportunity, *, what: str, why: str | None = None) -> Opportunity:
        """Keeps the change, and counts it as a sign of life."""
        ledger = Ledger(self._tx, [self.opportunity])
        kept = ledger.change(details.worked_on(after, self._tx.now), what=what, why=why)
        await ledger.save()
        watch_for_rot(self._tx, kept, self.pipeline)
        return kept


async def take_up(tx: Transaction, target: Target) -> Desk:
    """Raises NotFound, for what one may not see too, and StaleVersion."""
    opportunity = await store.get_opportunity(tx, target)
    return Desk(tx, opportunity, await store.get_pipeline(tx, opportunity.pipeline))


def watch_for_rot(tx: Transaction, opportunity: Opportunity, pipeline: Pipeline) -> None:
    rots_at = stages.rots_at(opportunity, pipeline)
    if rots_at is None:
        tx.cancel(ROTTING, key=opportunity.id)
    else:
        tx.schedule(rots_at, ROTTING, {}, key=opportunity.id)
