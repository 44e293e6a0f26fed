"""Leads are dealt out to reps: exactly, one pool by one hand at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from services.leads import store
from services.leads.models import LeadDocument, Pool
from services.leads.rules.distribution import dealing
from services.leads.rules.distribution.choosing import Wish
from services.leads.service.distribution.assigning import Assignments, Cause, Causes, Dealt
from services.leads.service.distribution.pools import POOL_WAITING, Crew, crews_now, with_loads
from shared.database import Database
from shared.events import LeadRouted
from shared.timers import Timer
from shared.transaction import Transaction

# What one transaction deals out at most, in about half a second; MongoDB lets one live for ten at least.
MOST_AT_ONCE = 1_500
# Who has room again says so; if that crosses with a deal that found them full, somebody looks again after this.
LOOK_AGAIN = timedelta(seconds=30)
OPEN = ("qualified", "contacted")
Leads = dict[str, LeadDocument]
_dealt_last: "WeakKeyDictionary[Database, Collection[str]]" = WeakKeyDictionary()


async def deal_out(tx: Transaction, routed: list[LeadRouted]) -> None:
    """What is too much for one transaction goes round once more, behind what has come since."""
    await store.claim_pools(tx, {event.pool_id for event in routed})
    causes: dict[str, Cause] = {}
    for event in routed:
        if len(causes) >= MOST_AT_ONCE:
            tx.emit(event.model_copy(), cause=event)
        else:
            causes.update(dict.fromkeys(event.lead_ids or [event.lead_id], Cause(event, event.reason)))
    found = await store.find_leads_to_deal(tx, list(causes))
    leads = _unowned(found[lead_id] for lead_id in causes if lead_id in found)
    assignments = await _deal(tx, leads, causes)
    await _let_wait(tx, leads, await assignments.write())


async def expect_to_deal(tx: Transaction) -> None:
    """Whoever will deal at once, at the end of a long transaction, has the pools of the last time in hand from its beginning.

    Then it is those with less to lose who meet it, and try again.
    """
    await store.claim_pools(tx, _dealt_last.get(tx.database, ()))


async def deal_at_once(tx: Transaction, leads: Leads, causes: Causes) -> None:
    """Leads that this transaction is about to write for the first time: a step less, where nobody else deals at the same time."""
    leads = _unowned(leads.values())
    _dealt_last[tx.database] = {lead["pool_id"] for lead in leads.values()}
    assignments = await _deal(tx, leads, causes)
    await _let_wait(tx, leads, assignments.note(leads))


async def _let_wait(tx: Transaction, leads: Leads, dealt: Collection[str]) -> None:
    await store.add_to_queue(tx, {lead_id: _queue_of(lead) for lead_id, lead in leads.items() if lead_id not in dealt})


async def deal_waiting(tx: Transaction, due: list[Timer]) -> None:
    """Somebody has become available: those who waited longest go first, a bounded number at a time."""
    for timer in due:
        pool_id = timer.payload.get("pool_id", timer.key)
        await store.claim_pools(tx, [pool_id])
        queued = await store.find_queued(tx, pool_id, MOST_AT_ONCE, timer.payload.get("beyond"))
        found = await store.find_leads_to_deal(tx, [row["_id"] for row in queued])
        leads = _unowned(found[row["_id"]] for row in queued if row["_id"] in found)
        dealt = await (await _deal(tx, leads, {})).write()
        await store.remove_from_queue(tx, [row["_id"] for row in queued if row["_id"] in dealt or row["_id"] not in leads])
        if len(queued) == MOST_AT_ONCE:
            last = queued[-1]
            beyond = {"pool_id": pool_id, "beyond": [last["since"], last["_id"]]}
            tx.schedule(tx.now, POOL_WAITING, beyond, key=f"{pool_id}|beyond")


def _unowned(leads: Iterable[LeadDocument]) -> Leads:
    """Whatever was routed twice, claimed or disqualified in the meantime is left alone."""
    return {lead["_id"]: lead for lead in leads if lead.get("owner_id") is None and lead["status"] in OPEN}


def _queue_of(lead: LeadDocument) -> str:
    """What is to be claimed waits where nobody is dealt it."""
    return f"claim:{lead['pool_id']}" if _is_to_be_claimed(lead) else lead["pool_id"]


def _is_to_be_claimed(lead: LeadDocument) -> bool:
    return "demands" in lead and lead["demands"].get("claim", False)


async def _deal(tx: Transaction, leads: Leads, causes: Causes) -> Assignments:
    """Who got which lead and why; the others wait until somebody is there."""
    by_pool: defaultdict[str, list[LeadDocument]] = defaultdict(list)
    for lead in leads.values():
        if not _is_to_be_claimed(lead):
            by_pool[lead["pool_id"]].append(lead)
    crews = await crews_now(tx, by_pool)
    assignments, pools = Assignments(tx, causes), []
    for pool_id, theirs in by_pool.items():
        dealt, pool = await _deal_in(tx, crews[pool_id], theirs)
        pools.append(pool)
        assignments.add(theirs, dealt)
    await store.save_pools(tx, pools)
    return assignments


async def _deal_in(tx: Transaction, crew: Crew, leads: Sequence[LeadDocument]) -> tuple[dict[str, Dealt], Pool]:
    if crew.is_plain and not any("demands" in lead for lead in leads):
        dealt, pool = _by_turns(crew, leads)
        chance = min((seat.back_at for seat in crew.away if seat.back_at), default=None)
    else:
        dealt, pool, chance = await _by_choice(tx, crew, leads)
    if len(dealt) < len(leads) and chance is not None:
        tx.schedule(chance, POOL_WAITING, {"pool_id": crew.pool.id}, key=f"{crew.pool.id}|opening")
    return dealt, pool


def _by_turns(crew: Crew, leads: Sequence[LeadDocument]) -> tuple[dict[str, Dealt], Pool]:
    not_to = {lead["_id"]: lead["previous_owner_id"] for lead in leads if "previous_owner_id" in lead}
    owners, pool = dealing.deal(crew.pool, [lead["_id"] for lead in leads], not_to)
    why = Dealt.by_turns(crew.seats)
    return {lead_id: why[owner_id] for lead_id, owner_id in owners.items()}, pool


async def _by_choice(tx: Transaction, crew: Crew, leads: Sequence[LeadDocument]) -> tuple[dict[str, Dealt], Pool, Any]:
    if _is_load_asked_for(crew, leads):
        crew = await with_loads(tx, crew)
    table, dealt = crew.table(), {}
    for lead in leads:
        choice = table.choose(Wish(lead.get("demands", {}), lead.get("previous_owner_id")))
        if choice is not None:
            dealt[lead["_id"]] = Dealt(choice.seat, choice.dealing)
    chance = table.next_chance()
    if table.is_full:
        chance = min(filter(None, (chance, tx.now + LOOK_AGAIN)))
    return dealt, table.pool(), chance


def _is_load_asked_for(crew: Crew, leads: Sequence[LeadDocument]) -> bool:
    asked = any(lead["demands"].get("strategy") == "least_loaded" for lead in leads if "demands" in lead)
    return crew.pool.counting or asked or any(seat.max_open is not None for seat in crew.seats)
