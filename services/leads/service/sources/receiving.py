"""What comes by webhook or is polled: each lead of a payload is written down with its fate, once for each of the platform's ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, cast

from services.leads import store
from services.leads.models import Mapping, SubmissionDocument
from services.leads.rules.sources.payloads import Item, Reader
from services.leads.service.capture.submitting import submitted_row
from services.leads.service.capture.terms import Gate
from services.leads.service.sales.beginnings import in_the_name_of, taking_up
from shared.database import new_id
from shared.errors import Invalid, Refused
from shared.events import Envelope, LeadSubmitted
from shared.history import Change
from shared.transaction import Transaction

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Payload:
    """One delivery to a webhook door, or one page of a poll, already read. `delivery_id` is what the sender calls it."""

    source: str
    items: Sequence[Item]
    by: str
    origin: Envelope
    delivery_id: str = ""
    via: Literal["webhook", "poll"] = "webhook"

    def receipt_keys(self) -> list[str]:
        """What makes each item the same if it comes again: the platform's id, else the delivery's, else its bytes, for some days."""
        return [self._key(place, item) for place, item in enumerate(self.items)]

    def _key(self, place: int, item: Item) -> str:
        if item.external_id:
            return f"{self.source}|x|{item.external_id}"
        if self.delivery_id:
            return f"{self.source}|w|{self.delivery_id}/{place}"
        return f"{self.source}|{store.BY_BYTES}|{sha256(item.raw).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one item; `repeated` when it had come before."""

    row: SubmissionDocument
    refusal: Refused | None = None
    set_aside: bool = False
    repeated: bool = False

    @property
    def is_unreadable(self) -> bool:
        return self.refusal is not None and not self.set_aside


def read_payload(mapping: Mapping | None, source: str, body: bytes) -> list[Item]:
    if mapping is None:
        no_mapping = Invalid(f"There is no mapping for the source {source} yet", field="mapping", rule="missing")
        return [Item(body, refusal=no_mapping, whole=True)]
    return Reader(mapping).read(source, body)


async def receive_payloads(tx: Transaction, payloads: list[Payload]) -> Sequence[list[Receipt] | Exception]:
    """A payload is taken whole, or not at all while its source is switched off or past its limit."""
    reception = await Reception.opened(tx, payloads)
    outcomes = [reception.closed(payload) or reception.receive(payload) for payload in payloads]
    await reception.close()
    return outcomes


class Reception:
    """Stands for one transaction: what had come before, and what is to be written."""

    def __init__(self, tx: Transaction, gate: Gate, receipts: dict[str, str], rows: dict[str, SubmissionDocument]) -> None:
        self._tx, self._gate, self._receipts, self._rows = tx, gate, receipts, rows
        self._new_receipts: dict[str, str] = {}
        self._new: dict[str, SubmissionDocument] = {}
        self._changes: dict[str, Fields] = {}

    @classmethod
    async def opened(cls, tx: Transaction, payloads: Sequence[Payload]) -> "Reception":
        gate = await Gate.opened(tx, (payload.source for payload in payloads))
        receipts = await store.find_receipts(tx, {key for payload in payloads for key in payload.receipt_keys()})
        rows = await store.find_submissions(tx, set(receipts.values())) if receipts else {}
        return cls(tx, gate, {key: submission_id for key, submission_id in receipts.items() if submission_id in rows}, rows)

    def closed(self, payload: Payload) -> Refused | None:
        return self._gate.closed(payload.source)

    def receive(self, payload: Payload) -> list[Receipt]:
        return [self._receive(payload, item, key) for item, key in zip(payload.items, payload.receipt_keys(), strict=True)]

    def _receive(self, payload: Payload, item: Item, key: str) -> Receipt:
        known = self._rows.get(self._receipts.get(key, ""))
        if known is not None and known["status"] != "refused":
            return Receipt(known, repeated=True)
        refusal = item.refusal or (self._gate.refusal(item.submission) if item.submission else None)
        if known is not None and refusal is not None and _says(refusal) == (known.get("field"), known.get("rule")):
            return Receipt(known, refusal, item.set_aside, repeated=True)
        row = self.submit(payload, item, known) if refusal is None else self._refuse(payload, item, known, refusal)
        if key not in self._receipts:
            self._receipts[key] = self._new_receipts[key] = row["_id"]
        self._rows[row["_id"]] = row
        return Receipt(row, refusal, item.set_aside)

    def submit(self, payload: Payload, item: Item, known: SubmissionDocument | None) -> SubmissionDocument:
        """A new submission, or a known one that was refused and is taken up again."""
        assert item.submission is not None
        self._gate.let_in(payload.source)
        if known is not None:
            return self._change(known, item, take_up(self._tx, known, item.submission, payload.origin))
        cause = in_the_name_of(payload.origin.correlation_id, payload.origin.traceparent)
        said = self._tx.emit(item.submission.model_copy(), cause=cause)
        return self._add({**submitted_row(self._tx, said, by=payload.by, raw=item.raw), "via": payload.via})

    def _refuse(self, payload: Payload, item: Item, known: SubmissionDocument | None, refusal: Refused) -> SubmissionDocument:
        field, rule = _says(refusal)
        fate: Fields = {"status": "refused", "field": field, "rule": rule, "reason": refusal.detail, "settled_at": self._tx.now}
        if known is not None:
            return self._change(known, item, fate)
        more: Fields = {"external_id": item.external_id} if item.external_id else {}
        row: Fields = {"_id": new_id(), "source": payload.source, "by": payload.by, "received_at": self._tx.now, "raw": item.raw}
        return self._add(cast(SubmissionDocument, row | fate | more | {"via": payload.via} | ({"whole": True} if item.whole else {})))

    def _add(self, row: SubmissionDocument) -> SubmissionDocument:
        self._new[row["_id"]] = row
        return row

    def _change(self, row: SubmissionDocument, item: Item, fields: Fields) -> SubmissionDocument:
        """What came last is what was taken up, so it is that which is kept."""
        news = {**fields, "raw": item.raw, "whole": True if item.whole else None}
        if row["_id"] not in self._new:
            self._changes[row["_id"]] = self._changes.get(row["_id"], {}) | news
        changed = {name: value for name, value in {**row, **news}.items() if value is not None}
        if row["_id"] in self._new:
            self._new[row["_id"]] = cast(SubmissionDocument, changed)
        return cast(SubmissionDocument, changed)

    async def close(self) -> None:
        await store.add_submissions(self._tx, list(self._new.values()))
        await store.change_submissions(self._tx, self._changes)
        await store.add_receipts(self._tx, self._new_receipts)
        await self._gate.close()


def take_up(tx: Transaction, row: SubmissionDocument, submission: LeadSubmitted, origin: Envelope) -> Fields:
    """Says a refused submission again, under its old name; returns what changes about its row."""
    tx.emit(submission.model_copy(), cause=taking_up(row["_id"], origin))
    tries = row.get("tries", 0) + 1
    before = {name: row.get(name) for name in ("status", "field", "rule", "reason")}
    tx.record(Change("submission", row["_id"], tries, "submitted_again", before=before, after={"status": "pending"}))
    gone = dict.fromkeys(("field", "rule", "reason", "settled_at", "parked_id"))
    return {"status": "pending", "tries": tries, **gone}


def _says(refusal: Refused) -> tuple[str, str]:
    first = refusal.violations[0] if refusal.violations else None
    return (first.field, first.rule) if first else ("", "refused")
