"""Promises: made for later, kept or missed."""

from datetime import datetime, timedelta

from services.opportunities.models import Commitment, Opportunity
from shared.errors import Invalid, NotAllowedNow

CLOCKS_DIFFER = timedelta(minutes=5)


def check_due(due: datetime, now: datetime) -> None:
    if due <= now:
        raise Invalid("a commitment is due in the future", field="due", rule="future")


def check_occurred(occurred_at: datetime, now: datetime) -> None:
    if occurred_at > now + CLOCKS_DIFFER:
        raise Invalid("an activity is logged after it occurred", field="occurred_at", rule="past")


def kept(commitment: Commitment, evidence: str | None, *, at: datetime) -> Commitment:
    """A missed one may be kept after all: it is then kept late, and was missed all the same."""
    if commitment.status == "kept":
        raise NotAllowedNow("the commitment is kept already", field="status", rule="not_kept")
    late = commitment.status == "missed" or at > commitment.due
    changed = {"status": "kept", "kept_at": at, "late": late, "evidence": evidence}
    return commitment.model_copy(update={**changed, "version": commitment.version + 1, "updated_at": at})


def missed(commitment: Commitment, at: datetime) -> Commitment:
    return commitment.model_copy(update={"status": "missed", "missed_at": at, "version": commitment.version + 1, "updated_at": at})


def answered_for(commitment: Commitment, opportunity: Opportunity) -> Commitment:
    """As part of this version of its opportunity, whose owner answers for it by now, whoever that was when it was made."""
    return commitment.model_copy(update={"opportunity_version": opportunity.version, "owner_id": opportunity.owner_id})
