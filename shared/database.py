"""MongoDB, and the one module that knows Motor: exchanging the driver is a change of this file."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from functools import cached_property, lru_cache
from typing import Any, Self, TypeVar

from bson.codec_options import CodecOptions, TypeCodec, TypeRegistry
from bson.decimal128 import Decimal128
from motor.frameworks.asyncio import run_on_executor
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pydantic import BaseModel
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from uuid_utils import uuid7

from shared.errors import Contended, DealwireError, Unreachable
from shared.events import Envelope
from shared.failpoints import failpoint
from shared.indexing import Index, ensure_indexes
from shared.late_writes import Write
from shared.transaction import Transaction

T = TypeVar("T")
Document = dict[str, Any]

CONFLICT_TRIES = 8
COMMIT_TRIES = 5
MOST_DIGITS = "a number may have 34 digits and 6,000 zeros at most"
# Interrupted, shutting down, stepping down, not primary, out of time: the server is away, not the data wrong.
_AWAY = {50, 89, 91, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436}
_DUPLICATE_KEY = 11000
_on_a_thread: Callable[..., asyncio.Future[None]] = run_on_executor


def new_id() -> str:
    """A UUIDv7: sorts by the time it was made."""
    return str(uuid7())


def utcnow() -> datetime:
    """Now, with a zone, cut to the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class Record(BaseModel):
    """A stored aggregate; `version` rises by one with every change."""

    id: str
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def to_document(self) -> Document:
        document = self.model_dump()
        return {"_id": document.pop("id"), **document}

    @classmethod
    def from_document(cls, document: Document) -> Self:
        return cls.model_validate({"id": document["_id"], **document})


class _DecimalCodec(TypeCodec):
    python_type = Decimal
    bson_type = Decimal128

    def transform_python(self, value: Decimal) -> Decimal128:
        return _decimal128(str(value))

    def transform_bson(self, value: Decimal128) -> Decimal:
        return value.to_decimal()


@lru_cache(4_096)
def _decimal128(digits: str) -> Decimal128:
    """Of the digits as they stand: 1.0 is as much as 1.00, but not the same. The driver makes them in Python, and sums of money repeat."""
    try:
        return Decimal128(digits)
    except DecimalException:
        raise OverflowError(MOST_DIGITS) from None


_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC, type_registry=TypeRegistry([_DecimalCodec()]))


class Database:
    """One service's own database. Reads go through `collection`, writes through `transact`."""

    def __init__(
        self, client: "AsyncIOMotorClient[Document]", name: str, *, outbox_shares: int = 4, retention_days: Mapping[str, int] | None = None
    ) -> None:
        self.name = name
        self.outbox_shares = outbox_shares
        self.retention_days: Mapping[str, int] = retention_days or {}
        self.committed_events = asyncio.Event()
        self.writer = new_id()
        self._client = client
        # Reads, too: what a crash could still take back must be neither published nor mailed.
        self._database = client.get_database(
            name, codec_options=_CODEC, read_concern=ReadConcern("majority"), write_concern=WriteConcern("majority")
        )

    def collection(self, name: str) -> Any:
        return self._database[name]

    @cached_property
    def audit(self) -> "Database":
        """Beside this one, where the service may add and read, and change nothing."""
        return Database(self._client, f"{self.name}_audit")

    async def transact(
        self, work: Callable[[Transaction], Awaitable[T]], *, by: str = "system", origin: Envelope | None = None, generation: int = 0
    ) -> T:
        """Runs `work` in one transaction (snapshot, majority), again when it meets another one.

        Raises Contended when it keeps losing, Unreachable when the server is away, and whatever `work` raises.
        """
        for attempt in range(CONFLICT_TRIES):
            try:
                return await self._attempt(work, by=by, origin=origin, generation=generation)
            except Contended:
                if attempt == CONFLICT_TRIES - 1:
                    raise
                await asyncio.sleep(random.uniform(0, 0.004 * 2**attempt))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _attempt(self, work: Callable[[Transaction], Awaitable[T]], *, by: str, origin: Envelope | None, generation: int) -> T:
        session = AsyncIOMotorClientSession(self._client.delegate.start_session(), self._client)
        session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority"))
        tx = Transaction(self, session, now=utcnow(), by=by, origin=origin, generation=generation)
        try:
            result = await work(tx)
            await _commit(session, await tx.flush())
        except PyMongoError as error:
            raise translated(error) from error
        finally:
            if session.delegate.in_transaction:
                await session.abort_transaction()
            session.delegate.end_session()
            if tx.emitted:
                self.committed_events.set()
        failpoint("transaction.after_commit")
        return result

    async def write(self, session: AsyncIOMotorClientSession, writes: list[Write]) -> None:
        await _on_one_thread(_carry_out, session, writes)

    async def ensure_indexes(self, indexes: Iterable[Index]) -> None:
        try:
            await ensure_indexes(self.collection, indexes)
        except PyMongoError as error:
            raise translated(error) from error

    async def ping(self) -> None:
        try:
            await self._database.command("ping")
        except PyMongoError as error:
            raise translated(error) from error

    async def drop(self) -> None:
        await self._client.drop_database(self.name)

    def close(self) -> None:
        self._client.close()


