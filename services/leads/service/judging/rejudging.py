"""All leads are judged by criteria that have just come into force: in the background, and from where it stood after a crash."""

from services.leads import store
from services.leads.models import CriteriaSet, Rejudging
from services.leads.service.judging.standing import judge_again
from services.leads.service.policies import forget_policy
from shared.database import Database
from shared.transaction import Transaction

AT_ONCE = 200


async def rejudge_leads(db: Database) -> int:
    """One step, one transaction; returns how many leads it took."""
    waiting = await store.find_unfinished_rejudging(db)
    if waiting is None:
        return 0
    forget_policy(db)
    return await db.transact(lambda tx: _judge_some(tx, waiting), by="rejudging")


async def _judge_some(tx: Transaction, rejudging: Rejudging) -> int:
    """Others that have come into force since make it pointless: then it ends here."""
    active = await store.find_active_policy(tx, CriteriaSet)
    overtaken = active is None or str(active.version) != rejudging.id
    leads = [] if overtaken else await store.find_leads_after(tx, rejudging.position, AT_ONCE)
    taken = await judge_again(tx, leads, why=f"criteria version {rejudging.id} came into force")
    steps = {step: getattr(rejudging, step) + taken[step] for step in ("qualified", "disqualified", "regraded")}
    position = {"position": leads[-1]["_id"] if leads else rejudging.position, "leads": rejudging.leads + len(leads)}
    progress = {**steps, **position, "done": len(leads) < AT_ONCE, "version": rejudging.version + 1, "updated_at": tx.now}
    await store.save_rejudging(tx, rejudging.model_copy(update=progress))
    return max(1, len(leads))
