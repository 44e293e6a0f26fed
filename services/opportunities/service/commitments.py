"""Who promised what by when, and whether they kept it."""

from services.opportunities import store
from services.opportunities.models import Commitment, NewCommitment, said
from services.opportunities.rules import commitments as rules
from services.opportunities.rules import stages
from services.opportunities.service.desk import take_up
from services.opportunities.store import Ledger, Target
from shared.database import new_id
from shared.timers import Timer
from shared.transaction import Transaction

DUE = "commitment.due"


async def make_commitment(tx: Transaction, target: Target, draft: NewCommitment) -> Commitment:
    rules.check_due(draft.due, tx.now)
    desk = await take_up(tx, target)
    stages.must_be_open(desk.opportunity)
    opportunity = await desk.put_back(desk.opportunity, what="commitment_made")
    commitment = Commitment(
        id=new_id(),
        created_at=tx.now,
        updated_at=tx.now,
        opportunity_id=opportunity.id,
        opportunity_version=opportunity.version,
        owner_id=opportunity.owner_id,
        **dict(draft),
    )
    await store.add_commitment(tx, commitment)
    tx.schedule(commitment.due, DUE, {}, key=commitment.id)
    tx.emit(said.commitment_made(commitment))
    return commitment


async def keep_commitment(tx: Transaction, target: Target, commitment_id: str, evidence: str | None) -> Commitment:
    """A promise outlives the deal, so that it may be kept after the closing. `target.version` is the commitment's."""
    desk = await take_up(tx, Target(target.id, target.scope))
    commitment = await store.get_commitment(tx, target, commitment_id)
    store.expect_version(commitment.version, target.version)
    kept = rules.kept(commitment, evidence, at=tx.now)
    opportunity = await desk.put_back(desk.opportunity, what="commitment_kept")
    kept = rules.answered_for(kept, opportunity)
    await store.save_commitments(tx, [kept])
    tx.cancel(DUE, key=commitment_id)
    tx.emit(said.commitment_kept(kept))
    return kept


async def miss_commitments(tx: Transaction, due: list[Timer]) -> None:
    commitments = await store.find_commitments(tx, [timer.key for timer in due])
    ledger = await Ledger.of(tx, [commitment.opportunity_id for commitment in commitments.values()])
    missed = [rules.missed(commitments[timer.key], max(tx.now, timer.due)) for timer in due if _is_open(commitments.get(timer.key))]
    await store.save_commitments(tx, [_told(tx, ledger, commitment) for commitment in missed])
    await ledger.save()


def _is_open(commitment: Commitment | None) -> bool:
    return commitment is not None and commitment.status == "open"


def _told(tx: Transaction, ledger: Ledger, commitment: Commitment) -> Commitment:
    told = rules.answered_for(commitment, ledger.mark(commitment.opportunity_id, what="commitment_missed"))
    tx.emit(said.commitment_missed(told))
    return told
