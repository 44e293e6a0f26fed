"""What was offered, and what became of it."""

from services.opportunities import store
from services.opportunities.models import NewProposal, Proposal, said
from services.opportunities.models.drafts import Decided
from services.opportunities.rules import details, money, stages
from services.opportunities.service.desk import take_up
from services.opportunities.store import Target
from shared.database import new_id
from shared.transaction import Transaction


async def send_proposal(tx: Transaction, target: Target, draft: NewProposal) -> Proposal:
    """It gives the opportunity an amount only if it has none; what is accepted counts."""
    desk = await take_up(tx, target)
    stages.must_be_open(desk.opportunity)
    lines = money.priced(draft.lines, draft.currency)
    amount = money.total_of(lines) if draft.amount is None else draft.amount
    money.check_money(amount, draft.currency)
    offered = details.offered(desk.opportunity, lines, worth={"amount": amount, "currency": draft.currency})
    opportunity = await desk.put_back(offered, what="proposal_sent")
    proposal = Proposal(
        id=new_id(),
        created_at=tx.now,
        updated_at=tx.now,
        opportunity_id=opportunity.id,
        opportunity_version=opportunity.version,
        amount=amount,
        currency=draft.currency,
        lines=lines,
        sent_at=tx.now,
    )
    await store.add_proposal(tx, proposal)
    tx.emit(said.proposal_sent(proposal))
    return proposal


async def decide_proposal(tx: Transaction, target: Target, proposal_id: str, decided: Decided) -> Proposal:
    """`target.version` is the proposal's."""
    desk = await take_up(tx, Target(target.id, target.scope))
    stages.must_be_open(desk.opportunity)
    proposal = await store.get_proposal(tx, target, proposal_id)
    store.expect_version(proposal.version, target.version)
    details.must_be_undecided(proposal.status)
    after = desk.opportunity
    if decided.status == "accepted":
        after = details.agreed(after, proposal.lines, worth={"amount": proposal.amount, "currency": proposal.currency})
    opportunity = await desk.put_back(after, what=f"proposal_{decided.status}", why=decided.reason)
    changed = {"status": decided.status, "decision_reason": decided.reason, "decided_at": tx.now, "updated_at": tx.now}
    proposal = proposal.model_copy(update={**changed, "version": proposal.version + 1, "opportunity_version": opportunity.version})
    await store.save_proposal(tx, proposal)
    tx.emit(said.proposal_decided(proposal))
    return proposal
