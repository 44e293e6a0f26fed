"""The webhook doors of sources, and which submission each of a platform's ids became."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from pymongo import ReplaceOne

from services.leads.models import Webhook
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
# Marks the key of what has no id but its own bytes. It may be meant when it comes again much later, so it is forgotten.
BY_BYTES = "b"
_BYTES_REMEMBERED = timedelta(days=7)


async def find_webhook(place: Place, source_id: str) -> Webhook | None:
    document = await place.collection("webhooks").find_one({"_id": source_id})
    return Webhook.from_document(document) if document else None


async def save_webhook(tx: Transaction, webhook: Webhook) -> None:
    await tx.collection("webhooks").replace_one({"_id": webhook.id}, webhook.to_document(), upsert=True)


async def find_receipts(tx: Transaction, keys: Collection[str]) -> dict[str, str]:
    """Key → submission."""
    rows = await tx.collection("webhook_receipts").find({"_id": {"$in": list(keys)}}).to_list(None) if keys else []
    return {row["_id"]: row["submission_id"] for row in rows}


async def add_receipts(tx: Transaction, receipts: Mapping[str, str]) -> None:
    """Of two transactions that add the same key one fails, runs again, and then finds it. One whose submission is gone is replaced."""
    rows = [_receipt(tx, key, submission_id) for key, submission_id in receipts.items()]
    if rows:
        await tx.collection("webhook_receipts").bulk_write(
            [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], ordered=False
        )


def _receipt(tx: Transaction, key: str, submission_id: str) -> dict[str, Any]:
    row: dict[str, Any] = {"_id": key, "submission_id": submission_id}
    return row | {"expires_at": tx.now + _BYTES_REMEMBERED} if key.split("|")[1] == BY_BYTES else row
