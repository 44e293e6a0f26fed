"""Takes a person out of the read models."""

from collections.abc import Sequence

from services.console.models import Fact, ref_of
from services.console.service.reading import keep_facts
from services.console.service.rebuild import generation_of
from services.console.store import Shelf
from shared.events import PersonErased
from shared.transaction import Transaction


async def erase_people(tx: Transaction, erasures: Sequence[PersonErased]) -> None:
    """Their leads, the sales that came of these, and what timelines tell of both. Whatever is said of them later stays nameless."""
    shelf = Shelf(tx, await generation_of(tx))
    for erasure in erasures:
        facts = [Fact("leads", lead_id, "erased", 1, {"at": erasure.erased_at}) for lead_id in erasure.lead_ids]
        await keep_facts(shelf, [(erasure.envelope.time, fact) for fact in facts])
        leads = [ref_of("leads", lead_id) for lead_id in erasure.lead_ids]
        await shelf.forget_entries([*leads, *await shelf.find_sales_of(leads)])
