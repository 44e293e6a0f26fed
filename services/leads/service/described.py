"""Leads of which more is known than before: those that one transaction wrote are said together, to be compared with others."""

from collections.abc import Sequence

from shared.events import LeadDescribed
from shared.transaction import Transaction

# Few enough that some of them can be compared in one transaction.
TOGETHER = 500


def describe(tx: Transaction, lead_ids: Sequence[str]) -> None:
    for start in range(0, len(lead_ids), TOGETHER):
        together = lead_ids[start : start + TOGETHER]
        tx.emit(LeadDescribed(lead_id=together[0], lead_ids=list(together), described_at=tx.now))
