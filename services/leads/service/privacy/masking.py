"""Which roles don't see what: decided in versions, and told to whoever shows leads elsewhere."""

from services.leads import store
from services.leads.models import MaskingDraft, MaskingSet
from services.leads.service.policies import activate_policy, add_draft
from shared.events import MaskingActivated
from shared.transaction import Transaction


async def draft_masking(tx: Transaction, draft: MaskingDraft) -> MaskingSet:
    return await add_draft(tx, MaskingSet(**draft.model_dump()))


async def activate_masking(tx: Transaction, version: int) -> MaskingSet:
    former = await store.find_active_policy(tx, MaskingSet)
    active = await activate_policy(tx, MaskingSet, version)
    return await say_masking(tx, active.model_copy(update={"change": former.change + 1 if former else 1}))


async def say_masking(tx: Transaction, masking: MaskingSet) -> MaskingSet:
    """So that what shows leads elsewhere hides the same."""
    await store.save_policy(tx, masking)
    hidden = {role: [*groups] for role, groups in masking.hidden.items()}
    told = {"version": masking.change, "masking_version": masking.version, "hidden": hidden}
    tx.emit(MaskingActivated(**told, activated_at=masking.activated_at or tx.now))
    return masking


async def say_masking_once(tx: Transaction) -> None:
    """One that came into force before anybody was told of it."""
    active = await store.find_active_policy(tx, MaskingSet)
    if active is not None and active.change == 0:
        await say_masking(tx, active.model_copy(update={"change": 1}))
