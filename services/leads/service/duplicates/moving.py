"""Signs of interest follow their lead into another, and back: in bounded steps, however many there are."""

from collections.abc import Sequence
from typing import Any

from services.leads import store
from services.leads.service.judging.engagements import scale_of
from services.leads.service.judging.standing import judge_again
from services.leads.service.policies import current_policy
from shared.timers import Timer
from shared.transaction import Transaction

ENGAGEMENTS_MOVING = "engagements.moving"
MOVED_AT_ONCE = 1_000


def move_engagements_later(tx: Transaction, lead_id: str, *, to: str) -> None:
    """Each keeps the lead that it was first recorded for."""
    tx.cancel(ENGAGEMENTS_MOVING, key=f"{to}|{lead_id}")
    tx.schedule(tx.now, ENGAGEMENTS_MOVING, {"from": lead_id, "to": to}, key=f"{lead_id}|{to}")


def return_engagements_later(tx: Transaction, lead_id: str, to: str, *, first_of: Sequence[str], emails: Sequence[str]) -> None:
    """Those first recorded for one of `first_of`, and those that one of these addresses has left with `lead_id` since."""
    payload = {"from": lead_id, "to": to, "first_of": list(first_of), "emails": list(emails)}
    tx.cancel(ENGAGEMENTS_MOVING, key=f"{to}|{lead_id}")
    tx.schedule(tx.now, ENGAGEMENTS_MOVING, payload, key=f"{lead_id}|{to}")


async def move_engagements(tx: Transaction, due: list[Timer]) -> None:
    for timer in due:
        moved = await _move_some(tx, timer.payload)
        if moved == MOVED_AT_ONCE:
            tx.schedule(tx.now, ENGAGEMENTS_MOVING, timer.payload, key=timer.key)
        elif "first_of" in timer.payload:
            await _sum_up_again(tx, [timer.payload["from"], timer.payload["to"]])


async def _sum_up_again(tx: Transaction, lead_ids: Sequence[str]) -> None:
    """What has gone back counts for whom it went back to."""
    leads, signs = await store.find_leads(tx, lead_ids), await store.find_signs(tx, lead_ids)
    scale = scale_of(await current_policy(tx.database))
    for lead_id, lead in leads.items():
        if lead_id in signs:
            given = [(kind, min(at, tx.now)) for kind, at in signs[lead_id]]
            lead["engaged"], lead["last_engaged_at"] = scale.added(None, given), max(at for _, at in given)
        else:
            lead.pop("engaged", None)
            lead.pop("last_engaged_at", None)
    await judge_again(tx, list(leads.values()), why="each is a lead of its own again")


async def _move_some(tx: Transaction, order: dict[str, Any]) -> int:
    if "first_of" not in order:
        return await store.move_engagements(tx, {"lead_id": order["from"]}, order["to"], MOVED_AT_ONCE)
    theirs = [{"original_lead_id": {"$in": order["first_of"]}}, {"email": {"$in": order["emails"]}, "original_lead_id": None}]
    return await store.move_engagements(tx, {"lead_id": order["from"], "$or": theirs}, order["to"], MOVED_AT_ONCE)
