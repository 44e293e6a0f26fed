"""Who is given a lead is to respond in time; if not, it goes to somebody else, or to whoever manages them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.leads import store
from services.leads.models import LeadDocument, Rep, Team
from services.leads.models.counting import day_of
from services.leads.models.policies import FOUR_HOURS
from services.leads.rules.distribution import overdue as rules
from services.leads.service.distribution.pools import Loads, respond_by
from services.leads.service.distribution.routed import Routed
from services.leads.service.sales.beginnings import begun_by
from shared.batching import in_parts
from shared.database import new_id
from shared.events import LeadAssigned, LeadResponseDue, LeadResponseOverdue
from shared.history import Change
from shared.timers import Timer
from shared.transaction import Transaction

RESPONSE_DUE = "lead.response_due"
REMINDER_DUE = "lead.reminder_due"
# Leads that are dealt out together share a deadline, and so a timer: few enough that 250 timers at once are still one transaction.
SHARING_A_TIMER = 20


def expect_responses(tx: Transaction, deadlines: Mapping[str, datetime], reminders: Mapping[str, int] | None = None) -> None:
    """By lead. A timer asks the lead itself whether its deadline still stands, so that none ever needs to be cancelled.

    `reminders` are how many seconds before it somebody is to be reminded, where somebody is.
    """
    _share_timers(tx, RESPONSE_DUE, {lead_id: (deadline, deadline) for lead_id, deadline in deadlines.items()})
    if reminders:
        before = {lead_id: (deadlines[lead_id] - timedelta(seconds=left), deadlines[lead_id]) for lead_id, left in reminders.items()}
        _share_timers(tx, REMINDER_DUE, {lead_id: times for lead_id, times in before.items() if times[0] > tx.now})


def _share_timers(tx: Transaction, name: str, times: Mapping[str, tuple[datetime, datetime]]) -> None:
    together: defaultdict[tuple[datetime, datetime], list[str]] = defaultdict(list)
    for lead_id, both in times.items():
        together[both].append(lead_id)
    for (at, deadline), lead_ids in together.items():
        for some in in_parts(lead_ids, SHARING_A_TIMER):
            payload = {"lead_ids": some}
            tx.schedule(at, name, payload if at == deadline else payload | {"respond_by": deadline.isoformat()}, key=new_id())


async def owned_anew(tx: Transaction, lead: LeadDocument) -> dict[str, Any]:
    """What changes about a lead that is open again: its owner has as long to respond as in the beginning, and none if they have left."""
    owner_id, within = lead.get("owner_id"), lead.get("respond_within", FOUR_HOURS)
    rep = await store.find_record(tx, Rep, owner_id) if owner_id is not None else None
    if rep is not None and not rep.active:
        return {"owner_id": None, "previous_owner_id": owner_id, "assigned_at": None, "respond_by": None}
    if owner_id is None or "contacted_at" in lead:
        return {}
    due = await respond_by(tx, rep, within) if rep else tx.now + timedelta(seconds=within)
    expect_responses(tx, {lead["_id"]: due})
    return {"respond_by": due}


async def remind_owners(tx: Transaction, due: list[Timer]) -> None:
    """Unless they have responded, or the lead has gone elsewhere since."""
    deadlines = {lead_id: datetime.fromisoformat(timer.payload["respond_by"]) for timer in due for lead_id in timer.payload["lead_ids"]}
    leads = await store.find_leads_overdue(tx, list(deadlines))
    waiting = [lead for lead_id, lead in leads.items() if rules.is_waiting(lead) and lead["respond_by"] == deadlines[lead_id]]
    await store.change_leads(tx, {lead["_id"]: _remind(tx, lead) for lead in waiting})


def _remind(tx: Transaction, lead: LeadDocument) -> dict[str, Any]:
    version = lead["version"] + 1
    tx.emit(LeadResponseDue(lead_id=lead["_id"], version=version, **_whose(lead)), cause=begun_by(lead))
    tx.record(Change("lead", lead["_id"], version, "reminded", after={"owner_id": lead["owner_id"]}))
    return {"version": version, "updated_at": tx.now}


async def note_overdue(tx: Transaction, due: list[Timer]) -> None:
    """Goes to somebody else of the pool, but not for ever: after the third time it stays, overdue as it is, or goes to the manager."""
    deadlines = {lead_id: timer.due for timer in due for lead_id in timer.payload["lead_ids"]}
    leads = await store.find_leads_overdue(tx, list(deadlines))
    overdue = [lead for lead_id, lead in leads.items() if rules.is_waiting(lead) and lead["respond_by"] <= deadlines[lead_id]]
    ahead = _Ahead(tx, await _managers_of(tx, [lead for lead in overdue if rules.what_next(lead) == "escalate"]))
    await store.change_leads(tx, {lead["_id"]: ahead.note_overdue(lead) for lead in overdue})
    await ahead.close()


async def _managers_of(tx: Transaction, leads: Iterable[LeadDocument]) -> dict[str, str]:
    """By rep: their own, else that of their team."""
    reps = await store.find_reps(tx, {str(lead["owner_id"]) for lead in leads})
    managers = {rep.id: rep.manager_id for rep in reps.values() if rep.manager_id}
    for rep in reps.values():
        if rep.id not in managers and (team := await store.find_record(tx, Team, rep.team_id)) and team.manager_id:
            managers[rep.id] = team.manager_id
    return managers


class _Ahead:
    """Where leads go whose owner did not respond."""

    def __init__(self, tx: Transaction, managers: Mapping[str, str]) -> None:
        self._tx, self._managers = tx, managers
        self._routed, self._loads = Routed(), Loads(tx)
        self._deadlines: dict[str, datetime] = {}

    async def close(self) -> None:
        self._routed.say(self._tx)
        expect_responses(self._tx, self._deadlines)
        await self._loads.write()

    def note_overdue(self, lead: LeadDocument) -> dict[str, Any]:
        tx, owner_id = self._tx, str(lead["owner_id"])
        lead["version"] += 1
        tx.emit(LeadResponseOverdue(lead_id=lead["_id"], version=lead["version"], **_whose(lead)), cause=begun_by(lead))
        store.Tally.of(tx).count(("rep", day_of(lead["assigned_at"]), owner_id, ""), "overdue")
        change, whats_next = {}, rules.what_next(lead)
        if whats_next == "reroute":
            change = {"owner_id": None, "previous_owner_id": owner_id, "reroutes": lead.get("reroutes", 0) + 1}
        tx.record(Change("lead", lead["_id"], lead["version"], "overdue", before={"owner_id": owner_id}, after=change))
        if whats_next == "reroute":
            self._reroute(lead, owner_id)
        elif whats_next == "escalate" and self._managers.get(owner_id, owner_id) != owner_id:
            change = self._escalate(lead, owner_id, self._managers[owner_id])
        self._loads.note_change(lead, change)
        return {**change, "version": lead["version"], "updated_at": tx.now}

    def _reroute(self, lead: LeadDocument, owner_id: str) -> None:
        lead["previous_owner_id"] = owner_id
        self._routed.add_again(lead, reason=f"{owner_id} did not respond in time")

    def _escalate(self, lead: LeadDocument, owner_id: str, manager_id: str) -> dict[str, Any]:
        tx = self._tx
        lead["version"] += 1
        respond_by = self._deadlines[lead["_id"]] = tx.now + timedelta(seconds=lead["respond_within"])
        reason = f"to the manager: {owner_id} did not respond in time"
        told = {"lead_id": lead["_id"], "version": lead["version"], "owner_id": manager_id, "team_id": lead.get("team_id")}
        tx.emit(
            LeadAssigned(**told, rule=lead["rule"], reason=reason, respond_by=respond_by, previous_owner_id=owner_id), cause=begun_by(lead)
        )
        tx.record(Change("lead", lead["_id"], lead["version"], "escalated", {"owner_id": owner_id}, {"owner_id": manager_id}, why=reason))
        whose = {"owner_id": manager_id, "previous_owner_id": owner_id, "escalated": True}
        return {**whose, "assigned_at": tx.now, "respond_by": respond_by}


def _whose(lead: LeadDocument) -> dict[str, Any]:
    return {"owner_id": lead["owner_id"], "team_id": lead.get("team_id"), "respond_by": lead["respond_by"]}
