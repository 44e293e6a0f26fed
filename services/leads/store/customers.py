"""Whose customers there are already, as accounts tells it."""

from collections.abc import Collection, Mapping
from typing import Any

from pymongo import ReplaceOne

from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction


async def find_account_versions(tx: Transaction, account_ids: Collection[str]) -> dict[str, int]:
    rows = await tx.collection("customers").find({"_id": {"$in": list(account_ids)}}, {"version": 1}).to_list(None)
    return {row["_id"]: row["version"] for row in rows}


async def save_customers(tx: Transaction, rows: Mapping[str, Mapping[str, Any]]) -> None:
    if rows:
        writes = [ReplaceOne({"_id": account_id}, row, upsert=True) for account_id, row in rows.items()]
        await tx.collection("customers").bulk_write(writes, ordered=False)


async def find_owners_of_customers(place: Place, keys: Collection[str]) -> dict[str, str]:
    """By key. Of several accounts with one key the oldest counts: ids rise with time."""
    wanted, filters = set(keys), {"keys": {"$in": list(keys)}, "owner_id": {"$ne": None}}
    rows = await place.collection("customers").find(filters, {"keys": 1, "owner_id": 1}).to_list(None)
    newest_first = sorted(rows, key=lambda row: str(row["_id"]), reverse=True)
    return {key: row["owner_id"] for row in newest_first for key in row["keys"] if key in wanted}


async def has_customers(place: Place) -> bool:
    return await place.collection("customers").find_one({}, {"_id": 1}, sort=[("_id", 1)]) is not None
