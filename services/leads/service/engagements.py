"""Signs of interest between submissions: who looked, opened, clicked, called."""

from datetime import datetime
from typing import Any

from services.leads import store
from services.leads.rules.addresses import email_of
from shared.events import EngagementRecorded
from shared.transaction import Transaction


async def submit_engagement(tx: Transaction, engagement: EngagementRecorded) -> EngagementRecorded:
    """Our own door says what an outside system would have published."""
    tx.emit(engagement)
    return engagement


async def record_engagements(tx: Transaction, engagements: list[EngagementRecorded]) -> None:
    """One of somebody who is no lead yet is kept too, under their address."""
    keys = {key for one in engagements if (key := _key(one))}
    known = await store.find_lead_ids_by_key(tx, keys)
    named = await store.find_merged_into(tx, {one.lead_id for one in engagements if one.lead_id}, {"_id": 1})
    rows = [_row(one, named[one.lead_id]["_id"] if one.lead_id in named else known.get(_key(one))) for one in engagements]
    latest: dict[str, datetime] = {}
    for row in rows:
        if row["lead_id"] is not None:
            latest[row["lead_id"]] = max(row["occurred_at"], latest.get(row["lead_id"], row["occurred_at"]))
    await store.add_engagements(tx, rows)
    await store.note_engagement(tx, latest)


def _key(engagement: EngagementRecorded) -> str:
    email = email_of(engagement.email) if engagement.email else None
    return f"e:{email}" if email else ""


def _row(engagement: EngagementRecorded, lead_id: str | None) -> dict[str, Any]:
    said = {name: value for name, value in engagement if name != "lead_id" and value is not None}
    original = {"original_lead_id": engagement.lead_id} if lead_id is not None and engagement.lead_id not in (None, lead_id) else {}
    return {"_id": engagement.envelope.identity, "lead_id": lead_id, **original, **said}
