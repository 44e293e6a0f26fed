"""Sets of criteria and of routing rules, and models that were learned."""

from typing import TypeVar

from services.leads.models import PolicySet
from shared.database import Database
from shared.errors import NotFound
from shared.transaction import Transaction

S = TypeVar("S", bound=PolicySet)
Source = Database | Transaction


async def find_active_policy(source: Source, kind: type[S]) -> S | None:
    document = await source.collection(kind.noun).find_one({"status": "active"})
    return kind.from_document(document) if document else None


async def get_policy(source: Source, kind: type[S], version: int) -> S:
    document = await source.collection(kind.noun).find_one({"_id": version})
    if document is None:
        raise NotFound(f"There is no version {version} of {kind.noun}", field="version", rule="exists")
    return kind.from_document(document)


async def find_former_policy(source: Source, kind: type[S]) -> S | None:
    """The one that was in force before the active one."""
    document = await source.collection(kind.noun).find_one({"status": "retired"}, sort=[("activated_at", -1), ("_id", -1)])
    return kind.from_document(document) if document else None


async def find_latest_policy(source: Source, kind: type[S]) -> S | None:
    """The one that was made last, whether it is in force or not."""
    document = await source.collection(kind.noun).find_one({}, sort=[("_id", -1)])
    return kind.from_document(document) if document else None


async def last_policy_version(source: Source, kind: type[PolicySet]) -> int:
    """0 when there is none yet."""
    latest = await source.collection(kind.noun).find_one({}, {"_id": 1}, sort=[("_id", -1)])
    return latest["_id"] if latest else 0


async def add_policy(tx: Transaction, policy: PolicySet) -> None:
    await tx.collection(policy.noun).insert_one(policy.to_document())


async def save_policy(tx: Transaction, policy: PolicySet) -> None:
    await tx.collection(policy.noun).replace_one({"_id": policy.version}, policy.to_document())
