"""What was parked and names an erased person is wiped: nobody can read or replay it any more."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from shared.events.people import email_hash
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
        await empty_parked(tx, theirs)


async def empty_parked(tx: Transaction, parked_ids: Sequence[Any]) -> int:
    """Nobody can read or replay these any more; returns how many there were."""
    settled = {"status": "discarded", "settled_at": tx.now}
    done = await tx.collection("parked").update_many({"_id": {"$in": parked_ids}}, {"$set": _NOTHING | settled, "$inc": {"version": 1}})
    return int(done.modified_count)


def _tells_of(row: dict[str, Any], email_hashes: Collection[str], names: Collection[bytes]) -> bool:
    text = (row["key"] or b"") + b" " + (row["value"] or b"")
    addresses = (found.decode(errors="replace") for found in _ADDRESS.findall(text))
    return any(name in text for name in names) or any(email_hash(address) in email_hashes for address in addresses)
