"""The sale itself: opened by hand, described, moved, shared, closed, reopened, and noticed when nobody works on it."""

from typing import Any

from services.opportunities import store
from services.opportunities.models import Closing, NewOpportunity, Opportunity, Pipeline, said
from services.opportunities.rules import details, leads, stages
from services.opportunities.rules.team import check_team
from services.opportunities.service.desk import take_up, watch_for_rot
from services.opportunities.service.pipelines import known_pipelines
from services.opportunities.store import Ledger, Target
from shared.database import new_id
from shared.errors import Invalid, NotFound
from shared.events import TeamMember
from shared.timers import Timer
from shared.transaction import Transaction


async def open_by_hand(tx: Transaction, draft: NewOpportunity, *, owner_id: str | None, team_id: str | None) -> Opportunity:
    """`team_id` is the owner's as far as they told it themselves; what leads told of them counts more."""
    pipeline = _named(await known_pipelines(tx), draft.pipeline)
    opportunity = details.opened_by_hand(new_id(), draft, pipeline, tx.now)
    if owner_id:
        opportunity = leads.owned_by(opportunity, owner_id, await _team_of(tx, owner_id, team_id), version=0)
    ledger = Ledger(tx)
    ledger.open(opportunity)
    await ledger.save()
    watch_for_rot(tx, opportunity, pipeline)
    tx.emit(said.opportunity_opened(opportunity))
    return opportunity


async def amend(tx: Transaction, target: Target, changes: dict[str, Any]) -> Opportunity:
    desk = await take_up(tx, target)
    amended = details.amended(desk.opportunity, changes)
    return desk.opportunity if amended == desk.opportunity else await desk.put_back(amended, what="amended")


async def form_team(tx: Transaction, target: Target, team: list[TeamMember]) -> Opportunity:
    """The owner leads the team; anyone else in it must be an active rep."""
    desk = await take_up(tx, target)
    stages.must_be_open(desk.opportunity)
    reps = await store.find_reps(tx, [member.rep_id for member in team])
    known = {rep.id for rep in reps.values() if rep.active} | {desk.opportunity.owner_id or ""}
    check_team(team, owner_id=desk.opportunity.owner_id, known=known)
    return await desk.put_back(desk.opportunity.model_copy(update={"team": team}), what="team_formed")


async def move_stage(tx: Transaction, target: Target, stage: str) -> Opportunity:
    desk = await take_up(tx, target)
    moved = await desk.put_back(stages.moved(desk.opportunity, desk.pipeline, stage, tx.now), what="stage_changed")
    tx.emit(said.opportunity_stage_changed(moved))
    return moved


async def close_deal(tx: Transaction, target: Target, closing: Closing) -> Opportunity:
    desk = await take_up(tx, target)
    agreed = details.amended(desk.opportunity, {**closing.agreed(), "close_note": closing.note})
    closed = stages.closed(agreed, desk.pipeline, closing.outcome, closing.reason, at=tx.now)
    closed = await desk.put_back(closed, what="closed", why=closing.reason)
    tx.emit(said.deal_closed(closed, stages.cycle_seconds(closed)))
    return closed


async def reopen_deal(tx: Transaction, target: Target, reason: str) -> Opportunity:
    desk = await take_up(tx, target)
    stages.must_not_be_with_leads(desk.opportunity)
    reopened = await desk.put_back(stages.reopened(desk.opportunity, desk.pipeline, tx.now), what="reopened", why=reason)
    tx.emit(said.deal_reopened(reopened, reason, tx.now))
    return reopened


async def report_stalled(tx: Transaction, due: list[Timer]) -> None:
    """Says so once; the next sign of life starts the watch anew. A pipeline may have given more time meanwhile."""
    ledger, pipelines = await Ledger.of(tx, [timer.key for timer in due]), await store.find_pipelines(tx)
    for timer in due:
        opportunity = ledger.find(timer.key)
        rots_at = stages.rots_at(opportunity, pipelines[opportunity.pipeline]) if opportunity else None
        if opportunity is None or rots_at is None:
            continue
        if rots_at > timer.due:
            watch_for_rot(tx, opportunity, pipelines[opportunity.pipeline])
            continue
        at = max(tx.now, timer.due)
        stalled = ledger.change(opportunity.model_copy(update={"stalled_at": at}), what="stalled")
        tx.emit(said.opportunity_stalled(stalled, at))
    await ledger.save()


async def _team_of(tx: Transaction, owner_id: str, told: str | None) -> str | None:
    """Raises Invalid for somebody else who is not known."""
    rep = (await store.find_reps(tx, [owner_id])).get(owner_id)
    if rep is None and tx.by != f"user:{owner_id}":
        raise Invalid(f"{owner_id} is no rep that is known", field="owner_id", rule="known_rep")
    return rep.team_id if rep else told


def _named(pipelines: dict[str, Pipeline], slug: str) -> Pipeline:
    if slug not in pipelines:
        raise NotFound(f"there is no pipeline {slug!r}; there are {', '.join(sorted(pipelines))}", field="pipeline", rule="known_pipeline")
    return pipelines[slug]
