"""Leads are dealt out to reps: exactly, one pool by one hand at a time."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from services.leads import store
from services.leads.models import LeadDocument, Pool
from services.leads.rules import dealing
from services.leads.service.beginnings import begun_by
from services.leads.service.deadlines import expect_responses
from shared.events import LeadAssigned, LeadRouted
from shared.history import Change
from shared.timers import Timer
from shared.transaction import Transaction

# What one transaction deals out at most, in about half a second; MongoDB lets one live for ten at least.
MOST_AT_ONCE = 1_500
POOL_WAITING = "pool.waiting"
OPEN = ("qualified", "contacted")
Leads = dict[str, LeadDocument]
Causes = dict[str, LeadRouted]


async def deal_out(tx: Transaction, routed: list[LeadRouted]) -> None:
    """What is too much for one transaction goes round once more, behind what has come since."""
    causes: Causes = {}
    for event in routed:
        if len(causes) >= MOST_AT_ONCE:
            tx.emit(event.model_copy(), cause=event)
        else:
            causes.update(dict.fromkeys(event.lead_ids or [event.lead_id], event))
    found = await store.find_leads_to_deal(tx, list(causes))
    leads = _unowned(found[lead_id] for lead_id in causes if lead_id in found)
    owners = await _deal(tx, leads, causes)
    await store.add_to_queue(tx, {lead_id: lead["pool_id"] for lead_id, lead in leads.items() if lead_id not in owners})


async def deal_waiting(tx: Transaction, due: list[Timer]) -> None:
    """Somebody has become available: those who waited longest go first, a bounded number at a time."""
    for timer in due:
        queued = await store.find_queued(tx, timer.key, MOST_AT_ONCE)
        found = await store.find_leads_to_deal(tx, queued)
        leads = _unowned(found[lead_id] for lead_id in queued if lead_id in found)
        owners = await _deal(tx, leads, {})
        done = [lead_id for lead_id in queued if lead_id in owners or lead_id not in leads]
        await store.remove_from_queue(tx, done)
        if done and len(queued) == MOST_AT_ONCE:
            tx.schedule(tx.now, POOL_WAITING, {}, key=timer.key)


def _unowned(leads: Iterable[LeadDocument]) -> Leads:
    """Whatever was routed twice, claimed or disqualified in the meantime is left alone."""
    return {lead["_id"]: lead for lead in leads if lead.get("owner_id") is None and lead["status"] in OPEN}


async def _deal(tx: Transaction, leads: Leads, causes: Causes) -> dict[str, str]:
    """The owners that were found; the others wait until somebody is there."""
    by_pool: defaultdict[str, list[str]] = defaultdict(list)
    for lead_id, lead in leads.items():
        by_pool[lead["pool_id"]].append(lead_id)
    pools = await _pools_today(tx, by_pool)
    owners: dict[str, str] = {}
    for pool_id, lead_ids in by_pool.items():
        not_to = {lead_id: leads[lead_id]["previous_owner_id"] for lead_id in lead_ids if "previous_owner_id" in leads[lead_id]}
        dealt, pools[pool_id] = dealing.deal(pools[pool_id], lead_ids, not_to)
        owners |= dealt
    await store.save_pools(tx, pools.values())
    assigned = {lead_id: _assign(tx, leads[lead_id], owner_id, causes.get(lead_id)) for lead_id, owner_id in owners.items()}
    await store.change_leads(tx, assigned)
    expect_responses(tx, {lead_id: fields["respond_by"] for lead_id, fields in assigned.items()})
    return owners


async def _pools_today(tx: Transaction, pool_ids: Iterable[str]) -> dict[str, Pool]:
    ids = list(pool_ids)
    if not ids:
        return {}
    pools, reps = await store.find_pools(tx, ids), await store.find_reps_of(tx, ids)
    here = {pool_id: [rep.id for rep in reps if rep.team_id == pool_id and rep.takes_leads] for pool_id in ids}
    return {pool_id: dealing.welcomed(pools[pool_id], here[pool_id]) for pool_id in ids}


def _assign(tx: Transaction, lead: LeadDocument, owner_id: str, cause: LeadRouted | None) -> dict[str, Any]:
    version, respond_by = lead["version"] + 1, tx.now + timedelta(seconds=lead["respond_within"])
    reason, previous = cause.reason if cause else "somebody has become available", lead.get("previous_owner_id")
    assigned = LeadAssigned(
        lead_id=lead["_id"],
        version=version,
        owner_id=owner_id,
        team_id=lead.get("team_id"),
        rule=lead["rule"],
        reason=f"next in turn: {reason}"[:300],
        respond_by=respond_by,
        previous_owner_id=previous,
    )
    tx.emit(assigned, cause=begun_by(lead, cause))
    before, after = {"owner_id": previous}, {"owner_id": owner_id}
    tx.record(Change("lead", lead["_id"], version, "assigned", before, after, why=assigned.reason))
    return {"owner_id": owner_id, "assigned_at": tx.now, "respond_by": respond_by, "version": version, "updated_at": tx.now}
