"""Two leads turn out to be one, or two after all: what becomes of their opportunities."""

from services.opportunities.models import Opportunity, Pipeline, opportunity_id_of, said
from services.opportunities.rules import leads as rules
from services.opportunities.rules import stages
from services.opportunities.service.desk import ROTTING, watch_for_rot
from services.opportunities.service.leads import follow_owners, lead_name, take_back, told
from services.opportunities.service.pipelines import known_pipelines
from services.opportunities.store import Ledger
from shared.events import Event, LeadAssigned, LeadMerged, LeadReturned, LeadUnmerged
from shared.transaction import Transaction


async def follow_mergers(tx: Transaction, mergers: list[LeadMerged]) -> None:
    """The opportunity of a lead that became part of another ends if nobody has worked on it, or else is linked.

    If it is the only one it follows the lead that stayed, also when it opens later. A merger that is known to have been undone since
    changes nothing.
    """
    ledger = await Ledger.of_leads(tx, [lead_id for merger in mergers for lead_id in (merger.lead_id, merger.merged_lead_id) if lead_id])
    undone, waited = await _undone(tx, mergers), list[Event]()
    for merger in (one for one in mergers if one.envelope.identity not in undone):
        opportunity, others = ledger.of_lead(merger.lead_id), ledger.of_lead(merger.merged_lead_id or "")
        if opportunity is not None:
            ledger.follow(told(opportunity, merger, {}), what="merged", why=merger.match.rule)
            if others is None and merger.merged_lead_id:
                tx.meet(lead_name(merger.merged_lead_id))
            elif others is not None and rules.may_be_worked_on(opportunity):
                end_duplicate(tx, ledger, others)
        elif others is not None:
            waited += await _relink(tx, ledger, others, merger)
        else:
            _wait_for_either(tx, merger)
    await ledger.save()
    await _take_up(tx, waited)


async def _undone(tx: Transaction, mergers: list[LeadMerged]) -> set[str]:
    """The identities of those of which the separation was heard first."""
    pairs = {merger.envelope.identity: _pair(merger.lead_id, merger.merged_lead_id) for merger in mergers if merger.merged_lead_id}
    heard = await tx.release(*pairs.values()) if pairs else []
    return {merger.envelope.identity for merger in mergers if any(rules.undoes(event, merger) for event in heard)}


def _wait_for_either(tx: Transaction, merger: LeadMerged) -> None:
    """Whoever it is of is told to the lead that stayed alone."""
    tx.hold(merger, until=lead_name(merger.lead_id))
    if merger.merged_lead_id:
        tx.hold(rules.without_person(merger), until=lead_name(merger.merged_lead_id))


async def _relink(tx: Transaction, ledger: Ledger, opportunity: Opportunity, merger: LeadMerged) -> list[Event]:
    """What waited for an opportunity of the lead that it follows from now on."""
    waited = await tx.release(lead_name(merger.lead_id))
    ledger.follow(rules.relinked(opportunity, rules.in_full(merger, waited)), what="relinked", why=merger.match.rule)
    return waited


async def _take_up(tx: Transaction, waited: list[Event]) -> None:
    if waited:
        await follow_owners(tx, [event for event in waited if isinstance(event, LeadAssigned)])
        await take_back(tx, [event for event in waited if isinstance(event, LeadReturned)])
        await follow_mergers(tx, [event for event in waited if isinstance(event, LeadMerged)])


async def follow_separations(tx: Transaction, separations: list[LeadUnmerged]) -> list[LeadUnmerged]:
    """What ended as a duplicate is open again, what followed the other lead comes back, and what was linked is linked no more.

    Returns those that leave the lead that stayed without an opportunity.
    """
    ledger = await Ledger.of_leads(tx, [lead_id for one in separations for lead_id in (one.lead_id, one.restored_lead_id) if lead_id])
    pipelines, without = await known_pipelines(tx), list[LeadUnmerged]()
    for separation in separations:
        opportunity = ledger.of_lead(separation.lead_id)
        own = ledger.find(opportunity_id_of(separation.restored_lead_id)) if separation.restored_lead_id else None
        if opportunity is not None and rules.is_outdated(opportunity, separation):
            continue
        if opportunity is None:
            tx.hold(separation.model_copy(update={"restored": None}), until=lead_name(separation.lead_id))
        elif opportunity is not own:
            ledger.follow(told(opportunity, separation, {}), what="unmerged")
        if own is None or opportunity is None or separation.restored_lead_id not in opportunity.merged_lead_ids:
            _remember(tx, separation)
        if own is not None:
            without += [separation] if opportunity is own else []
            _restore(tx, ledger, own, separation, pipelines[own.pipeline])
    await ledger.save()
    return without


def _remember(tx: Transaction, separation: LeadUnmerged) -> None:
    """Of a merger that was not heard of yet, or waits for the lead that is restored, that it is undone; not whose."""
    if separation.restored_lead_id:
        tx.hold(rules.without_person(separation), until=_pair(separation.lead_id, separation.restored_lead_id))


def _pair(kept: str, gone: str | None) -> str:
    return f"merger:{kept}|{gone}"


def end_duplicate(tx: Transaction, ledger: Ledger, opportunity: Opportunity) -> None:
    if rules.is_untouched(opportunity):
        ended = ledger.change(rules.ended_as_duplicate(opportunity, tx.now), what="closed", why=rules.DUPLICATE)
        tx.cancel(ROTTING, key=ended.id)
        tx.emit(said.deal_closed(ended, stages.cycle_seconds(ended)))


def _restore(tx: Transaction, ledger: Ledger, own: Opportunity, separation: LeadUnmerged, pipeline: Pipeline) -> None:
    was_ended = rules.is_duplicate(own)
    restored = rules.restored(rules.untouched_again(own, stages.reopened(own, pipeline, tx.now)) if was_ended else own, separation)
    ledger.follow(restored, what="reopened" if was_ended else "unmerged")
    watch_for_rot(tx, restored, pipeline)
    if was_ended:
        tx.emit(said.deal_reopened(ledger.find(own.id) or restored, "a lead of its own again", tx.now))
