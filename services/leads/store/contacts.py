"""The people of our customers, as leads are compared with them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from shared.database import Database
from shared.transaction import Transaction

Source = Database | Transaction
Contact = dict[str, Any]
CONTACTS = "contacts"


async def replace_contacts(tx: Transaction, account_ids: Collection[str], contacts: Iterable[Contact]) -> None:
    rows = list(contacts)
    if account_ids:
        await tx.collection(CONTACTS).delete_many({"account_id": {"$in": list(account_ids)}})
    if rows:
        await tx.collection(CONTACTS).insert_many(rows, ordered=False)


async def find_contacts_in_blocks(source: Source, blocks: Sequence[str], most: int) -> list[Contact]:
    rows: list[Contact] = await source.collection(CONTACTS).find({"blocks": {"$in": list(blocks)}}).to_list(most) if blocks else []
    return rows
