"""How a person is wiped in each collection, once it is known where they are found."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from pymongo import ReplaceOne, UpdateOne

from services.leads.models import Forgotten
from services.leads.models.erasures import left_of_change, left_of_event, left_of_lead, left_of_submission
from services.leads.store.facets import facets_of
from services.leads.store.tallies import Tally
from shared.forgetting import empty_parked
from shared.transaction import Transaction

Fields = Mapping[str, Any]
Ids = Sequence[Any]
Wipe = Callable[[Transaction, Forgotten, Ids], Awaitable[int]]
_NOT_A_LINE_END = re.compile(rb"[^\n]")


async def wipe_leads(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    rows = await _rows(tx, "leads", person.lead_ids, {"status": {"$ne": "erased"}})
    left = [{**left_of_lead(row), "version": row["version"] + 1, "updated_at": tx.now} for row in rows]
    tally = Tally.of(tx)
    for row, erased in zip(rows, left, strict=True):
        tally.see_lead(row)
        tally.note_lead(erased)
    return await _replace(tx, "leads", [{**lead, "facets": facets_of(lead)} for lead in left])


async def wipe_submissions(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    repeated = {"rule": "external_id", "lead_id": {"$in": list(person.lead_ids)}}
    rows = await _rows(tx, "submissions", {*person.submission_ids, *ids})
    rows += await tx.collection("submissions").find(repeated).to_list(None)
    tally, rows = Tally.of(tx), [row for row in rows if row.get("raw")]
    for row in rows:
        tally.see_submission(row)
        tally.note_erased(left_of_submission(row))
    return await _replace(tx, "submissions", [left_of_submission(row) for row in rows])


async def wipe_engagements(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    """Also what waits under their address until they are a lead."""
    of_leads = await tx.collection("engagements").delete_many({"lead_id": {"$in": list(person.lead_ids)}})
    of_strangers = await tx.collection("engagements").delete_many({"stranger": {"$in": list(person.emails)}})
    return int(of_leads.deleted_count + of_strangers.deleted_count)


async def wipe_consents(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    """That somebody agreed stays, but not who. Who has not answered is not waited for."""
    theirs: dict[str, Any] = {"email": {"$in": list(person.emails)}}
    nobodys = {"email": None, "given_from": None, "updated_at": tx.now}
    asked = await tx.collection("consents").update_many({**theirs, "status": "requested"}, {"$set": {**nobodys, "status": "expired"}})
    others = await tx.collection("consents").update_many(theirs, {"$set": nobodys})
    return int(asked.modified_count + others.modified_count)


async def wipe_history(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    """That something happened stays, and who did it and when. `ids` are rows of other leads that tell of them, too."""
    theirs = {"of": "lead", "record_id": {"$in": list(person.lead_ids)}, "what": {"$ne": "erased"}}
    told = {"before": 1, "after": 1, "why": 1}
    rows = [
        row for asked in (theirs, {"_id": {"$in": list(ids)}}) for row in await tx.collection("history").find(asked, told).to_list(None)
    ]
    writes = []
    for row in rows:
        left = {"before": left_of_change(row["before"]), "after": left_of_change(row["after"]), "why": None}
        if left != {name: row[name] for name in left}:
            writes.append(UpdateOne({"_id": row["_id"]}, {"$set": left}))
    if writes:
        await tx.collection("history").bulk_write(writes, ordered=False)
    return len(writes)


async def wipe_customers(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    known_by = {"$in": [f"h:{one}" for one in person.email_hashes]}
    done = await tx.collection("customers").update_many({"keys": known_by}, {"$pull": {"keys": known_by}})
    return int(done.modified_count)


async def wipe_contacts(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    return int((await tx.collection("contacts").delete_many({"email_hash": {"$in": list(person.email_hashes)}})).deleted_count)


def wiping_of_leads(collection: str, *fields: str) -> Wipe:
    """All rows of which one of these fields names a lead of theirs."""

    async def wipe(tx: Transaction, person: Forgotten, ids: Ids) -> int:
        theirs = {"$in": list(person.lead_ids)}
        return int((await tx.collection(collection).delete_many({"$or": [{field: theirs} for field in fields]})).deleted_count)

    return wipe


async def wipe_outbox(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    """What has not left yet leaves without them."""
    changed = 0
    for row in await _rows(tx, "outbox", ids):
        events = [left for packed in row["events"] if (left := _left_of_packed(packed, person)) is not None]
        if events != row["events"]:
            changed += 1
            await _save_outbox(tx, row["_id"], events)
    return changed


def _left_of_packed(packed: list[Any], person: Forgotten) -> list[Any] | None:
    topic, key, value, *headers = packed
    if not person.is_in(key, value):
        return packed
    left = left_of_event(topic, value)
    return None if left is None else [topic, key, left, *headers]


async def _save_outbox(tx: Transaction, row_id: Any, events: list[Any]) -> None:
    if events:
        await tx.collection("outbox").update_one({"_id": row_id}, {"$set": {"events": events, "count": len(events)}})
    else:
        await tx.collection("outbox").delete_one({"_id": row_id})


async def wipe_parked(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    return await empty_parked(tx, ids)


async def wipe_answers(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    done = await tx.collection("idempotency").update_many({"_id": {"$in": list(ids)}}, {"$set": {"answer.body": b""}})
    return int(done.modified_count)


async def wipe_rejected_rows(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    done = await tx.collection("import_rejects").update_many({"_id": {"$in": list(ids)}}, {"$set": {"row": "", "reason": ""}})
    return int(done.modified_count)


async def wipe_chunks(tx: Transaction, person: Forgotten, ids: Ids) -> int:
    """With spaces: what is overwritten keeps its length and its lines, so every row keeps its place, and an empty line is none."""
    left = {row["_id"]: bytearray(row["data"]) for row in await _rows(tx, "import_chunks", {name for name, *_ in ids})}
    for name, start, end in ids:
        if name in left:
            left[name][start:end] = _NOT_A_LINE_END.sub(b" ", left[name][start:end])
    if left:
        writes = [UpdateOne({"_id": name}, {"$set": {"data": bytes(data)}}) for name, data in left.items()]
        await tx.collection("import_chunks").bulk_write(writes, ordered=False)
    return len(left)


async def forget_traces(tx: Transaction, lead_ids: Collection[str]) -> None:
    """Of leads that are there no more, so that no erasure would find it by them; interest waits under its address until they come again."""
    if not lead_ids:
        return
    nothing, theirs = frozenset[str](), {"lead_id": {"$in": list(lead_ids)}}
    await wipe_history(tx, Forgotten(frozenset(lead_ids), nothing, nothing, nothing), ())
    await tx.collection("enrichments").delete_many(theirs)
    waits = {"$set": {"lead_id": None, "stranger": {"$toLower": "$email"}}}
    await tx.collection("engagements").update_many({**theirs, "email": {"$exists": True}}, [waits])


async def drop_older(tx: Transaction, collection: str, age: str, before: datetime, most: int) -> int:
    """Reads no more than goes: rows stand in the order in which they came, and the first that is young enough ends it."""
    rows = await tx.collection(collection).find({}, {age: 1}).hint([("$natural", 1)]).limit(most).to_list(None)
    return await _delete(tx, collection, [row["_id"] for row in takewhile(lambda row: row[age] < before, rows)])


def deleting(collection: str) -> Wipe:
    async def wipe(tx: Transaction, person: Forgotten, ids: Ids) -> int:
        return await _delete(tx, collection, ids)

    return wipe


async def _rows(tx: Transaction, collection: str, ids: Collection[Any], more: Fields | None = None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await tx.collection(collection).find({"_id": {"$in": list(ids)}, **(more or {})}).to_list(None)
    return rows


async def _replace(tx: Transaction, collection: str, rows: Sequence[Fields]) -> int:
    unique = {row["_id"]: row for row in rows}
    if unique:
        await tx.collection(collection).bulk_write([ReplaceOne({"_id": one}, row) for one, row in unique.items()], ordered=False)
    return len(unique)


async def _delete(tx: Transaction, collection: str, ids: Ids) -> int:
    if not ids:
        return 0
    return int((await tx.collection(collection).delete_many({"_id": {"$in": list(ids)}})).deleted_count)
