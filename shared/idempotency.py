"""A command that is sent twice under one key is carried out once; the second gets the first's answer."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from fastapi import Response

from shared.errors import Invalid
from shared.indexing import Index

if TYPE_CHECKING:
    from shared.transaction import Transaction

REMEMBERED = timedelta(hours=24)
INDEXES = (Index("idempotency", [("expires_at", 1)], expire_after_seconds=0),)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answers, as it goes out and as it is kept."""

    status: int
    body: bytes = b""
    etag: str | None = None
    location: str | None = None
    replayed: bool = False

    def to_response(self) -> Response:
        headers = {"etag": self.etag, "location": self.location, "idempotency-replayed": "true" if self.replayed else None}
        sent = {name: value for name, value in headers.items() if value is not None}
        return Response(self.body or None, self.status, headers=sent, media_type="application/json" if self.body else None)


@dataclass(frozen=True, slots=True)
class CommandKey:
    """The caller's key, in the caller's own realm, and what was asked under it."""

    id: str
    request: str

    @classmethod
    def of(cls, realm: str, key: str, request: bytes) -> "CommandKey":
        return cls(sha256(f"{realm}\n{key}".encode()).hexdigest(), sha256(request).hexdigest())

    async def find_answer(self, tx: "Transaction") -> Answer | None:
        """Raises Invalid when the key was used for something else."""
        row = await tx.collection("idempotency").find_one({"_id": self.id})
        if row is None:
            return None
        if row["request"] != self.request:
            raise Invalid("This key was used for another request", field="Idempotency-Key", rule="reused")
        return Answer(**row["answer"], replayed=True)

    async def keep(self, tx: "Transaction", answer: Answer) -> None:
        """In the transaction of the command itself: of two at once, one commits and the other finds its answer."""
        kept = {name: value for name, value in asdict(answer).items() if name != "replayed"}
        row = {"_id": self.id, "request": self.request, "answer": kept, "expires_at": tx.now + REMEMBERED}
        await tx.collection("idempotency").insert_one(row)
