"""Where it is kept: the only place that names a collection or an index."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pymongo import ReplaceOne, UpdateMany, UpdateOne

from services.accounts.models import (
    Account,
    AccountContact,
    Case,
    Deal,
    Erasure,
    FollowUp,
    Identity,
    Order,
    RecordedExpectation,
    Rep,
    Satisfaction,
    Survey,
)
from shared.database import Database, Record
from shared.errors import NotFound
from shared.indexing import Index
from shared.transaction import Transaction

Source = Database | Transaction
Filter = Mapping[str, Any]
R = TypeVar("R", bound=Record)

COLLECTIONS: dict[type[Record], str] = {
    Account: "accounts",
    AccountContact: "contacts",
    Case: "cases",
    Deal: "deals",
    Erasure: "erasures",
    FollowUp: "follow_ups",
    Identity: "identities",
    Order: "orders",
    RecordedExpectation: "expectations",
    Rep: "reps",
    Satisfaction: "satisfaction",
    Survey: "surveys",
}
INDEXES = (
    Index("accounts", [("updated_at", -1), ("_id", -1)]),
    Index("accounts", [("name", 1), ("_id", 1)]),
    Index("accounts", [("owner_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("accounts", [("team_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("accounts", [("domain", 1), ("updated_at", -1), ("_id", -1)]),
    Index("accounts", [("health", 1), ("_id", 1)]),
    Index("accounts", [("owner_active", 1), ("updated_at", -1), ("_id", -1)]),
    Index("contacts", [("account_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("contacts", [("email_hash", 1)]),
    Index("contacts", [("lead_id", 1)]),
    Index("cases", [("updated_at", -1), ("_id", -1)]),
    Index("cases", [("status", 1), ("updated_at", -1), ("_id", -1)]),
    Index("cases", [("respond_by", 1), ("_id", 1)]),
    Index("cases", [("status", 1), ("respond_by", 1), ("_id", 1)]),
    Index("cases", [("account_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("cases", [("owner_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("cases", [("team_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("cases", [("external_id", 1)]),
    Index("cases", [("contact_hash", 1)]),
    Index("deals", [("account_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("expectations", [("account_id", 1)]),
    Index("follow_ups", [("account_id", 1), ("due", 1), ("_id", 1)]),
    Index("orders", [("account_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("satisfaction", [("account_id", 1), ("updated_at", -1), ("_id", -1)]),
    Index("satisfaction", [("contact_id", 1)]),
)


async def find(source: Source, kind: type[R], ids: Iterable[str | None]) -> dict[str, R]:
    """By id; those that aren't there are left out."""
    return {record.id: record for record in await _find_in(source, kind, "_id", ids)}


async def get(source: Source, kind: type[R], record_id: str, scope: Filter) -> R:
    """One record within `scope`; what lies outside is as good as missing."""
    document = await source.collection(COLLECTIONS[kind]).find_one({"$and": [{"_id": record_id}, scope]})
    if document is None:
        raise NotFound(f"there is no {kind.__name__.lower()} {record_id}, or it is not yours to see")
    return kind.from_document(document)


async def save(tx: Transaction, *records: Record) -> None:
    """Adds or replaces, with one bulk write per kind."""
    writes: defaultdict[str, dict[str, ReplaceOne[dict[str, Any]]]] = defaultdict(dict)
    for record in records:
        writes[COLLECTIONS[type(record)]][record.id] = ReplaceOne({"_id": record.id}, record.to_document(), upsert=True)
    for name, replacements in writes.items():
        await tx.collection(name).bulk_write(list(replacements.values()), ordered=False)


async def find_contacts_of(tx: Transaction, account_ids: Iterable[str | None]) -> defaultdict[str, list[AccountContact]]:
    return _by_account(await _find_in(tx, AccountContact, "account_id", account_ids))


async def find_expectations_of(tx: Transaction, account_ids: Iterable[str | None]) -> defaultdict[str, list[RecordedExpectation]]:
    return _by_account(await _find_in(tx, RecordedExpectation, "account_id", account_ids))


async def find_contacts_with(tx: Transaction, email_hashes: Iterable[str], lead_ids: Iterable[str] = ()) -> list[AccountContact]:
    """By address or by lead, the one known longest first."""
    either = [{"email_hash": {"$in": list(email_hashes)}}, {"lead_id": {"$in": list(lead_ids)}}]
    rows = await tx.collection("contacts").find({"$or": either}).to_list(None)
    return sorted(map(AccountContact.from_document, rows), key=lambda contact: (contact.created_at, contact.id))


async def find_cases_from(tx: Transaction, email_hashes: Iterable[str]) -> list[Case]:
    return await _find_in(tx, Case, "contact_hash", email_hashes)


async def find_answers_by(tx: Transaction, contact_ids: Iterable[str]) -> list[Satisfaction]:
    return await _find_in(tx, Satisfaction, "contact_id", contact_ids)


async def remove_identities(tx: Transaction, identities: Iterable[str]) -> None:
    await tx.collection("identities").delete_many({"_id": {"$in": list(identities)}})


async def hold_reps(tx: Transaction, rep_ids: Iterable[str | None], now: datetime) -> dict[str, Rep]:
    """The reps, held for this transaction: one who changes team meanwhile would otherwise leave a new account behind with the old one."""
    wanted = {rep_id for rep_id in rep_ids if rep_id}
    unknown = {"version": 0, "name": None, "team_id": None, "active": True, "created_at": now}
    writes = [UpdateOne({"_id": rep_id}, {"$setOnInsert": unknown, "$set": {"updated_at": now}}, upsert=True) for rep_id in sorted(wanted)]
    if writes:
        await tx.collection("reps").bulk_write(writes, ordered=False)
    return await find(tx, Rep, wanted)


async def follow_owners(tx: Transaction, reps: Iterable[Rep]) -> None:
    """What accounts and cases show of their owner becomes what the owner is now."""
    shown = [(rep.id, {"owner_name": rep.name, "owner_active": rep.active, "team_id": rep.team_id}) for rep in reps]
    if shown:
        await tx.collection("accounts").bulk_write([UpdateMany({"owner_id": rep_id}, {"$set": fields}) for rep_id, fields in shown])
        teams = [UpdateMany({"owner_id": rep_id}, {"$set": {"team_id": fields["team_id"]}}) for rep_id, fields in shown]
        await tx.collection("cases").bulk_write(teams)


async def hand_over_cases(tx: Transaction, account: Account) -> None:
    owner = {"owner_id": account.owner_id, "team_id": account.team_id}
    await tx.collection("cases").update_many({"account_id": account.id}, {"$set": owner})


async def _find_in(source: Source, kind: type[R], field: str, values: Iterable[str | None]) -> list[R]:
    wanted = sorted({value for value in values if value})
    if not wanted:
        return []
    rows = await source.collection(COLLECTIONS[kind]).find({field: {"$in": wanted}}).to_list(None)
    return [kind.from_document(row) for row in rows]


H = TypeVar("H", AccountContact, RecordedExpectation)


def _by_account(records: Iterable[H]) -> defaultdict[str, list[H]]:
    found: defaultdict[str, list[H]] = defaultdict(list)
    for record in records:
        found[record.account_id].append(record)
    return found
