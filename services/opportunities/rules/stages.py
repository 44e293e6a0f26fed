"""How an opportunity moves, ends and comes back."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from services.opportunities.models import Opportunity, Pipeline, Stage, StageStay
from services.opportunities.models.opportunity import Outcome
from services.opportunities.models.pipeline import Requirement
from services.opportunities.rules.team import led_by
from shared.errors import Invalid, NotAllowedNow, Violation

RETURNED = "returned"
FILLED: dict[Requirement, Callable[[Opportunity], bool]] = {
    "amount": lambda opportunity: opportunity.amount is not None,
    "currency": lambda opportunity: opportunity.currency is not None,
    "close_date": lambda opportunity: opportunity.close_date is not None,
    "owner": lambda opportunity: opportunity.owner_id is not None,
    "needs": lambda opportunity: bool(opportunity.needs),
    "expectations": lambda opportunity: bool(opportunity.expectations),
    "contacts": lambda opportunity: bool(opportunity.contacts),
    "competitors": lambda opportunity: bool(opportunity.competitors),
    "proposal_sent": lambda opportunity: opportunity.proposals_sent > 0,
    "lines": lambda opportunity: bool(opportunity.lines),
}


def entering(stage: Stage, at: datetime) -> dict[str, Any]:
    """The fields that a stage gives to what enters it, but for the stays."""
    return {"stage": stage.slug, "probability": stage.probability, "forecast_category": stage.forecast_category, "touched_at": at}


def moved(opportunity: Opportunity, pipeline: Pipeline, to: str, at: datetime) -> Opportunity:
    """Into another stage, forward or back. Going forward asks for what every stage up to the new one asks for."""
    must_be_open(opportunity)
    stage = pipeline.stage(to)
    if to == opportunity.stage:
        raise NotAllowedNow(f"the opportunity is in {to} already", field="stage", rule="other_stage")
    if _is_forward(opportunity, pipeline, to):
        must_have((required for passed in pipeline.up_to(to) for required in passed.required_fields), opportunity, f"entering {to}")
    stays = [*left(opportunity, at), StageStay(stage=to, entered_at=at)]
    return opportunity.model_copy(update={**entering(stage, at), "stages": stays})


def closed(opportunity: Opportunity, pipeline: Pipeline, outcome: Outcome, reason: str, *, at: datetime) -> Opportunity:
    """Won or lost, for a reason that the pipeline knows. A won one is worth all of its amount, a lost one none."""
    must_be_open(opportunity)
    _must_know(pipeline, outcome, reason)
    if outcome == "won":
        must_have(pipeline.required_to_win, opportunity, "winning")
    return opportunity.model_copy(
        update={
            "status": outcome,
            "probability": Decimal(100 if outcome == "won" else 0),
            "forecast_category": "closed" if outcome == "won" else "omitted",
            "stages": left(opportunity, at),
            "close_date": at.date(),
            "close_reason": reason,
            "closed_at": at,
        }
    )


def given_back(opportunity: Opportunity, reason: str, at: datetime) -> Opportunity:
    """To leads: neither won nor lost, so it counts for no rate, and in no forecast."""
    return opportunity.model_copy(
        update={
            "status": "returned",
            "probability": Decimal(0),
            "forecast_category": "omitted",
            "stages": left(opportunity, at),
            "close_reason": RETURNED,
            "close_note": reason,
            "closed_at": at,
        }
    )


def reopened(opportunity: Opportunity, pipeline: Pipeline, at: datetime) -> Opportunity:
    """Back into the stage it was closed from, or the first if that is no more; the time it was closed counts to no stage."""
    if opportunity.status == "open":
        raise NotAllowedNow("the opportunity is open", field="status", rule="closed")
    stage = next((stage for stage in pipeline.stages if stage.slug == opportunity.stage), pipeline.stages[0])
    stays = [*opportunity.stages, StageStay(stage=stage.slug, entered_at=at)]
    nothing = {"closed_at": None, "close_reason": None, "close_note": None, "stalled_at": None}
    team = led_by(opportunity.team, opportunity.owner_id)
    return opportunity.model_copy(update={**entering(stage, at), **nothing, "status": "open", "stages": stays, "team": team})


def must_be_open(opportunity: Opportunity) -> None:
    if opportunity.status != "open":
        raise NotAllowedNow(f"the opportunity is {opportunity.status}; reopen it first", field="status", rule="open")


def must_not_be_with_leads(opportunity: Opportunity) -> None:
    if opportunity.status == RETURNED:
        raise NotAllowedNow("its lead was given back; it is open again when that qualifies", field="status", rule="lead_qualifies")


def must_have(required: Iterable[Requirement], opportunity: Opportunity, doing: str) -> None:
    """Raises NotAllowedNow with one violation per missing field."""
    missing = [name for name in dict.fromkeys(required) if not FILLED[name](opportunity)]
    if missing:
        violations = tuple(Violation(name, "required", f"{doing} needs {name}") for name in missing)
        raise NotAllowedNow(f"{doing} needs {', '.join(missing)}", violations=violations)


def rots_at(opportunity: Opportunity, pipeline: Pipeline) -> datetime | None:
    """When it will be stalled if nobody touches it; None if it never will."""
    stage = next((stage for stage in pipeline.stages if stage.slug == opportunity.stage), None)
    if opportunity.status != "open" or stage is None or stage.rotting_days is None:
        return None
    return max(opportunity.touched_at, opportunity.entered_at) + timedelta(days=stage.rotting_days)


def cycle_seconds(opportunity: Opportunity) -> float:
    """From opened to closed."""
    assert opportunity.closed_at is not None
    return (opportunity.closed_at - opportunity.opened_at).total_seconds()


def _is_forward(opportunity: Opportunity, pipeline: Pipeline, to: str) -> bool:
    """A stage that the pipeline no longer has stands before all others."""
    order = [stage.slug for stage in pipeline.stages]
    return opportunity.stage not in order or order.index(to) > order.index(opportunity.stage)


def left(opportunity: Opportunity, at: datetime) -> list[StageStay]:
    *before, present = opportunity.stages
    spent = (at - present.entered_at).total_seconds()
    return [*before, present.model_copy(update={"left_at": at, "spent_seconds": spent})]


def _must_know(pipeline: Pipeline, outcome: Outcome, reason: str) -> None:
    known = pipeline.reasons[outcome]
    if reason not in known:
        raise Invalid(f"{reason!r} is no reason for {outcome}; known are {', '.join(known)}", field="reason", rule="known_reason")
