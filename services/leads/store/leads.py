"""Leads, submissions and engagements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, cast

from pymongo import ReplaceOne, UpdateOne

from services.leads.models import LeadDocument, SubmissionDocument
from services.leads.models.counting import COUNTED_BY
from services.leads.store.tallies import Tally
from shared.database import Database
from shared.errors import NotFound
from shared.transaction import Transaction

Source = Database | Transaction
Fields = Mapping[str, Any]
LEADS, SUBMISSIONS, ENGAGEMENTS = "leads", "submissions", "engagements"
_SEEN = ("status", "version", "owner_id", "pool_id", "team_id", "previous_owner_id", "rule", "respond_within", "demands")
_DEALT_BY = dict.fromkeys((*_SEEN, "correlation_id", "traceparent", *COUNTED_BY), 1)
_OVERDUE_BY = _DEALT_BY | {"respond_by": 1, "contacted_at": 1, "reroutes": 1, "outcome": 1, "escalated": 1}
_SOLD_BY = dict.fromkeys(("version", "opportunity_id", "deal_version", *COUNTED_BY), 1)


async def get_lead(source: Source, lead_id: str, scope: Fields) -> LeadDocument:
    """Within `scope`; what lies outside is as good as missing."""
    document = await source.collection(LEADS).find_one({"$and": [{"_id": lead_id}, scope]} if scope else {"_id": lead_id})
    if document is None:
        raise NotFound(f"There is no lead {lead_id}, or it is not yours to see", field="lead_id", rule="exists")
    _see(source, [document])
    return cast(LeadDocument, document)


async def find_leads(source: Source, ids: Collection[str]) -> dict[str, LeadDocument]:
    return await _by_id(source, LEADS, ids) if ids else {}


async def find_leads_to_deal(tx: Transaction, ids: Sequence[str]) -> dict[str, LeadDocument]:
    """What dealing out needs of each, and no more."""
    return await _by_id(tx, LEADS, ids, _DEALT_BY)


async def find_leads_overdue(tx: Transaction, ids: Sequence[str]) -> dict[str, LeadDocument]:
    return await _by_id(tx, LEADS, ids, _OVERDUE_BY)


async def find_leads_of_opportunities(tx: Transaction, ids: Sequence[str]) -> dict[str, LeadDocument]:
    return await _by_id(tx, LEADS, ids, _SOLD_BY)


async def _by_id(source: Source, name: str, ids: Collection[str], fields: Fields | None = None) -> dict[str, Any]:
    rows = await source.collection(name).find({"_id": {"$in": list(ids)}}, fields).to_list(None)
    _see(source, rows) if name == LEADS else _see_submissions(source, rows)
    return {row["_id"]: row for row in rows}


def _see(source: Source, leads: Sequence[Any]) -> None:
    """Whoever reads a lead in a transaction may change it there, and then it counts as something else."""
    if isinstance(source, Transaction):
        tally = Tally.of(source)
        for lead in leads:
            tally.see_lead(lead)


def _see_submissions(source: Source, rows: Sequence[Any]) -> None:
    if isinstance(source, Transaction):
        tally = Tally.of(source)
        for row in rows:
            tally.see_submission(row)


async def add_leads(tx: Transaction, leads: Sequence[LeadDocument]) -> None:
    if leads:
        await tx.collection(LEADS).insert_many(leads, ordered=False)
        _note(tx, leads)


def _note(tx: Transaction, leads: Sequence[LeadDocument]) -> None:
    tally = Tally.of(tx)
    for lead in leads:
        tally.note_lead(lead)


async def _see_all(tx: Transaction, lead_ids: Collection[str]) -> None:
    """Those that are about to be changed without having been read."""
    unseen = Tally.of(tx).unseen(lead_ids)
    if unseen:
        await _by_id(tx, LEADS, unseen, dict.fromkeys(COUNTED_BY, 1))


async def save_leads(tx: Transaction, leads: Sequence[LeadDocument]) -> None:
    """As a whole. What another transaction changed meanwhile makes this one run again."""
    if leads:
        await _see_all(tx, [lead["_id"] for lead in leads])
        await tx.collection(LEADS).bulk_write([ReplaceOne({"_id": lead["_id"]}, lead) for lead in leads], ordered=False)
        _note(tx, leads)


async def change_leads(tx: Transaction, changes: Mapping[str, Fields]) -> None:
    """By id, the fields to set; one that is None is taken away."""
    if changes:
        await _see_all(tx, changes)
        await tx.collection(LEADS).bulk_write(
            [UpdateOne({"_id": lead_id}, _update(fields)) for lead_id, fields in changes.items()], ordered=False
        )
        tally = Tally.of(tx)
        for lead_id, fields in changes.items():
            tally.note_change(lead_id, fields)


def _update(fields: Fields) -> dict[str, Any]:
    gone = {name: "" for name, value in fields.items() if value is None and name != "owner_id"}
    update: dict[str, Any] = {"$set": {name: value for name, value in fields.items() if name not in gone}}
    return update | {"$unset": gone} if gone else update


async def find_latest_good_leads(db: Database, most: int) -> list[LeadDocument]:
    """Those that went to somebody, or wait to, the latest first."""
    rows: list[LeadDocument] = []
    for status in ("qualified", "contacted"):
        rows += await db.collection(LEADS).find({"status": status}).sort("_id", -1).limit(most).to_list(None)
    return sorted(rows, key=lambda lead: lead["_id"], reverse=True)[:most]


async def find_leads_by_key(source: Source, keys: Collection[str], fields: Fields | None = None) -> list[LeadDocument]:
    """Those that have one of these keys. A key is one lead's: of two transactions that give it out one fails, runs again, and finds it."""
    found: list[LeadDocument] = await source.collection(LEADS).find({"keys": {"$in": list(keys)}}, fields).to_list(None) if keys else []
    if fields is None:
        _see(source, found)
    return found


