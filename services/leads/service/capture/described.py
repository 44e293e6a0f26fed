"""Leads of which more is known than before: it is written down how they are found and compared, and only then are they compared.

Two that are compared at once can't miss each other: each was there to be found, and committed, before it looked for others.
"""

from collections.abc import Sequence

from services.leads import store
from services.leads.rules.duplicates.blocks import likeness_row
from shared.batching import in_parts
from shared.events import LeadDescribed, LeadPlaced
from shared.transaction import Transaction

# Few enough that some of them can be compared in one transaction.
TOGETHER = 500
PLACED_AT_ONCE = 1_000


def describe(tx: Transaction, lead_ids: Sequence[str]) -> None:
    """Those that one transaction wrote are said together."""
    for together in in_parts(lead_ids, TOGETHER):
        tx.emit(LeadDescribed(lead_id=together[0], lead_ids=together, described_at=tx.now))


async def place_leads(tx: Transaction, described: Sequence[LeadDescribed]) -> None:
    """What is too much for one transaction goes round once more, behind what has come since."""
    ids = list(dict.fromkeys(lead_id for event in described for lead_id in event.lead_ids))
    describe(tx, ids[PLACED_AT_ONCE:])
    leads = await store.find_leads_to_place(tx, ids[:PLACED_AT_ONCE])
    await store.save_likenesses(tx, [likeness_row(lead) for lead in leads])
    placed = [lead["_id"] for lead in leads]
    for together in in_parts(placed, TOGETHER):
        tx.emit(LeadPlaced(lead_id=together[0], lead_ids=together, placed_at=tx.now))
