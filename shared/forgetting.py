"""What was parked and names an erased person is wiped: nobody can read or replay it any more."""

import re
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from shared.transaction import Transaction

_ADDRESS = re.compile(rb"[^\s\"'<>()\[\],;:\\@]+@[^\s\"'<>()\[\],;:\\@]+")
_NOTHING: dict[str, Any] = {"key": None, "value": None, "headers": [], "error": "", "violations": [], "note": "the person was erased"}


async def wipe_parked(tx: Transaction, *, email_hashes: Collection[str], ids: Collection[str]) -> None:
    """What holds one of their addresses, known by its hash (SHA-256 in hexadecimal), or the id of something that is theirs.

    Reads all that is parked, one by one and outside of the transaction: much may be.
    """
    names = [one.encode() for one in ids]
    rows = tx.database.collection("parked").find({}, {"key": 1, "value": 1}).hint([("_id", 1)])
    theirs = [row["_id"] async for row in rows if _tells_of(row, email_hashes, names)]
    if theirs:
        settled = {"status": "discarded", "settled_at": tx.now}
        await tx.collection("parked").update_many({"_id": {"$in": theirs}}, {"$set": _NOTHING | settled, "$inc": {"version": 1}})


def _tells_of(row: dict[str, Any], email_hashes: Collection[str], names: Collection[bytes]) -> bool:
    text = (row["key"] or b"") + b" " + (row["value"] or b"")
    return any(name in text for name in names) or any(_hash_of(address) in email_hashes for address in _ADDRESS.findall(text))


def _hash_of(address: bytes) -> str:
    return sha256(address.decode(errors="replace").casefold().encode()).hexdigest()