async def find_lead_ids_by_key(source: Source, keys: Collection[str]) -> dict[str, str]:
    """Key → lead."""
    return {key: lead["_id"] for lead in await find_leads_by_key(source, keys, {"keys": 1}) for key in lead["keys"]}


async def remove_leads(tx: Transaction, lead_ids: Collection[str]) -> None:
    """Nobody is found any more by what they were known by."""
    if lead_ids:
        await _see_all(tx, lead_ids)
        await tx.collection(LEADS).delete_many({"_id": {"$in": list(lead_ids)}})
        for lead_id in lead_ids:
            Tally.of(tx).note_gone(lead_id)


async def find_lead_ids_by_range(source: Source, ranges: Iterable[tuple[str, str]], most: int) -> list[str]:
    """The leads that have a key within one of these ranges."""
    within = [{"keys": {"$elemMatch": {"$gte": first, "$lt": last}}} for first, last in ranges]
    rows = await source.collection(LEADS).find({"$or": within}, {"_id": 1}).limit(most).to_list(None) if within else []
    return [row["_id"] for row in rows]


async def find_submissions(source: Source, ids: Collection[str]) -> dict[str, SubmissionDocument]:
    """Their fates, without what came."""
    return await _by_id(source, SUBMISSIONS, ids, {"raw": 0})


async def get_submission(source: Source, submission_id: str, scope: Fields, *, whole: bool = False) -> SubmissionDocument:
    """With what came only if `whole`."""
    document = await source.collection(SUBMISSIONS).find_one({"_id": submission_id, **scope}, None if whole else {"raw": 0})
    if document is None:
        raise NotFound(f"There is no submission {submission_id}", field="submission_id", rule="exists")
    return cast(SubmissionDocument, document)


async def add_submissions(tx: Transaction, submissions: Sequence[SubmissionDocument]) -> None:
    if submissions:
        await tx.collection(SUBMISSIONS).insert_many(submissions, ordered=False)
        tally = Tally.of(tx)
        for row in submissions:
            tally.note_submission(row)


async def change_submissions(tx: Transaction, changes: Mapping[str, Fields]) -> None:
    """Like `change_leads`."""
    if changes:
        tally = Tally.of(tx)
        if unseen := tally.unseen(changes):
            await find_submissions(tx, unseen)
        writes = [UpdateOne({"_id": submission_id}, _update(fields)) for submission_id, fields in changes.items()]
        await tx.collection(SUBMISSIONS).bulk_write(writes, ordered=False)
        for submission_id, fields in changes.items():
            tally.note_submission({"_id": submission_id, **fields})


async def add_engagements(tx: Transaction, rows: Sequence[Fields]) -> None:
    if rows:
        await tx.collection(ENGAGEMENTS).insert_many(rows, ordered=False)


async def note_engagement(tx: Transaction, latest: Mapping[str, Any]) -> None:
    """When each of these leads last showed interest; the engagements themselves are the record of it."""
    if latest:
        writes = [UpdateOne({"_id": lead_id}, {"$max": {"last_engaged_at": at}}) for lead_id, at in latest.items()]
        await tx.collection(LEADS).bulk_write(writes, ordered=False)
