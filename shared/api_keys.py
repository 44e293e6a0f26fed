"""API keys: how an outside source proves who it is. Only a key's SHA-256 is kept."""

import re
import secrets
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from pymongo.errors import PyMongoError

from shared.database import Database, translated, utcnow
from shared.doors import Door
from shared.errors import NotFound, Unauthenticated
from shared.events.values import Slug
from shared.history import Change
from shared.indexing import Index
from shared.paging import Listing, Page
from shared.principal import SOURCE_PREFIX, Principal
from shared.remembering import Remembered

if TYPE_CHECKING:
    from shared.transaction import Transaction

TRUST_SECONDS = 30.0
INDEXES = (Index("api_keys", [("created_at", -1), ("_id", -1)]), Index("api_keys", [("name", 1), ("created_at", -1), ("_id", -1)]))
_LOOKS_LIKE_ONE = re.compile(r"dw_[\w-]{43}", re.ASCII)
Scope = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9:._-]{0,63}$")]


class NewKey(BaseModel):
    """`name` is the slug of the source that the key is for."""

    name: Slug
    scopes: Annotated[list[Scope], Field(max_length=50)] = []


class KeyView(BaseModel):
    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        return cls.model_validate({**document, "id": document["_id"]})


class IssuedKey(KeyView):
    """The only time that the key itself is shown."""

    key: str


class ApiKeys:
    """Tells whose key it is; a key that was good is believed for half a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._verified: Remembered[Principal] = Remembered(10_000)

    async def principal(self, key: str) -> Principal:
        """Raises Unauthenticated."""
        key_id = _id_of(key)
        principal = self._verified.get(key_id)
        if principal is None:
            row = await self._verify(key, key_id)
            principal = _principal_of(row)
            self._verified.put(key_id, principal, seconds=min(TRUST_SECONDS, _seconds_left(row)))
        return principal

    async def _verify(self, key: str, key_id: str) -> dict[str, Any]:
        row = await self._find(key_id) if _LOOKS_LIKE_ONE.fullmatch(key) else None
        if row is None or row["revoked_at"] is not None or _seconds_left(row) <= 0:
            raise Unauthenticated("The API key is not one of ours, was revoked, or has expired")
        return row

    async def _find(self, key_id: str) -> dict[str, Any] | None:
        try:
            row: dict[str, Any] | None = await self._database.collection("api_keys").find_one({"_id": key_id})
        except PyMongoError as error:
            raise translated(error) from error
        return row

    def forget(self, key_id: str) -> None:
        self._verified.forget(key_id)

    def forget_all(self) -> None:
        self._verified = Remembered(10_000)


async def issue_key(tx: "Transaction", wanted: NewKey) -> IssuedKey:
    key = f"dw_{secrets.token_urlsafe(32)}"
    issued = IssuedKey(id=_id_of(key), name=wanted.name, scopes=wanted.scopes, created_at=tx.now, created_by=tx.by, key=key)
    row = issued.model_dump(exclude={"id", "key"})
    await tx.collection("api_keys").insert_one({"_id": issued.id, **row})
    tx.record(Change(of="api_key", id=issued.id, version=1, what="issued", after=wanted.model_dump()))
    return issued


async def expire_keys(tx: "Transaction", name: str, *, at: datetime) -> None:
    """All of this name that would be good for longer are good until then."""
    rows = await tx.collection("api_keys").find({"name": name, "revoked_at": None}).to_list(None)
    for row in rows:
        expires = row.get("expires_at")
        if expires is None or expires > at:
            await tx.collection("api_keys").update_one({"_id": row["_id"]}, {"$set": {"expires_at": at}})
            tx.record(Change("api_key", row["_id"], 2, "expires", before={"expires_at": expires}, after={"expires_at": at}))


async def revoke_key(tx: "Transaction", key_id: str) -> None:
    """Revoking twice is as good as once."""
    row = await tx.collection("api_keys").find_one({"_id": key_id})
    if row is None:
        raise NotFound("There is no such API key", field="key_id", rule="exists")
    if row["revoked_at"] is None:
        await tx.collection("api_keys").update_one({"_id": key_id}, {"$set": {"revoked_at": tx.now}})
        tx.record(Change(of="api_key", id=key_id, version=2, what="revoked", before={"revoked_at": None}, after={"revoked_at": tx.now}))


KEYS = Listing("api_keys", view=KeyView.of, sorts=("created_at",), default_sort="-created_at", filters={"name": str})
router = APIRouter(prefix="/api-keys", tags=["api keys"])


@router.post("", response_model=IssuedKey, status_code=201)
async def post_api_key(wanted: NewKey, door: Door) -> Response:
    door.allow("admin")
    return await door.command(lambda tx: issue_key(tx, wanted), status=201, keep=False)


@router.get("", response_model=Page[KeyView], openapi_extra=KEYS.described)
async def list_api_keys(door: Door, request: Request) -> Page[KeyView]:
    door.allow("admin")
    return await KEYS.page(door.db, request.query_params)


@router.delete("/{key_id}", status_code=204)
async def delete_api_key(key_id: str, door: Door) -> Response:
    door.allow("admin")
    answer = await door.command(lambda tx: revoke_key(tx, key_id), status=204)
    door.context.api_keys.forget(key_id)
    return answer


def _principal_of(row: dict[str, Any]) -> Principal:
    return Principal(
        subject=f"{SOURCE_PREFIX}{row['name']}", name=row["name"], roles=frozenset({"integration"}), scopes=frozenset(row["scopes"])
    )


def _seconds_left(row: dict[str, Any]) -> float:
    expires = row.get("expires_at")
    return float("inf") if expires is None else (expires - utcnow()).total_seconds()


def _id_of(key: str) -> str:
    return sha256(key.encode()).hexdigest()
