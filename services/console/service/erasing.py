"""Takes a person out of the read models."""

from collections.abc import Sequence

from services.console.models import Fact, Kind, ref_of
from services.console.service.reading import keep_facts
from services.console.service.rebuild import generation_of
from services.console.store import Shelf
from shared.events import PersonErased
from shared.transaction import Transaction


async def erase_people(tx: Transaction, erasures: Sequence[PersonErased]) -> None:
    """Their leads, the sales that came of these, and what timelines tell of both. Whatever is said of them later stays nameless."""
    shelf = Shelf(tx, await generation_of(tx))
    for erasure in erasures:
        sales = await shelf.find_sales_of(erasure.lead_ids)
        gone: list[tuple[Kind, str]] = [("leads", lead_id) for lead_id in erasure.lead_ids]
        gone += [("opportunities", sale_id) for sale_id in sales]
        facts = [Fact(kind, record_id, "erased", 1, {"at": erasure.erased_at}) for kind, record_id in gone]
        await keep_facts(shelf, [(erasure, fact) for fact in facts])
        await shelf.forget_entries([ref_of(kind, record_id) for kind, record_id in gone])
