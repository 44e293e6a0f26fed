"""Where a page ended, as a word that only we can read."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from shared.errors import Invalid

_SEAL_BYTES = 6
_MAX_LENGTH = 4_000
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """After the row with this value of the sort field and this `_id`; `direction` is 1 or -1."""

    field: str
    direction: int
    value: Any
    id: str

    def beyond(self) -> list[Document]:
        """The rows that come after it, in parts that follow each other, each of them one range of an index.

        MongoDB sorts a missing or null value before all others.
        """
        comes_after = "$gt" if self.direction > 0 else "$lt"
        if self.field == "_id":
            return [{"_id": {comes_after: self.id}}]
        tied = {self.field: self.value, "_id": {comes_after: self.id}}
        return [tied, *self._other_values(comes_after)]

    def _other_values(self, comes_after: str) -> list[Document]:
        nulls_last = self.direction < 0
        if self.value is None:
            return [] if nulls_last else [{self.field: {"$ne": None}}]
        return [{self.field: {comes_after: self.value}}, *([{self.field: None}] if nulls_last else [])]


def cursor_of(place: Place, *, listing: str, sort: str) -> str:
    payload = json.dumps([_packed(place.value), place.id], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_seal(payload, listing, sort) + payload).decode().rstrip("=")


def place_of(cursor: str, *, listing: str, sort: str) -> Place:
    """Raises Invalid for what was not given out for this list in this order."""
    try:
        raw = base64.b64decode(cursor[:_MAX_LENGTH] + "=" * (-len(cursor[:_MAX_LENGTH]) % 4), altchars=b"-_", validate=True)
        seal, payload = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        if seal != _seal(payload, listing, sort):
            raise ValueError("a broken seal")
        value, row_id = json.loads(payload)
        field = sort.removeprefix("-")
        return Place("_id" if field == "id" else field, -1 if sort.startswith("-") else 1, _unpacked(value), row_id)
    except (ValueError, TypeError, KeyError, binascii.Error, InvalidOperation):
        raise Invalid("This cursor was not given out for this list in this order", field="cursor", rule="cursor") from None


def _seal(payload: bytes, listing: str, sort: str) -> bytes:
    """Tells a cursor that was bent, or that belongs to another list; it keeps no secret."""
    return sha256(f"{listing} {sort} ".encode() + payload).digest()[:_SEAL_BYTES]


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return datetime.fromisoformat(value["at"]) if "at" in value else Decimal(value["decimal"])
