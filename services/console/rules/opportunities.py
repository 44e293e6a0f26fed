"""What is said while a sale is worked."""

from typing import Any

from services.console.models import Fact, Story, Subject, ref_of
from services.console.rules.meaning import means
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


@means(OpportunityOpened)
def opened(event: OpportunityOpened) -> Story:
    sale = _sale(event)
    facts = [
        sale.says("opening", name=event.name, pipeline=event.pipeline, lead_id=event.lead_id, at=event.opened_at, **_people(event)),
        sale.says("stage", stage=event.stage, since=event.opened_at),
        sale.says("team", team_id=event.team_id),
        *_owner(sale, event),
        *_money(sale, event),
        *_lead_of(sale, event.lead_id),
        _known_stage(event.stage),
    ]
    told = {"name": event.name, "stage": event.stage, "amount": event.amount, "currency": event.currency, "owner_id": event.owner_id}
    lead = (ref_of("leads", event.lead_id),) if event.lead_id else ()
    return Story(facts, sale.ref, event.opened_at, told, "opened", names=lead)


@means(OpportunityStageChanged)
def stage_changed(event: OpportunityStageChanged) -> Story:
    sale = _sale(event)
    standing = {"probability": event.probability, "category": event.forecast_category}
    facts = [
        sale.says("stage", stage=event.to_stage, since=event.entered_at, **standing),
        *_owner(sale, event),
        *_money(sale, event),
        _known_stage(event.to_stage, percent=int(event.probability)),
    ]
    told = {"from_stage": event.from_stage, "stage": event.to_stage, "spent_seconds": event.spent_seconds}
    return Story(facts, sale.ref, event.entered_at, told | {"amount": event.amount, "currency": event.currency})


@means(OpportunityStalled)
def stalled(event: OpportunityStalled) -> Story:
    sale = _sale(event)
    told = {"stage": event.stage, "idle_seconds": event.idle_seconds}
    return Story((sale.says("stall", stage=event.stage),), sale.ref, told=told)


@means(OpportunityReturned)
def returned(event: OpportunityReturned) -> Story:
    """Closed, and neither won nor lost."""
    sale = _sale(event)
    facts = (sale.says("ending", outcome="returned", reason=event.reason, at=event.returned_at), *_owner(sale, event))
    told = {"stage": event.stage, "reason": event.reason, "owner_id": event.owner_id}
    return Story(facts, sale.ref, event.returned_at, told)


@means(ActivityLogged)
def activity_logged(event: ActivityLogged) -> Story:
    sale = _sale(event)
    told = {"kind": event.kind, "subject": event.subject, "effort_minutes": event.effort_minutes, "actor_id": event.by}
    return Story((sale.says("activity", at=event.occurred_at, kind=event.kind),), sale.ref, event.occurred_at, told)


@means(CommitmentMade)
def commitment_made(event: CommitmentMade) -> Story:
    return Story((), _sale(event).ref, told=_promise(event))


@means(CommitmentKept)
def commitment_kept(event: CommitmentKept) -> Story:
    return Story((), _sale(event).ref, event.kept_at, _promise(event) | {"evidence": event.evidence})


@means(CommitmentMissed)
def commitment_missed(event: CommitmentMissed) -> Story:
    return Story((), _sale(event).ref, event.missed_at, _promise(event))


@means(ProposalSent)
def proposal_sent(event: ProposalSent) -> Story:
    told = {"amount": event.amount, "currency": event.currency, "lines": len(event.lines)}
    return Story((), _sale(event).ref, event.sent_at, told)


@means(ProposalDecided)
def proposal_decided(event: ProposalDecided) -> Story:
    return Story((), _sale(event).ref, event.decided_at, {"decision": event.decision, "reason": event.reason})


@means(DealClosed)
def deal_closed(event: DealClosed) -> Story:
    sale = _sale(event)
    ending = {"outcome": event.outcome, "reason": event.reason, "cycle_seconds": event.cycle_seconds}
    ending |= {"effort_seconds": event.effort_seconds}
    facts = [
        sale.says("ending", at=event.closed_at, **ending),
        *_owner(sale, event),
        *_money(sale, event),
        *sale.linked("leads", event.lead_id),
        *sale.linked("accounts", event.account_id),
    ]
    told = ending | {"amount": event.amount, "currency": event.currency, "expectations": [one.text for one in event.expectations]}
    return Story(facts, sale.ref, event.closed_at, told, event.outcome)


@means(OpportunityWithdrawn)
def withdrawn(event: OpportunityWithdrawn) -> Story:
    sale = _sale(event)
    return Story((sale.says("withdrawn", reason=event.reason),), sale.ref, event.withdrawn_at, {"reason": event.reason})


@means(DealReopened)
def deal_reopened(event: DealReopened) -> Story:
    sale = _sale(event)
    facts = (
        sale.says("ending", outcome=None, at=event.reopened_at),
        sale.says("stage", stage=event.stage, since=event.reopened_at),
        *_owner(sale, event),
    )
    return Story(facts, sale.ref, event.reopened_at, {"stage": event.stage, "reason": event.reason})


def _sale(event: Any) -> Subject:
    return Subject("opportunities", event.opportunity_id, event.version)


def _lead_of(sale: Subject, lead_id: str | None) -> list[Fact]:
    if lead_id is None:
        return []
    return [Fact("leads", lead_id, "sale", 0, {"opportunity_id": sale.id}), *sale.linked("leads", lead_id)]


def _people(event: Any) -> dict[str, Any]:
    return {"person": event.person.model_dump(exclude_none=True), "company": event.company.model_dump(exclude_none=True)}


def _owner(sale: Subject, event: Any) -> list[Fact]:
    return [sale.says("owner", owner_id=event.owner_id)] if event.owner_id is not None else []


def _money(sale: Subject, event: Any) -> list[Fact]:
    return [sale.says("money", amount=event.amount, currency=event.currency)] if event.amount is not None else []


def _known_stage(stage: str, *, percent: int = 0) -> Fact:
    """No event tells the order of the stages; the highest probability seen in each does."""
    return Fact("stages", stage, "seen", percent, {"percent": percent})


def _promise(event: CommitmentMade) -> dict[str, Any]:
    return {"promisor": event.promisor, "counterparty": event.counterparty, "text": event.text, "due": event.due}
