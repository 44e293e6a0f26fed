"""The people of our customers, as leads are compared with them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from shared.database import Database
from shared.transaction import Transaction

Source = Database | Transaction
Contact = dict[str, Any]
CONTACTS = "contacts"


async def find_contact_versions(tx: Transaction, account_ids: Collection[str]) -> dict[str, int]:
    """Of each account that has contacts, the version at which it was told last."""
    rows = await tx.collection(CONTACTS).find({"account_id": {"$in": list(account_ids)}}, {"account_id": 1, "version": 1}).to_list(None)
    return {row["account_id"]: row["version"] for row in rows}


async def replace_contacts(tx: Transaction, account_ids: Collection[str], contacts: Iterable[Contact]) -> None:
    rows = list(contacts)
    if account_ids:
        await tx.collection(CONTACTS).delete_many({"account_id": {"$in": list(account_ids)}})
    if rows:
        await tx.collection(CONTACTS).insert_many(rows, ordered=False)


async def find_contacts_in_blocks(source: Source, blocks: Sequence[str], most: int) -> list[Contact]:
    rows: list[Contact] = await source.collection(CONTACTS).find({"blocks": {"$in": list(blocks)}}).to_list(most) if blocks else []
    return rows
