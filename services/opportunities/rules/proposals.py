"""What an offer means for its opportunity."""

from datetime import datetime

from services.opportunities.models import Opportunity, Proposal
from services.opportunities.models.drafts import Decided
from shared.errors import NotAllowedNow


def offered(opportunity: Opportunity, proposal: Proposal) -> Opportunity:
    """It says what is sold, and what for if nobody has said so yet."""
    told = opportunity if opportunity.amount is not None else _worth(opportunity, proposal)
    return told.model_copy(update={"lines": proposal.lines or told.lines, "proposals_sent": told.proposals_sent + 1})


def agreed(opportunity: Opportunity, proposal: Proposal) -> Opportunity:
    """What an accepted proposal says is what the deal is about; a declined one changes nothing."""
    if proposal.status != "accepted":
        return opportunity
    return _worth(opportunity, proposal).model_copy(update={"lines": proposal.lines or opportunity.lines})


def decided(proposal: Proposal, decision: Decided, at: datetime) -> Proposal:
    if proposal.status != "sent":
        raise NotAllowedNow(f"the proposal is {proposal.status} already", field="status", rule="sent")
    changed = {"status": decision.status, "decision_reason": decision.reason, "decided_at": at, "updated_at": at}
    return proposal.model_copy(update={**changed, "version": proposal.version + 1})


def _worth(opportunity: Opportunity, proposal: Proposal) -> Opportunity:
    return opportunity.model_copy(update={"amount": proposal.amount, "currency": proposal.currency})
