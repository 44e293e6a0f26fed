"""Leads and submissions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from pymongo import ReplaceOne, UpdateOne

from services.leads.models import LeadDocument, SubmissionDocument
from services.leads.models.counting import COUNTED_BY
from services.leads.store.facets import facets_changed, facets_of, in_status
from services.leads.store.tallies import Tally
from shared.database import Database
from shared.errors import NotFound
from shared.transaction import Transaction

Source = Database | Transaction
Fields = Mapping[str, Any]
LEADS, SUBMISSIONS = "leads", "submissions"
_WITHOUT_WHAT_CAME = {"raw": 0, "held": 0}
_SEEN = ("status", "version", "owner_id", "pool_id", "team_id", "previous_owner_id", "rule", "respond_within", "demands")
_DEALT_BY = dict.fromkeys((*_SEEN, "correlation_id", "traceparent", *COUNTED_BY), 1)
_SOLD_BY = dict.fromkeys(("version", "opportunity_id", "deal_version", "score", "engagement", *COUNTED_BY), 1)
# Attribution as a whole: a part of it beside it would collide.
_LEARNED_FROM = dict.fromkeys(("stood", "team_id", "person", "company", "interest", "consent", "attribution", "enrichment"), 1)
_CLOSED_BY = {name: 1 for name in _SOLD_BY | _LEARNED_FROM if not name.startswith("attribution.")}
_OVERDUE_BY = _DEALT_BY | {"respond_by": 1, "contacted_at": 1, "reroutes": 1, "outcome": 1, "escalated": 1}


async def get_lead(source: Source, lead_id: str, scope: Fields) -> LeadDocument:
    """Within `scope`; what lies outside is as good as missing."""
    document = await source.collection(LEADS).find_one({"$and": [{"_id": lead_id}, scope]} if scope else {"_id": lead_id})
    if document is None:
        raise NotFound(f"There is no lead {lead_id}, or it is not yours to see", field="lead_id", rule="exists")
    _see(source, [document])
    return cast(LeadDocument, document)


async def find_leads(source: Source, ids: Collection[str]) -> dict[str, LeadDocument]:
    return await _by_id(source, LEADS, ids) if ids else {}


async def find_leads_within(db: Database, ids: Collection[str], scope: Fields) -> set[str]:
    """Those of these that lie within `scope`."""
    rows = await db.collection(LEADS).find({"$and": [{"_id": {"$in": list(ids)}}, scope]}, {"_id": 1}).to_list(None) if ids else []
    return {row["_id"] for row in rows}


async def find_changes_of(db: Database, lead_id: str, most: int) -> list[dict[str, Any]]:
    """The latest first."""
    found = db.collection("history").find({"of": "lead", "record_id": lead_id}).sort([("version", -1), ("_id", -1)])
    rows: list[dict[str, Any]] = await found.limit(most).to_list(None)
    return rows


async def find_waiting_leads(tx: Transaction, ids: Sequence[str]) -> list[LeadDocument]:
    """Those that are not judged yet because a provider may know more."""
    waiting = {"_id": {"$in": list(ids)}, "waits_until": {"$exists": True}, "status": {"$ne": "merged"}}
    rows: list[LeadDocument] = await tx.collection(LEADS).find(waiting).to_list(None)
    return rows


async def find_leads_to_deal(tx: Transaction, ids: Sequence[str]) -> dict[str, LeadDocument]:
    """What dealing out needs of each, and no more."""
    return await _by_id(tx, LEADS, ids, _DEALT_BY)


async def find_leads_overdue(tx: Transaction, ids: Sequence[str]) -> dict[str, LeadDocument]:
    return await _by_id(tx, LEADS, ids, _OVERDUE_BY)


async def find_leads_of_opportunities(tx: Transaction, ids: Sequence[str]) -> dict[str, LeadDocument]:
    """By the id that was asked for; for one that became part of another it is that one."""
    return await find_merged_into(tx, ids, _SOLD_BY)


async def find_merged_into(source: Source, ids: Collection[str], fields: Mapping[str, Any]) -> dict[str, LeadDocument]:
    """By the id that was asked for: the lead, or the one that it is part of by now."""
    leads = await _by_id(source, LEADS, ids, {**fields, "merged_into": 1}) if ids else {}
    found = dict(leads)
    while moved := {lead_id: lead["merged_into"] for lead_id, lead in found.items() if "merged_into" in lead}:
        leads |= await _by_id(source, LEADS, set(moved.values()) - leads.keys(), {**fields, "merged_into": 1})
        found |= {lead_id: leads[into] for lead_id, into in moved.items()}
    return found


async def find_leads_closed(tx: Transaction, ids: Sequence[str]) -> dict[str, LeadDocument]:
    """With what is to be learned from."""
    return await find_merged_into(tx, ids, _CLOSED_BY)


async def find_leads_after(source: Source, lead_id: str, most: int) -> list[LeadDocument]:
    """Those that were captured after this one, the oldest first."""
    rows = await source.collection(LEADS).find({"_id": {"$gt": lead_id}}).sort("_id", 1).limit(most).to_list(None)
    _see(source, rows)
    return cast(list[LeadDocument], rows)


async def find_leads_before(source: Source, lead_id: str | None, most: int) -> list[LeadDocument]:
    """Those that were captured before this one (None: all), the latest first."""
    before = {"_id": {"$lt": lead_id}} if lead_id else {}
    rows = await source.collection(LEADS).find(before).sort("_id", -1).limit(most).to_list(None)
    return cast(list[LeadDocument], rows)


async def _by_id(source: Source, name: str, ids: Collection[str], fields: Fields | None = None) -> dict[str, Any]:
    rows = await source.collection(name).find({"_id": {"$in": list(ids)}}, fields).to_list(None)
    if name == SUBMISSIONS:
        _see_submissions(source, rows)
    elif fields is None or "status" in fields:
        _see(source, rows)
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
        tx.later(LEADS).insert_many(_faceted(leads), ordered=False)
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
        await tx.collection(LEADS).bulk_write([ReplaceOne({"_id": lead["_id"]}, lead) for lead in _faceted(leads)], ordered=False)
        _note(tx, leads)


def _faceted(leads: Sequence[LeadDocument]) -> Sequence[LeadDocument]:
    for lead in leads:
        lead["facets"] = facets_of(lead)
    return leads


async def change_leads(tx: Transaction, changes: Mapping[str, Fields]) -> None:
    """By id, the fields to set; one that is None is taken away."""
    if changes:
        await _see_all(tx, changes)
        tally = Tally.of(tx)
        facets = {lead_id: facets_changed(*tally.note_change(lead_id, fields)) for lead_id, fields in changes.items()}
        writes = [UpdateOne({"_id": lead_id}, _update({**fields, **facets[lead_id]})) for lead_id, fields in changes.items()]
        await tx.collection(LEADS).bulk_write(writes, ordered=False)


def _update(fields: Fields) -> dict[str, Any]:
    gone = {name: "" for name, value in fields.items() if value is None and name != "owner_id"}
    update: dict[str, Any] = {"$set": {name: value for name, value in fields.items() if name not in gone}}
    return update | {"$unset": gone} if gone else update


async def find_latest_good_leads(db: Database, most: int) -> list[LeadDocument]:
    """Those that went to somebody, or wait to, the latest first."""
    rows: list[LeadDocument] = []
    for status in ("qualified", "contacted"):
        rows += await db.collection(LEADS).find(in_status(status)).sort("_id", -1).limit(most).to_list(None)
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


async def find_submissions(source: Source, ids: Collection[str], *, whole: bool = False) -> dict[str, SubmissionDocument]:
    """Their fates; with what came only if `whole`."""
    return await _by_id(source, SUBMISSIONS, ids, None if whole else _WITHOUT_WHAT_CAME)


async def get_submission(source: Source, submission_id: str, scope: Fields, *, whole: bool = False) -> SubmissionDocument:
    """With what came only if `whole`."""
    document = await source.collection(SUBMISSIONS).find_one({"_id": submission_id, **scope}, None if whole else _WITHOUT_WHAT_CAME)
    if document is None:
        raise NotFound(f"There is no submission {submission_id}", field="submission_id", rule="exists")
    return cast(SubmissionDocument, document)


async def add_submissions(tx: Transaction, submissions: Sequence[SubmissionDocument]) -> None:
    if submissions:
        tx.later(SUBMISSIONS).insert_many(submissions, ordered=False)
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
        tx.later(SUBMISSIONS).bulk_write(writes, ordered=False)
        for submission_id, fields in changes.items():
            tally.note_submission({"_id": submission_id, **fields})
