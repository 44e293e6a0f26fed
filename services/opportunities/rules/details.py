"""What people write into an opportunity by hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.opportunities.models import NewOpportunity, Opportunity, Pipeline, StageStay
from services.opportunities.rules.leads import email_hashes, name_for
from services.opportunities.rules.money import budget_of, check_money
from services.opportunities.rules.stages import entering, must_be_open


def amended(opportunity: Opportunity, details: Mapping[str, Any]) -> Opportunity:
    """With these fields as they are given. Raises NotAllowedNow when it is closed, Invalid for money that makes no sense."""
    must_be_open(opportunity)
    return _with(opportunity, details)


def opened_by_hand(opportunity_id: str, draft: NewOpportunity, pipeline: Pipeline, at: datetime) -> Opportunity:
    amount, currency = budget_of(draft.interest)
    first = pipeline.stages[0]
    blank = Opportunity(
        id=opportunity_id,
        created_at=at,
        updated_at=at,
        name=name_for(draft.person, draft.company, draft.interest),
        pipeline=pipeline.id,
        stages=[StageStay(stage=first.slug, entered_at=at)],
        person=draft.person,
        company=draft.company,
        interest=draft.interest,
        amount=amount,
        currency=currency,
        opened_at=at,
        **entering(first, at),
    )
    return _with(blank, draft.details())


def worked_on(opportunity: Opportunity, at: datetime) -> Opportunity:
    """Somebody did something about it, so it is not stalled."""
    return opportunity.model_copy(update={"touched_at": at, "stalled_at": None})


def with_effort(opportunity: Opportunity, minutes: int) -> Opportunity:
    """What was announced with the closing stays true: no effort is added to a closed deal."""
    must_be_open(opportunity)
    return opportunity.model_copy(update={"effort_minutes": opportunity.effort_minutes + minutes})


def _with(opportunity: Opportunity, details: Mapping[str, Any]) -> Opportunity:
    told = opportunity.model_copy(update=dict(details))
    check_money(told.amount, told.currency)
    return told.model_copy(update={"email_hashes": email_hashes(told.person, told.contacts)})
