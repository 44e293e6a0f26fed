"""Takes a person out of the read models."""

from collections.abc import Sequence

from services.console.models import Fact, address_name, ref_of
from services.console.service.forgetting import forget
from services.console.service.reading import keep_facts
from services.console.service.rebuild import generation_of
from services.console.store import Shelf
from shared.events import PersonErased
from shared.forgetting import wipe_parked
from shared.transaction import Transaction


async def erase_people(tx: Transaction, erasures: Sequence[PersonErased]) -> None:
    """Their leads, the sales that came of these, what they wrote. Whatever is said of them later stays nameless."""
    shelf = Shelf(tx, await generation_of(tx))
    for erasure in erasures:
        said = [(erasure.envelope.time, Fact("leads", lead_id, "erased", 1, {"at": erasure.erased_at})) for lead_id in erasure.lead_ids]
        names = [*(ref_of("leads", lead_id) for lead_id in erasure.lead_ids), *map(address_name, erasure.email_hashes)]
        await keep_facts(shelf, [*said, *await forget(shelf, names, erasure.erased_at)])
    hashes = {one for erasure in erasures for one in erasure.email_hashes}
    await wipe_parked(tx, email_hashes=hashes, ids={lead_id for erasure in erasures for lead_id in erasure.lead_ids})
