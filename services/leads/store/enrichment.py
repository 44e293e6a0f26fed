"""Providers, what they were asked and answered, what that cost, and the files of companies that are looked into."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from pymongo import ReplaceOne, UpdateOne

from services.leads.models import CachedAnswer, EnrichmentRow, Provider, ProviderState, Usage
from shared.database import Database
from shared.transaction import Transaction

Place = Database | Transaction
PROVIDERS, ENRICHMENTS, CACHE, STATES, USAGE, COMPANIES = (
    "providers",
    "enrichments",
    "enrichment_cache",
    "provider_states",
    "provider_usage",
    "companies",
)
MOST_CANDIDATES = 5_000


async def find_providers(place: Place) -> list[Provider]:
    return [Provider.from_document(row) for row in await place.collection(PROVIDERS).find().to_list(None)]


async def find_provider_states(place: Place) -> dict[str, ProviderState]:
    rows: list[ProviderState] = await place.collection(STATES).find().to_list(None)
    return {row["_id"]: row for row in rows}


async def save_provider_states(tx: Transaction, states: Collection[ProviderState]) -> None:
    if states:
        await tx.collection(STATES).bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in states], ordered=False)


async def find_provider_usage(place: Place, month: str) -> dict[str, Usage]:
    """By provider."""
    rows: list[Usage] = await place.collection(USAGE).find({"month": month}).to_list(None)
    return {row["provider_id"]: row for row in rows}


async def count_provider_usage(
    tx: Transaction, month: str, counts: Mapping[str, Mapping[str, Any]], currencies: Mapping[str, str | None]
) -> None:
    """Adds to what each provider was asked this month."""
    writes = [
        UpdateOne(
            {"_id": f"{provider_id}/{month}"},
            {"$inc": dict(count), "$set": {"provider_id": provider_id, "month": month, "currency": currencies[provider_id]}},
            upsert=True,
        )
        for provider_id, count in counts.items()
    ]
    if writes:
        await tx.collection(USAGE).bulk_write(writes, ordered=False)


async def add_enrichments(tx: Transaction, rows: Sequence[EnrichmentRow]) -> None:
    if rows:
        await tx.collection(ENRICHMENTS).insert_many(rows, ordered=False)


async def find_due_enrichments(db: Database, provider_id: str, by: datetime, but: Collection[str], most: int) -> list[EnrichmentRow]:
    """The longest due first, without those that are being asked."""
    due = {"status": "due", "provider_id": provider_id, "due_at": {"$lte": by}, "_id": {"$nin": list(but)}}
    rows: list[EnrichmentRow] = await db.collection(ENRICHMENTS).find(due).sort([("due_at", 1), ("_id", 1)]).limit(most).to_list(None)
    return rows


async def find_enrichments_of_others(db: Database, provider_ids: Collection[str], most: int) -> list[EnrichmentRow]:
    """Due ones of providers that are none of these."""
    others = {"status": "due", "provider_id": {"$nin": list(provider_ids)}}
    rows: list[EnrichmentRow] = await db.collection(ENRICHMENTS).find(others).limit(most).to_list(None)
    return rows


async def find_still_due(tx: Transaction, ids: Collection[str]) -> dict[str, EnrichmentRow]:
    rows: list[EnrichmentRow] = await tx.collection(ENRICHMENTS).find({"_id": {"$in": list(ids)}, "status": "due"}).to_list(None)
    return {row["_id"]: row for row in rows}


async def save_enrichments(tx: Transaction, rows: Sequence[EnrichmentRow]) -> None:
    if rows:
        await tx.collection(ENRICHMENTS).bulk_write([ReplaceOne({"_id": row["_id"]}, row) for row in rows], ordered=False)


async def find_answers(place: Place, keys: Collection[str], now: datetime) -> dict[str, CachedAnswer]:
    """Those that are known and not too old. The server removes old ones only once a minute."""
    if not keys:
        return {}
    rows = await place.collection(CACHE).find({"_id": {"$in": list(keys)}, "expires_at": {"$gt": now}}).to_list(None)
    return {row["_id"]: cast(CachedAnswer, {**row, "values": dict(row["values"])}) for row in rows}


async def keep_answers(tx: Transaction, answers: Collection[CachedAnswer]) -> None:
    """Values in pairs: the names of fields have dots in them."""
    rows = [{**answer, "values": list(answer["values"].items())} for answer in answers]
    if rows:
        await tx.collection(CACHE).bulk_write([ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], ordered=False)


async def find_company(db: Database, file_id: str, domain: str) -> dict[str, Any] | None:
    row: dict[str, Any] | None = await db.collection(COMPANIES).find_one({"file_id": file_id, "domain": domain})
    return row


async def find_companies_like(db: Database, file_id: str, stems: Sequence[str]) -> list[dict[str, Any]]:
    """Names and countries of those that share one of these beginnings of words."""
    alike = db.collection(COMPANIES).find({"file_id": file_id, "stems": {"$in": list(stems)}}, {"name": 1, "country": 1})
    rows: list[dict[str, Any]] = await alike.limit(MOST_CANDIDATES).to_list(None)
    return rows


async def get_company(db: Database, row_id: str) -> dict[str, Any]:
    row: dict[str, Any] = await db.collection(COMPANIES).find_one({"_id": row_id})
    return row


async def add_companies(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await tx.collection(COMPANIES).insert_many(rows, ordered=False)


async def find_company_files(db: Database) -> list[str]:
    """The ids of all files of which there are rows."""
    found: list[str] = await db.collection(COMPANIES).distinct("file_id")
    return found


async def find_company_ids(db: Database, file_id: str, most: int) -> list[str]:
    rows = await db.collection(COMPANIES).find({"file_id": file_id}, {"_id": 1}).limit(most).to_list(None)
    return [row["_id"] for row in rows]


async def remove_companies(tx: Transaction, ids: Sequence[str]) -> None:
    await tx.collection(COMPANIES).delete_many({"_id": {"$in": list(ids)}})
