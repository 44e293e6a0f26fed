"""Where it is kept: the only place that names a collection or an index."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pymongo import ReplaceOne, UpdateOne
from pymongo.errors import PyMongoError

from services.notifications.models import Delivery, Notification, Recipient, Rule, Subject, Template
from shared.database import Database, Record, translated
from shared.errors import NotFound
from shared.indexing import Index
from shared.transaction import Transaction

Source = Database | Transaction
Filter = dict[str, Any]
R = TypeVar("R", bound=Record)

COLLECTIONS: dict[type[Record], str] = {
    Delivery: "deliveries",
    Notification: "notifications",
    Recipient: "recipients",
    Rule: "rules",
    Subject: "subjects",
    Template: "templates",
}
_LATEST_FIRST = (("created_at", -1), ("_id", -1))
_SHOWN = {"channel": "in_app"}
# The planner takes a partial index only for a query that says the same as its filter.
_STILL_TO_TRY = {"due": {"$gt": datetime(2000, 1, 1, tzinfo=UTC)}}
INDEXES = (
    Index("notifications", [("recipient_id", 1), ("channel", 1), *_LATEST_FIRST], partial=_SHOWN),
    Index("notifications", [("recipient_id", 1), ("channel", 1), ("unread", 1), *_LATEST_FIRST], partial=_SHOWN),
    Index("notifications", [("recipient_id", 1), ("channel", 1), ("kind", 1), *_LATEST_FIRST], partial=_SHOWN),
    Index("notifications", [("about", 1)]),
    Index("deliveries", [("due", 1)], partial=_STILL_TO_TRY),
    Index("deliveries", [("mail_id", 1)]),
    Index("deliveries", [("about", 1)]),
    Index("deliveries", [*_LATEST_FIRST]),
    Index("deliveries", [("state", 1), *_LATEST_FIRST]),
    Index("deliveries", [("recipient_id", 1), *_LATEST_FIRST]),
    Index("deliveries", [("kind", 1), *_LATEST_FIRST]),
    Index("recipients", [("name", 1), ("_id", 1)]),
    Index("recipients", [("team_id", 1), ("name", 1), ("_id", 1)]),
    Index("recipients", [("roles", 1)]),
    Index("recipients", [("active", 1), ("manager_id", 1)]),
    Index("rules", [("enabled", 1), ("on", 1)]),
    Index("rules", [("on", 1), ("_id", 1)]),
    Index("rules", [("template_id", 1)]),
    Index("subjects", [("lead_id", 1)]),
    Index("subjects", [("email_hashes", 1)]),
)


async def find(source: Source, kind: type[R], ids: Iterable[str]) -> dict[str, R]:
    """By id; those that aren't there are left out."""
    wanted = sorted(set(ids))
    return {record.id: record for record in await _read(source, kind, {"_id": {"$in": wanted}})} if wanted else {}


async def get(source: Source, kind: type[R], record_id: str, scope: Filter | None = None) -> R:
    """One record within `scope`; what lies outside is as good as missing."""
    found = await _read(source, kind, {"$and": [{"_id": record_id}, scope or {}]})
    if not found:
        raise NotFound(f"There is no {kind.__name__.lower()} {record_id}", field="id", rule="exists")
    return found[0]


async def add(tx: Transaction, records: Sequence[Record]) -> None:
    if records:
        await tx.collection(COLLECTIONS[type(records[0])]).insert_many([record.to_document() for record in records], ordered=False)