async def connect(uri: str, name: str, *, outbox_shares: int = 4, retention_days: Mapping[str, int] | None = None) -> Database:
    """Opens a pool; the server is first spoken to when it is first used."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri, appname=f"dealwire-{name}", retryWrites=True, serverSelectionTimeoutMS=5000, connectTimeoutMS=5000, socketTimeoutMS=60000
    )
    return Database(client, name, outbox_shares=outbox_shares, retention_days=retention_days)


def translated(error: PyMongoError) -> DealwireError | PyMongoError:
    """The driver's error in the words of our tree; one that is neither an outage nor a conflict is a bug and stays itself."""
    if isinstance(error, AutoReconnect | ConnectionFailure | WTimeoutError) or getattr(error, "code", None) in _AWAY:
        return Unreachable(f"MongoDB is away: {error}")
    if isinstance(error, DuplicateKeyError) or error.has_error_label("TransientTransactionError") or _is_duplicate(error):
        return Contended(f"two transactions met: {error}")
    return error


def _is_duplicate(error: PyMongoError) -> bool:
    if isinstance(error, BulkWriteError):
        return any(row.get("code") == _DUPLICATE_KEY for row in error.details.get("writeErrors", ()))
    return isinstance(error, OperationFailure) and error.code == _DUPLICATE_KEY


async def _commit(session: AsyncIOMotorClientSession, writes: list[Write]) -> None:
    """Committing again is harmless: the server knows whether it already has."""
    work: Callable[[AsyncIOMotorClientSession, list[Write]], None] = _carry_out_and_commit
    for attempt in range(COMMIT_TRIES):
        try:
            return await _on_one_thread(work, session, writes)
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or attempt == COMMIT_TRIES - 1:
                raise
            await asyncio.sleep(0.1 * 2**attempt)
            work = _commit_again


def _carry_out(session: AsyncIOMotorClientSession, writes: list[Write]) -> None:
    for collection, method, args, options in writes:
        getattr(collection.delegate, method)(*args, session=session.delegate, **options)


def _carry_out_and_commit(session: AsyncIOMotorClientSession, writes: list[Write]) -> None:
    _carry_out(session, writes)
    failpoint("transaction.before_commit")
    session.delegate.commit_transaction()


def _commit_again(session: AsyncIOMotorClientSession, _: list[Write]) -> None:
    session.delegate.commit_transaction()


async def _on_one_thread(work: Callable[[AsyncIOMotorClientSession, list[Write]], None], *args: Any) -> None:
    """All calls one after the other, for a change of thread costs as much as a call. Once begun it goes on to its end: whoever is told
    to stop must not end the session under it, for what came then would be written outside of the transaction."""
    working = _on_a_thread(asyncio.get_running_loop(), work, *args)
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise
