"""Activities, commitments and proposals, each under its opportunity."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from pymongo import ReplaceOne

from services.opportunities.models import Activity, Commitment, Proposal
from services.opportunities.store.opportunities import Target
from shared.database import Record
from shared.errors import NotFound
from shared.transaction import Transaction

ACTIVITIES, COMMITMENTS, PROPOSALS = "activities", "commitments", "proposals"
R = TypeVar("R", bound=Record)


async def add_activity(tx: Transaction, activity: Activity) -> None:
    await tx.collection(ACTIVITIES).insert_one(activity.to_document())


async def add_commitment(tx: Transaction, commitment: Commitment) -> None:
    await tx.collection(COMMITMENTS).insert_one(commitment.to_document())


async def add_proposal(tx: Transaction, proposal: Proposal) -> None:
    await tx.collection(PROPOSALS).insert_one(proposal.to_document())


async def get_commitment(tx: Transaction, target: Target, commitment_id: str) -> Commitment:
    """One of this opportunity's; NotFound else."""
    return await _get(tx, COMMITMENTS, Commitment, {"_id": commitment_id, "opportunity_id": target.id})


async def find_commitments(tx: Transaction, ids: Collection[str]) -> dict[str, Commitment]:
    documents = await tx.collection(COMMITMENTS).find({"_id": {"$in": sorted(set(ids))}}).to_list(None)
    return {document["_id"]: Commitment.from_document(document) for document in documents}


async def save_commitments(tx: Transaction, commitments: Sequence[Commitment]) -> None:
    if commitments:
        writes = [ReplaceOne({"_id": commitment.id}, commitment.to_document()) for commitment in commitments]
        await tx.collection(COMMITMENTS).bulk_write(writes, ordered=False)


async def get_proposal(tx: Transaction, target: Target, proposal_id: str) -> Proposal:
    """One of this opportunity's; NotFound else."""
    return await _get(tx, PROPOSALS, Proposal, {"_id": proposal_id, "opportunity_id": target.id})


async def save_proposal(tx: Transaction, proposal: Proposal) -> None:
    await tx.collection(PROPOSALS).replace_one({"_id": proposal.id}, proposal.to_document())


async def _get(tx: Transaction, collection: str, of: type[R], condition: dict[str, str]) -> R:
    document = await tx.collection(collection).find_one(condition)
    if document is None:
        raise NotFound(f"this opportunity has no such {of.__name__.lower()}")
    return of.from_document(document)
