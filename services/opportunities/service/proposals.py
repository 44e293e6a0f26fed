"""What was offered, and what became of it."""

from services.opportunities import store
from services.opportunities.models import NewProposal, Proposal, said
from services.opportunities.models.drafts import Decided
from services.opportunities.rules import money, stages
from services.opportunities.rules import proposals as rules
from services.opportunities.service.desk import take_up
from services.opportunities.store import Target
from shared.database import new_id
from shared.transaction import Transaction


async def send_proposal(tx: Transaction, target: Target, draft: NewProposal) -> Proposal:
    desk = await take_up(tx, target)
    stages.must_be_open(desk.opportunity)
    proposal = _drawn_up(tx, target, draft)
    opportunity = await desk.put_back(rules.offered(desk.opportunity, proposal), what="proposal_sent")
    sent = proposal.model_copy(update={"opportunity_version": opportunity.version})
    await store.add_proposal(tx, sent)
    tx.emit(said.proposal_sent(sent))
    return sent


async def decide_proposal(tx: Transaction, target: Target, proposal_id: str, decision: Decided) -> Proposal:
    """`target.version` is the proposal's."""
    desk = await take_up(tx, Target(target.id, target.scope))
    stages.must_be_open(desk.opportunity)
    proposal = await store.get_proposal(tx, target, proposal_id)
    store.expect_version(proposal.version, target.version)
    decided = rules.decided(proposal, decision, tx.now)
    opportunity = await desk.put_back(rules.agreed(desk.opportunity, decided), what=f"proposal_{decided.status}", why=decision.reason)
    decided = decided.model_copy(update={"opportunity_version": opportunity.version})
    await store.save_proposal(tx, decided)
    tx.emit(said.proposal_decided(decided))
    return decided


def _drawn_up(tx: Transaction, target: Target, draft: NewProposal) -> Proposal:
    lines = money.priced(draft.lines, draft.currency)
    amount = money.total_of(lines) if draft.amount is None else draft.amount
    money.check_money(amount, draft.currency)
    return Proposal(
        id=new_id(),
        created_at=tx.now,
        updated_at=tx.now,
        opportunity_id=target.id,
        opportunity_version=0,
        amount=amount,
        currency=draft.currency,
        lines=lines,
        sent_at=tx.now,
    )
