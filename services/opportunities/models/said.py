"""What this service says, made from what it keeps."""

from datetime import datetime

from services.opportunities.models.knowledge import Activity, Commitment, Proposal
from services.opportunities.models.opportunity import Opportunity
from shared.events import (
    ActivityLogged,
    CommitmentKept,
    CommitmentMade,
    CommitmentMissed,
    DealClosed,
    DealReopened,
    OpportunityOpened,
    OpportunityReturned,
    OpportunityStageChanged,
    OpportunityStalled,
    OpportunityWithdrawn,
    ProposalDecided,
    ProposalSent,
)

_PROMISE = {"opportunity_id", "promisor", "counterparty", "text", "due", "owner_id"}


def opportunity_opened(opportunity: Opportunity) -> OpportunityOpened:
    return OpportunityOpened.model_validate({"opportunity_id": opportunity.id, **dict(opportunity)})


def opportunity_stage_changed(opportunity: Opportunity) -> OpportunityStageChanged:
    left = opportunity.stages[-2]
    return OpportunityStageChanged.model_validate(
        {
            **dict(opportunity),
            "opportunity_id": opportunity.id,
            "from_stage": left.stage,
            "to_stage": opportunity.stage,
            "entered_at": opportunity.entered_at,
            "spent_seconds": left.spent_seconds,
        }
    )


def opportunity_returned(opportunity: Opportunity, at: datetime) -> OpportunityReturned:
    return OpportunityReturned(
        opportunity_id=opportunity.id,
        version=opportunity.version,
        lead_id=opportunity.lead_id,
        stage=opportunity.stage,
        reason=opportunity.close_note or "",
        owner_id=opportunity.owner_id,
        returned_at=at,
    )


def opportunity_stalled(opportunity: Opportunity, at: datetime) -> OpportunityStalled:
    return OpportunityStalled(
        opportunity_id=opportunity.id,
        version=opportunity.version,
        stage=opportunity.stage,
        owner_id=opportunity.owner_id,
        entered_at=opportunity.entered_at,
        idle_seconds=(at - opportunity.touched_at).total_seconds(),
    )


def deal_closed(opportunity: Opportunity, cycle_seconds: float) -> DealClosed:
    return DealClosed.model_validate(
        {
            **dict(opportunity),
            "opportunity_id": opportunity.id,
            "outcome": opportunity.status,
            "reason": opportunity.close_reason,
            "cycle_seconds": cycle_seconds,
            "effort_seconds": opportunity.effort_minutes * 60,
        }
    )


def deal_reopened(opportunity: Opportunity, reason: str, at: datetime) -> DealReopened:
    return DealReopened(
        opportunity_id=opportunity.id,
        version=opportunity.version,
        stage=opportunity.stage,
        reason=reason,
        owner_id=opportunity.owner_id,
        reopened_at=at,
    )


def opportunity_withdrawn(opportunity: Opportunity, reason: str, at: datetime) -> OpportunityWithdrawn:
    return OpportunityWithdrawn(
        opportunity_id=opportunity.id,
        version=opportunity.version + 1,
        lead_id=opportunity.lead_id,
        owner_id=opportunity.owner_id,
        reason=reason,
        withdrawn_at=at,
    )


def activity_logged(activity: Activity) -> ActivityLogged:
    return ActivityLogged.model_validate({**dict(activity), "activity_id": activity.id, "version": activity.opportunity_version})


def commitment_made(commitment: Commitment) -> CommitmentMade:
    return CommitmentMade.model_validate(_told(commitment))


def commitment_kept(commitment: Commitment) -> CommitmentKept:
    return CommitmentKept.model_validate({**_told(commitment), "evidence": commitment.evidence, "kept_at": commitment.kept_at})


def commitment_missed(commitment: Commitment) -> CommitmentMissed:
    return CommitmentMissed.model_validate({**_told(commitment), "missed_at": commitment.missed_at})


def proposal_sent(proposal: Proposal) -> ProposalSent:
    return ProposalSent.model_validate({**dict(proposal), "proposal_id": proposal.id, "version": proposal.opportunity_version})


def proposal_decided(proposal: Proposal) -> ProposalDecided:
    told = {"proposal_id": proposal.id, "opportunity_id": proposal.opportunity_id, "version": proposal.opportunity_version}
    decided = {"decision": proposal.status, "reason": proposal.decision_reason, "decided_at": proposal.decided_at}
    return ProposalDecided.model_validate(told | decided)


def _told(commitment: Commitment) -> dict[str, object]:
    promise = commitment.model_dump(include=_PROMISE)
    return {**promise, "commitment_id": commitment.id, "version": commitment.opportunity_version}
