"""All the leads of a rep go to others: asked for in one call, done a few hundred at a time, each step once and for all."""

from typing import Any

from services.leads import store
from services.leads.models import Handover, LeadDocument, Rep
from services.leads.models.policies import FOUR_HOURS
from services.leads.service.distribution.deadlines import expect_responses
from services.leads.service.distribution.pools import Loads, respond_by
from services.leads.service.distribution.roster import change_rep
from services.leads.service.distribution.routed import Routed
from services.leads.service.sales.beginnings import begun_by
from shared.database import Database, new_id
from shared.errors import Invalid, NotAllowedNow
from shared.events import LeadAssigned
from shared.history import Change
from shared.transaction import Transaction

LEADS_PER_STEP = 300
RULE = "handover"


async def open_handover(tx: Transaction, rep_id: str, *, to: str | None, reason: str, leaves: bool) -> Handover:
    """With `leaves` the rep is active no more, from this moment on."""
    rep = await store.get_record(tx, Rep, rep_id)
    await _expect_taker(tx, rep_id, to)
    if await store.find_handover_under_way(tx, rep_id):
        raise NotAllowedNow(f"The leads of {rep_id} are being handed over already", field="rep_id", rule="one_at_a_time")
    if leaves:
        await change_rep(tx, rep_id, {"active": False}, None)
    times = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.by}
    total = await store.count_leads_of(tx.database, rep_id)
    handover = Handover(id=new_id(), rep_id=rep_id, to=to, team_id=rep.team_id, reason=reason, total=total, **times)
    await store.add_record(tx, handover)
    tx.record(Change("handover", handover.id, 1, "opened", after={"rep_id": rep_id, "to": to, "leaves": leaves}, why=reason))
    return handover


async def _expect_taker(tx: Transaction, rep_id: str, to: str | None) -> None:
    if to == rep_id:
        raise Invalid("Leads are handed over to somebody else", field="to", rule="other_rep")
    taker = await store.find_record(tx, Rep, to) if to else None
    if to and (taker is None or not taker.active):
        raise Invalid(f"{to} is no active rep", field="to", rule="active_rep")


async def hand_over(db: Database) -> int:
    """One step of the oldest handover."""
    return await db.transact(_step, by="handovers") if await store.find_handover_under_way(db) else 0


async def _step(tx: Transaction) -> int:
    handover = await store.find_handover_under_way(tx)
    if handover is None:
        return 0
    leads = await store.find_leads_of(tx, handover.rep_id, handover.position, LEADS_PER_STEP)
    moved = await _move(tx, handover, [lead for lead in leads if _is_meant(lead, handover)])
    await store.save_record(tx, _moved_on(tx, handover, leads, moved))
    return max(1, len(leads))


def _is_meant(lead: LeadDocument, handover: Handover) -> bool:
    """What is still worked on, and was theirs when the handover began."""
    is_open = lead["status"] in ("captured", "qualified", "contacted") and lead.get("outcome") not in ("won", "lost")
    return is_open and ("assigned_at" not in lead or lead["assigned_at"] <= handover.created_at)


def _moved_on(tx: Transaction, handover: Handover, leads: list[LeadDocument], moved: int) -> Handover:
    """At the end it goes round once more, for leads that were on their way to the rep when it passed, until it finds none."""
    counts = {"moved": handover.moved + moved, "moved_this_round": handover.moved_this_round + moved}
    state: dict[str, Any] = {"status": "running", "position": leads[-1]["_id"] if leads else handover.position}
    if len(leads) < LEADS_PER_STEP:
        again = counts["moved_this_round"] > 0
        state = {"position": "", "moved_this_round": 0} | ({"status": "running"} if again else {"status": "done", "finished_at": tx.now})
    after = handover.model_copy(update={**counts, **state, "version": handover.version + 1, "updated_at": tx.now})
    if after.status == "done":
        tx.record(Change("handover", after.id, after.version, "finished", after={"moved": after.moved}))
    return after


async def _move(tx: Transaction, handover: Handover, leads: list[LeadDocument]) -> int:
    taker = await store.find_record(tx, Rep, handover.to) if handover.to else None
    mover = _Mover(tx, handover)
    if taker is not None and taker.active:
        changes = {lead["_id"]: await mover.give(lead, taker) for lead in leads}
    else:
        changes = {lead["_id"]: mover.deal_again(lead) for lead in leads}
    await store.change_leads(tx, changes)
    await mover.close()
    return len(changes)


class _Mover:
    def __init__(self, tx: Transaction, handover: Handover) -> None:
        self._tx, self._handover = tx, handover
        self._routed, self._loads = Routed(), Loads(tx)
        self._within: dict[int, Any] = {}
        self._deadlines: dict[str, Any] = {}

    async def close(self) -> None:
        self._routed.say(self._tx)
        expect_responses(self._tx, self._deadlines)
        await self._loads.write()

    def deal_again(self, lead: LeadDocument) -> dict[str, Any]:
        """In the pool that it came from, or else in the rep's own; by whatever rule, not to whom that named."""
        handover = self._handover
        demands = {name: value for name, value in lead.get("demands", {}).items() if name not in ("only", "claim") and value != "direct"}
        lead.setdefault("pool_id", handover.team_id)
        lead.setdefault("team_id", handover.team_id)
        lead.setdefault("rule", RULE)
        sent = {"pool_id": lead["pool_id"], "team_id": lead["team_id"], "rule": lead["rule"], "demands": demands or None}
        fields = {**sent, "owner_id": None, "previous_owner_id": handover.rep_id, "respond_within": lead.get("respond_within", FOUR_HOURS)}
        change = self._change(lead, fields, what="handed_over")
        if lead["status"] == "captured":
            return change
        lead["previous_owner_id"] = handover.rep_id
        self._routed.add_again(lead, reason=f"handed over by {handover.rep_id}: {handover.reason}"[:300])
        return change

    async def give(self, lead: LeadDocument, taker: Rep) -> dict[str, Any]:
        tx, handover, within = self._tx, self._handover, lead.get("respond_within", FOUR_HOURS)
        if within not in self._within:
            self._within[within] = await respond_by(tx, taker, within)
        due, reason = self._within[within], f"handed over by {handover.rep_id}: {handover.reason}"[:300]
        fields = {"owner_id": taker.id, "team_id": taker.team_id, "previous_owner_id": handover.rep_id}
        change = self._change(lead, {**fields, "assigned_at": tx.now, "respond_by": due}, what="assigned")
        told = {**fields, "lead_id": lead["_id"], "version": change["version"]}
        tx.emit(LeadAssigned(**told, rule=RULE, reason=reason, respond_by=due), cause=begun_by(lead))
        if "contacted_at" not in lead:
            self._deadlines[lead["_id"]] = due
        return change

    def _change(self, lead: LeadDocument, fields: dict[str, Any], *, what: str) -> dict[str, Any]:
        self._loads.note_change(lead, fields)
        lead["version"] += 1
        before, after = {"owner_id": lead["owner_id"]}, {"owner_id": fields["owner_id"]}
        self._tx.record(Change("lead", lead["_id"], lead["version"], what, before, after, why=self._handover.reason))
        return {**fields, "version": lead["version"], "updated_at": self._tx.now}
