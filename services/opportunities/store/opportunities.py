"""Opportunities: one by one for those who may see them, many at once for a batch of events, added up for a forecast."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from pymongo import ReplaceOne

from services.opportunities.models import Opportunity, Sum, opportunity_id_of
from shared.database import Database
from shared.errors import NotFound, StaleVersion
from shared.history import Change
from shared.transaction import Transaction

Document = dict[str, Any]
Difference = tuple[Document, Document]
Reader = Database | Transaction
OPPORTUNITIES = "opportunities"
_NOTHING: Difference = ({}, {})
_UNTOLD = {
    "version",
    "updated_at",
    "touched_at",
    "email_hashes",
    "stages",
    "details_version",
    "owner_version",
    "qualified_version",
    "returned_version",
    "merged_versions",
}


@dataclass(frozen=True, slots=True)
class Target:
    """The opportunity that somebody asks for: `scope` is what they may see, `version` what they believe it to be at."""

    id: str
    scope: Document
    version: int | None = None


def expect_version(actual: int, expected: int | None) -> None:
    if expected not in (None, actual):
        raise StaleVersion(f"version {expected} was meant, and it is at {actual}", field="If-Match", rule="version")


async def get_opportunity(reader: Reader, target: Target) -> Opportunity:
    """Raises NotFound, for what one may not see too, and StaleVersion."""
    document = await reader.collection(OPPORTUNITIES).find_one({"$and": [{"_id": target.id}, target.scope]})
    if document is None:
        raise NotFound(f"there is no opportunity {target.id}")
    opportunity = Opportunity.from_document(document)
    expect_version(opportunity.version, target.version)
    return opportunity


async def find_linked(db: Database, opportunity: Opportunity, scope: Document) -> list[str]:
    """The opportunities of leads that were merged into this one's lead, or that this one's lead was merged into."""
    links: list[Document] = [{"_id": {"$in": [opportunity_id_of(lead_id) for lead_id in opportunity.merged_lead_ids]}}]
    if opportunity.lead_id:
        links.append({"merged_lead_ids": opportunity.lead_id})
    rows = await db.collection(OPPORTUNITIES).find({"$and": [{"$or": links}, scope]}, {"_id": 1}).to_list(None)
    return sorted(row["_id"] for row in rows)


async def find_absorbed(tx: Transaction, lead_ids: Collection[str]) -> set[str]:
    """Which of these leads are known to be part of another whose opportunity somebody may work on."""
    ids = sorted(set(lead_ids))
    workable = {"merged_lead_ids": {"$in": ids}, "status": {"$in": ["open", "returned"]}}
    rows = await tx.collection(OPPORTUNITIES).find(workable, {"merged_lead_ids": 1}).to_list(None)
    return {lead_id for row in rows for lead_id in row["merged_lead_ids"]} & set(ids)


async def sum_forecasts(db: Database, scope: Document, *, since: date | None, until: date | None) -> list[Sum]:
    """What is open or won and has an amount, added up where owner, currency, category and probability are the same."""
    counted: Document = {"status": {"$in": ["open", "won"]}, "amount": {"$gte": 0}}
    bounds = {operator: day.isoformat() for operator, day in (("$gte", since), ("$lte", until)) if day}
    chosen = counted | ({"close_date": bounds} if bounds else {})
    rows = await db.collection(OPPORTUNITIES).aggregate(_adding_up(_within(scope, chosen))).to_list(None)
    return [Sum(**row["_id"], amount=row["amount"], opportunities=row["opportunities"]) for row in rows]


class Ledger:
    """The opportunities that one transaction changes: read in one query, written in one.

    Each change makes the next version and a row of history.
    """

    def __init__(self, tx: Transaction, opportunities: Iterable[Opportunity] = ()) -> None:
        self._tx = tx
        self._known = {opportunity.id: opportunity for opportunity in opportunities}
        self._changed: set[str] = set()
        self._removed: list[str] = []

    @classmethod
    async def of(cls, tx: Transaction, ids: Collection[str]) -> Self:
        """Those of these ids that there are."""
        return await cls._found(tx, {"_id": {"$in": sorted(set(ids))}})

    @classmethod
    async def of_leads(cls, tx: Transaction, lead_ids: Collection[str]) -> Self:
        """Those that these leads opened, and those that follow them since another lead became part of theirs."""
        ids = sorted(set(lead_ids))
        return await cls._found(tx, {"$or": [{"_id": {"$in": [opportunity_id_of(lead_id) for lead_id in ids]}}, {"lead_id": {"$in": ids}}]})

    @classmethod
    async def of_person(cls, tx: Transaction, ids: Collection[str], email_hashes: Collection[str]) -> Self:
        """Those of these ids, and those with one of these addresses."""
        return await cls._found(tx, {"$or": [{"_id": {"$in": sorted(set(ids))}}, {"email_hashes": {"$in": sorted(set(email_hashes))}}]})

    @classmethod
    async def _found(cls, tx: Transaction, condition: Document) -> Self:
        documents = await tx.collection(OPPORTUNITIES).find(condition).to_list(None)
        return cls(tx, map(Opportunity.from_document, documents))

    def find(self, opportunity_id: str) -> Opportunity | None:
        return self._known.get(opportunity_id)

    def of_lead(self, lead_id: str) -> Opportunity | None:
        """The one that it opened, unless that follows another lead by now; else the one that follows it."""
        opened = self._known.get(opportunity_id_of(lead_id))
        if opened is not None and opened.lead_id == lead_id:
            return opened
        return next((opportunity for opportunity in self._known.values() if opportunity.lead_id == lead_id), None)

    def has_opened(self, lead_id: str) -> bool:
        return opportunity_id_of(lead_id) in self._known

    def all(self) -> list[Opportunity]:
        return list(self._known.values())

    def open(self, opportunity: Opportunity, *, why: str | None = None) -> Opportunity:
        told = opportunity.model_dump(include={"lead_id", "owner_id", "pipeline", "stage"})
        return self._keep(opportunity, "opened", ({}, told), why=why)

    def change(self, after: Opportunity, *, what: str, why: str | None = None, telling: bool = True) -> Opportunity:
        """The changed opportunity at its next version. Without `telling` the history says that it changed, but not from what to what."""
        difference = _difference(self._known[after.id], after) if telling else _NOTHING
        return self._keep(self._next(after), what, difference, why=why)

    def follow(self, after: Opportunity, *, what: str, why: str | None = None) -> None:
        """Like `change`, unless nothing changed: what was heard is older than what is known."""
        if after != self._known[after.id]:
            self.change(after, what=what, why=why)

    def mark(self, opportunity_id: str, *, what: str) -> Opportunity:
        """The next version of an opportunity of which only what belongs to it has changed."""
        return self._keep(self._next(self._known[opportunity_id]), what, _NOTHING)

    def remove(self, opportunity: Opportunity, *, why: str | None = None) -> None:
        """Its history stays."""
        del self._known[opportunity.id]
        self._removed.append(opportunity.id)
        self._tx.record(Change("opportunity", opportunity.id, opportunity.version + 1, "withdrawn", why=why))

    async def save(self) -> None:
        if self._removed:
            await self._tx.collection(OPPORTUNITIES).delete_many({"_id": {"$in": self._removed}})
            self._removed.clear()
        if self._changed:
            documents = [self._known[opportunity_id].to_document() for opportunity_id in sorted(self._changed)]
            writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
            await self._tx.collection(OPPORTUNITIES).bulk_write(writes, ordered=False)
            self._changed.clear()

    def _next(self, opportunity: Opportunity) -> Opportunity:
        return opportunity.model_copy(update={"version": opportunity.version + 1, "updated_at": self._tx.now})

    def _keep(self, opportunity: Opportunity, what: str, difference: Difference, *, why: str | None = None) -> Opportunity:
        self._known[opportunity.id] = opportunity
        self._changed.add(opportunity.id)
        self._tx.record(Change("opportunity", opportunity.id, opportunity.version, what, *difference, why))
        return opportunity


def _within(scope: Document, chosen: Document) -> Document:
    """With the alternatives of the scope outermost, so that each is looked up by its own index."""
    alternatives = [{"$and": [alternative, chosen]} for alternative in scope.get("$or", [scope])]
    return {"$or": alternatives} if scope else chosen


def _adding_up(chosen: Document) -> list[Document]:
    alike = {"owner_id": "$owner_id", "currency": "$currency", "category": "$forecast_category", "probability": "$probability"}
    return [{"$match": chosen}, {"$group": {"_id": alike, "amount": {"$sum": "$amount"}, "opportunities": {"$sum": 1}}}]


def _difference(before: Opportunity, after: Opportunity) -> Difference:
    old, new = before.to_document(), after.to_document()
    names = [name for name in new if old[name] != new[name] and name not in _UNTOLD]
    return {name: old[name] for name in names}, {name: new[name] for name in names}
