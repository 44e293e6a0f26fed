"""Leads that are there already, a million of them in a few minutes: a few hundred go the whole road, and the others are made after them."""

import asyncio
from collections.abc import Iterator
from copy import copy
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple, cast

from uuid_utils import uuid7

from services.leads.main import service
from services.leads.models import LeadDocument
from services.leads.rules.capture.identity import identity_keys
from services.leads.rules.duplicates.blocks import likeness_row
from services.leads.service import Asked, add_up_counters, contact_lead, seed_defaults
from services.leads.store import INDEXES, LEADS, SUBMISSIONS, Tally
from shared.database import Database, utcnow
from shared.events import Interest, LeadSubmitted
from shared.principal import Principal
from shared.transaction import Transaction
from tests.bench.leads import address_of, submissions
from tests.road import carry, hear

Row = dict[str, Any]
PATTERNS, AT_ONCE, BESIDE = 1_000, 4_000, 2
# The numbers before these are those of leads that are yet to come. With seven digits there would be no such phone.
FIRST, PHONES = 200_000, 1_000_000
APART, CHANGED_WITHIN = timedelta(seconds=5), timedelta(days=10)
BENCH = Principal("bench", "Bench", frozenset({"admin"}))


class Pattern(NamedTuple):
    """A lead as it was captured, compared, dealt out and mostly contacted; the submission that made it; what was done with it."""

    lead: LeadDocument
    submission: Row
    history: list[Row]


class Stock:
    """As many leads as it is asked to `grow` to, one every five seconds until now, changed last within ten days of that."""

    def __init__(self, db: Database, patterns: list[Pattern]) -> None:
        self.count = 0
        self._db, self._patterns = db, patterns

    @classmethod
    async def opened(cls, db: Database) -> "Stock":
        await db.ensure_indexes(INDEXES)
        await seed_defaults(db)
        return cls(db, await _patterns(db))

    async def grow(self, count: int) -> None:
        """Two batches on their way at a time, so that the server works while the next is made."""
        first, began = self.count, utcnow() - (count - self.count) * APART
        under_way = set[asyncio.Task[None]]()
        for start in range(first, count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, count))
            rows = [self._made(number, began + (number - first) * APART) for number in numbers]
            under_way.add(asyncio.create_task(self._write(rows)))
            if len(under_way) == BESIDE:
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()
        await asyncio.gather(*under_way)
        while await add_up_counters(self._db):
            pass
        self.count = count

    def addresses(self, count: int) -> Iterator[str]:
        """Of some who have an owner already, here and there among all."""
        rng = Random(count)
        while count:
            number = rng.randrange(self.count)
            if self._patterns[number % len(self._patterns)].lead["status"] == "contacted":
                count -= 1
                yield address_of(FIRST + number)

    def _made(self, number: int, at: datetime) -> Pattern:
        like = self._patterns[number % len(self._patterns)]
        lead, submission = _another(like.lead, FIRST + number, at), copy(like.submission)
        submission["_id"], submission["lead_id"] = lead["submission_id"], lead["_id"]
        submission["external_id"], submission["received_at"] = lead["external_id"], at
        submission["raw"] = submission["raw"].replace(like.lead["person"]["email"].encode(), lead["person"]["email"].encode())
        return Pattern(lead, submission, [{**row, "_id": _id(at), "record_id": lead["_id"], "at": at} for row in like.history])

    async def _write(self, made: list[Pattern]) -> None:
        of = {
            LEADS: [one.lead for one in made],
            SUBMISSIONS: [one.submission for one in made],
            "likenesses": [likeness_row(one.lead) for one in made],
            "history": [row for one in made for row in one.history],
        }
        for name, rows in of.items():
            await self._db.collection(name).insert_many(rows, ordered=False)
        await self._db.transact(lambda tx: _count(tx, made))


async def _count(tx: Transaction, made: list[Pattern]) -> None:
    tally = Tally.of(tx)
    for one in made:
        tally.note_lead(one.lead)
        tally.note_submission(one.submission)


def _another(like: LeadDocument, number: int, at: datetime) -> LeadDocument:
    """Of somebody else, elsewhere, at another time, but as good, and dealt out and worked on in the same way."""
    lead = copy(like)
    lead["_id"], lead["submission_id"], lead["correlation_id"] = _id(at), _id(at), _id(at)
    lead["created_at"], lead["updated_at"] = at, min(at + CHANGED_WITHIN * (hash(number * 7919) % 997 / 997), utcnow())
    lead["external_id"] = f"bench-{number}"
    email = address_of(number)
    lead["person"] = like["person"] | {"email": email}
    if "phone" in like["person"]:
        lead["person"] |= {"phone": f"{like['person']['phone'][:-6]}{number:06d}"}
    if number >= PHONES:
        lead["person"].pop("phone", None)
    lead["company"] = like["company"] | {"name": f"Firm {number // 3}", "domain": email.partition("@")[2]}
    lead["keys"] = identity_keys(lead, lead["source"], lead["external_id"])
    return lead


def _id(at: datetime) -> str:
    return str(uuid7(nanoseconds=int(at.timestamp() * 1e9)))


async def _patterns(db: Database) -> list[Pattern]:
    """They stay, as the first of all."""
    for start in range(0, PATTERNS, 500):
        await hear(service, db, *(_spoken(one) for one in submissions(500, start=FIRST - PATTERNS + start)))
        await carry({"leads": (service, db)})
    for row in await db.collection(LEADS).find({"owner_id": {"$ne": None}}, {"_id": 1}).to_list(None):
        if Random(row["_id"]).random() < 0.7:
            await db.transact(lambda tx, lead_id=row["_id"]: contact_lead(tx, Asked(lead_id, BENCH), "call", None))  # type: ignore[misc]
    await carry({"leads": (service, db)})
    leads = await db.collection(LEADS).find({"status": {"$ne": "merged"}}).sort("_id", 1).to_list(None)
    return [await _pattern(db, lead) for lead in _unlike(leads)]


def _spoken(submission: LeadSubmitted) -> LeadSubmitted:
    """Some do not say what they want, and will hardly be good enough."""
    if str(submission.external_id)[-1] not in "037":
        return submission
    return submission.model_copy(update={"interest": Interest(), "person": submission.person.model_copy(update={"title": None})})


def _unlike(leads: list[LeadDocument]) -> list[LeadDocument]:
    """Without those that are called like one of the two before them, with whom they will share a company."""
    kept = list[LeadDocument]()
    for lead in leads:
        if _name(lead) not in (*map(_name, kept[-2:]), *map(_name, kept[:2])):
            kept.append(lead)
    return kept


def _name(lead: LeadDocument) -> str:
    return f"{lead['person']['first_name']} {lead['person']['last_name']}"


async def _pattern(db: Database, lead: LeadDocument) -> Pattern:
    submission = await db.collection(SUBMISSIONS).find_one({"_id": lead["submission_id"]})
    history = await db.collection("history").find({"of": "lead", "record_id": lead["_id"]}).to_list(None)
    return Pattern(lead, cast(Row, submission), history)
