"""What people were asked to confirm, and what waits for their answer."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pymongo import ReplaceOne

from services.leads.models import ConsentRecord, SubmissionDocument
from shared.database import Database
from shared.errors import NotFound
from shared.transaction import Transaction

Place = Database | Transaction
CONSENTS = "consents"


async def find_consents(tx: Transaction, emails: Collection[str]) -> list[ConsentRecord]:
    """Those of these addresses that were given, or may still be."""
    wanted = {"email": {"$in": list(emails)}, "status": {"$in": ["requested", "given"]}}
    return [ConsentRecord.from_document(row) for row in await tx.collection(CONSENTS).find(wanted).to_list(None)]


async def get_consent(place: Place, consent_id: str) -> ConsentRecord:
    document = await place.collection(CONSENTS).find_one({"_id": consent_id})
    if document is None:
        raise NotFound(f"There is no consent {consent_id}", field="consent_id", rule="exists")
    return ConsentRecord.from_document(document)


async def find_consents_by_id(tx: Transaction, ids: Sequence[str]) -> list[ConsentRecord]:
    rows = await tx.collection(CONSENTS).find({"_id": {"$in": list(ids)}}).to_list(None)
    return [ConsentRecord.from_document(row) for row in rows]


async def save_consents(tx: Transaction, consents: Collection[ConsentRecord]) -> None:
    """Of two transactions that ask one address for one source one fails, runs again, and finds that it was asked."""
    if consents:
        writes = [ReplaceOne({"_id": one.id}, one.to_document(), upsert=True) for one in consents]
        await tx.collection(CONSENTS).bulk_write(writes, ordered=False)


def consents_of(keys: Collection[str]) -> Mapping[str, Any]:
    """A filter: the consents of a lead's addresses, by the lead's keys. Whoever it was merged with brought theirs along."""
    return {"email": {"$in": [key.removeprefix("e:") for key in keys if key.startswith("e:")]}}


async def find_submissions_of_consents(tx: Transaction, consent_ids: Sequence[str]) -> list[SubmissionDocument]:
    """With what came."""
    rows: list[SubmissionDocument] = (
        await tx.collection("submissions").find({"consent_id": {"$in": list(consent_ids)}}).sort("_id", 1).to_list(None)
    )
    return rows
