"""Leads judged anew although they said nothing: because time has passed, interest was shown, or other criteria came into force."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from services.leads import store
from services.leads.models import GONE, LeadDocument
from services.leads.rules.distribution.loads import load_of
from services.leads.rules.judging.policy import Policy
from services.leads.service.distribution.pools import Loads
from services.leads.service.judging.verdicts import TURN_DUE, judge_lead, said_of
from services.leads.service.sales.beginnings import begun_by
from services.leads.service.sales.desk import HandDesk
from shared.database import Database
from shared.events import Event
from shared.history import Change
from shared.timers import Timer
from shared.transaction import Transaction

__all__ = ["TURN_DUE", "judge_again", "judge_in_time", "renew_sums"]
SHOWN = ("status", "score", "grade", "reason")


async def judge_in_time(tx: Transaction, due: list[Timer]) -> None:
    leads = await store.find_leads(tx, [timer.key for timer in due])
    await judge_again(tx, list(leads.values()), why="time has passed")


async def judge_again(
    tx: Transaction, leads: Sequence[LeadDocument], *, why: str, causes: Mapping[str, Event] | None = None
) -> Counter[str]:
    """Writes them all, and returns how many steps of which kind came of it."""
    alive = [lead for lead in leads if lead["status"] not in GONE]
    desk, loads = await HandDesk.opened(tx, *alive), Loads(tx)
    await renew_sums(tx, desk.policy, alive)
    taken: Counter[str] = Counter()
    for lead in alive:
        load = load_of(lead)
        taken.update(_judge(desk, lead, why, (causes or {}).get(lead["_id"])))
        loads.note(load, load_of(lead))
    await store.save_leads(tx, alive)
    await store.remove_from_queue(tx, [lead["_id"] for lead in alive if lead["status"] == "disqualified"])
    await loads.write()
    await desk.close()
    return taken


def _judge(desk: HandDesk, lead: LeadDocument, why: str, cause: Event | None) -> list[str]:
    before, version = _shown(lead), lead["version"]
    steps = judge_lead(desk, lead, said_of(lead), cause=begun_by(lead, cause), again=True)
    if lead["version"] > version:
        lead["updated_at"] = desk.tx.now
        desk.tx.record(Change("lead", lead["_id"], lead["version"], steps[0], before, _shown(lead) | {"steps": steps}, why=why))
    return steps


def _shown(lead: LeadDocument) -> dict[str, object]:
    return {name: value for name, value in lead.items() if name in SHOWN}


async def renew_sums(place: Database | Transaction, policy: Policy, leads: Collection[LeadDocument]) -> None:
    """Where interest was summed up by half-lives that are in force no more, it is summed up again from all that was recorded."""
    if policy.judge is None:
        return
    scale = policy.judge.scale
    stale = {lead["_id"]: lead for lead in leads if "engaged" in lead and scale.is_stale(lead["engaged"])}
    signs = await store.find_signs(place, stale)
    for lead_id, lead in stale.items():
        if lead_id in signs:
            lead["engaged"] = scale.added(None, [(kind, min(at, lead["engaged"]["at"])) for kind, at in signs[lead_id]])