async def add_missing(tx: Transaction, records: Sequence[Record]) -> None:
    """Those that are there stay as they are."""
    documents = [record.to_document() for record in records]
    writes = [UpdateOne({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True) for document in documents]
    await tx.collection(COLLECTIONS[type(records[0])]).bulk_write(writes, ordered=False)


async def save(tx: Transaction, records: Sequence[Record]) -> None:
    writes = [ReplaceOne({"_id": record.id}, record.to_document(), upsert=True) for record in records]
    if writes:
        await tx.collection(COLLECTIONS[type(records[0])]).bulk_write(writes, ordered=False)


async def delete(tx: Transaction, record: Record) -> None:
    await tx.collection(COLLECTIONS[type(record)]).delete_one({"_id": record.id})


async def find_enabled_rules(tx: Transaction) -> list[Rule]:
    """In the order of their topics and ids, so that of two rules that tell one person the same one is always first."""
    return sorted(await _read(tx, Rule, {"enabled": True}), key=lambda rule: (rule.on, rule.id))


async def find_rules_with(tx: Transaction, template_id: str) -> list[Rule]:
    return await _read(tx, Rule, {"template_id": template_id})


async def find_people(tx: Transaction, ids: Collection[str], teams: Collection[str], roles: Collection[str]) -> list[Recipient]:
    anyhow = [{"_id": {"$in": sorted(ids)}}, {"team_id": {"$in": sorted(teams)}}, {"roles": {"$in": sorted(roles)}}]
    return await _read(tx, Recipient, {"$or": anyhow})


async def find_managing(tx: Transaction) -> set[str]:
    """Those whom active people name as their manager."""
    managed = {"active": True, "manager_id": {"$gt": ""}}
    found = tx.collection("recipients").aggregate([{"$match": managed}, {"$group": {"_id": "$manager_id"}}])
    return {row["_id"] for row in await found.to_list(None)}


async def find_subjects_of(tx: Transaction, lead_ids: Sequence[str], email_hashes: Sequence[str]) -> list[Subject]:
    """What is about these people."""
    return await _read(tx, Subject, {"$or": [{"lead_id": {"$in": lead_ids}}, {"email_hashes": {"$in": email_hashes}}]})


async def find_told(tx: Transaction, ids: Iterable[str]) -> set[str]:
    """Which of these notifications were made before, whatever came of them."""
    wanted = {"_id": {"$in": sorted(ids)}}
    rows = [row for name in ("notifications", "deliveries") for row in await tx.collection(name).find(wanted, {"_id": 1}).to_list(None)]
    return {row["_id"] for row in rows}


def shown_to(recipient_id: str) -> Filter:
    """What a person finds in the application: their own only."""
    return {"recipient_id": recipient_id, **_SHOWN}


async def mark_all_read(tx: Transaction, recipient_id: str) -> int:
    unread = {**shown_to(recipient_id), "unread": True}
    news = {"$set": {"unread": False, "read_at": tx.now, "updated_at": tx.now}, "$inc": {"version": 1}}
    return int((await tx.collection("notifications").update_many(unread, news)).modified_count)


async def forget_notifications(tx: Transaction, keys: Sequence[str]) -> None:
    """Blanks what was told about these subjects, and takes back what is not sent yet."""
    about = {"about": {"$in": keys}}
    withdrawn = {"$set": {"state": "withdrawn", "due": None, "updated_at": tx.now}, "$inc": {"version": 1}}
    await tx.collection("deliveries").update_many({**about, "state": {"$in": ["pending", "sending"]}}, withdrawn)
    await tx.collection("notifications").update_many({**about, "status": "pending"}, {"$set": {"status": "withdrawn"}})
    blank = {"$set": {"title": "Erased", "text": "", "html": None, "to": None, "updated_at": tx.now}, "$inc": {"version": 1}}
    await tx.collection("notifications").update_many(about, blank)


def _due(now: datetime) -> Filter:
    return {"due": {**_STILL_TO_TRY["due"], "$lte": now}}


async def has_due(db: Database, now: datetime) -> bool:
    try:
        return await db.collection("deliveries").find_one(_due(now), {"_id": 1}) is not None
    except PyMongoError as error:
        raise translated(error) from error


async def find_due(tx: Transaction, limit: int) -> list[Delivery]:
    """The longest due first, and with them whatever shares a mail with them."""
    found = tx.collection("deliveries").find(_due(tx.now)).sort("due", 1).limit(limit)
    due = {row["_id"]: Delivery.from_document(row) for row in await found.to_list(limit)}
    mail_ids = sorted({delivery.mail_id for delivery in due.values() if delivery.mail_id})
    if mail_ids:
        companions = await _read(tx, Delivery, {"mail_id": {"$in": mail_ids}, "state": {"$in": ["pending", "sending"]}})
        due |= {delivery.id: delivery for delivery in companions}
    return list(due.values())


async def find_claimed(tx: Transaction, mail_ids: Sequence[str]) -> list[Delivery]:
    """What is still in these mails: a delivery may have been withdrawn since it was put there."""
    return await _read(tx, Delivery, {"mail_id": {"$in": mail_ids}, "state": "sending"})


async def _read(source: Source, kind: type[R], wanted: Filter) -> list[R]:
    rows = await source.collection(COLLECTIONS[kind]).find(wanted).to_list(None)
    return [kind.from_document(row) for row in rows]
