"""Submissions become leads: put in order, told apart, judged, and sent to a pool, a whole batch in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from uuid_utils import NAMESPACE_URL, uuid5

from services.leads import store
from services.leads.models import LeadDocument, SubmissionDocument
from services.leads.models.erasures import ERASED
from services.leads.rules.capture.identity import Intake, match_of
from services.leads.rules.capture.merging import changed_fields, merged_parts
from services.leads.rules.capture.terms import take_in
from services.leads.rules.judging.policy import Policy
from services.leads.service.capture.book import Book
from services.leads.service.capture.opt_in import OptIns
from services.leads.service.capture.terms import count_taken
from services.leads.service.distribution.dealing import expect_to_deal
from services.leads.service.enrichment.enriching import judge_known, judge_new
from services.leads.service.judging.verdicts import said_of
from services.leads.service.policies import current_policy
from shared.database import new_id
from shared.events import Company, LeadCaptured, LeadMerged, LeadSubmitted, Person
from shared.history import Change
from shared.transaction import Transaction

MOST_RAW_BYTES = 64 * 1024
# More than any file of ours has, and no more than MongoDB can keep.
MOST_LINES = 2**53
# What comes after its file was taken back.
_TAKEN_BACK = {"status": "withdrawn", "reason": "the file that it is from was taken back"}
SHOWN = ("source", "status", "score", "grade", "criteria_version", "pool_id", "rule", "submission_id")


async def capture_leads(tx: Transaction, submissions: list[LeadSubmitted]) -> None:
    """Each submission gets its one fate: a new lead, a part of one that is known, or a refusal."""
    if tx.alone:
        await expect_to_deal(tx)
    ids = [submission_id_of(tx, submission) for submission in submissions]
    rows = await store.find_submissions(tx, ids)
    policy = await current_policy(tx.database)
    fresh = [(one, one_id) for one, one_id in zip(submissions, ids, strict=True) if not _is_settled(rows.get(one_id))]
    intakes = [_take_in(policy, one, one_id, rows.get(one_id)) for one, one_id in fresh]
    undone = await store.find_undone_imports(tx, {one.import_id for one in submissions if one.import_id})
    book = await Book.opened(tx, policy, intakes)
    opt_ins = await OptIns.opened(tx, policy.opt_ins, intakes, rows)
    for intake in intakes:
        fate = _TAKEN_BACK.copy() if intake.submission.import_id in undone else opt_ins.held(intake) or _take(book, intake)
        _note_fate(book, intake, fate | opt_ins.mark(intake), waits=intake.submission_id in rows)
    await book.write()
    await opt_ins.write()
    await count_taken(tx, policy, (one.submission.source for one in intakes if one.refusal is None and one.submission_id not in rows))


def _take_in(policy: Policy, submission: LeadSubmitted, submission_id: str, row: SubmissionDocument | None) -> Intake:
    """What our own door took while its source was on is taken."""
    return take_in(policy.terms_of(submission.source), submission, submission_id, promised=row is not None and row["status"] == "pending")


def submission_id_of(tx: Transaction, submission: LeadSubmitted) -> str:
    """Of what came through our own door, the id of the event, or of the submission that it takes up again.

    Else it is a UUIDv5 of the event's source and id, so that it is the same every time.
    """
    envelope = submission.envelope
    if envelope.source != f"/dealwire/{tx.database.name}":
        return str(uuid5(NAMESPACE_URL, envelope.identity))
    return envelope.causation_id or envelope.id


def _is_settled(row: SubmissionDocument | None) -> bool:
    """A redelivery that is older than the inbox remembers, or of somebody who was erased. One that was refused may have been mended."""
    return row is not None and (row["status"] not in ("pending", "refused") or row.get("rule") == ERASED)


def _take(book: Book, intake: Intake) -> dict[str, Any]:
    if intake.refusal is not None:
        book.tx.refuse(intake.submission, intake.refusal)
        (violation,) = intake.refusal.violations
        parked_id = book.tx.parked[-1]["_id"]
        return {"status": "refused", "field": violation.field, "rule": violation.rule, "reason": violation.detail, "parked_id": parked_id}
    found = book.find(intake)
    if found is None:
        return {"status": "captured", "lead_id": _capture(book, intake)["_id"]}
    key, lead = found
    if key[0] != "x":
        _merge(book, intake, lead, key)
    return {"status": "merged", "lead_id": lead["_id"], "rule": match_of(key).rule}


def _capture(book: Book, intake: Intake) -> LeadDocument:
    tx, submission = book.tx, intake.submission
    lead = _new_lead(book, intake)
    said = {"person": Person(**lead["person"]), "company": Company(**lead["company"]), "interest": submission.interest}
    tx.emit(
        LeadCaptured(
            lead_id=lead["_id"],
            version=1,
            source=lead["source"],
            **said,
            attribution=submission.attribution,
            status="captured",
            captured_at=tx.now,
            submission_id=intake.submission_id,
        ),
        cause=submission,
    )
    steps = ["captured", *judge_new(book, lead, said, cause=submission)]
    book.add_lead(lead, submission)
    tx.record(Change("lead", lead["_id"], lead["version"], "captured", after=_shown(lead, steps), why=lead.get("reason")))
    return lead


def _new_lead(book: Book, intake: Intake) -> LeadDocument:
    tx, submission, lead = book.tx, intake.submission, intake.parts
    envelope = submission.envelope
    lead["_id"], lead["version"] = new_id(), 1
    lead["created_at"] = lead["updated_at"] = tx.now
    lead["status"], lead["owner_id"] = "captured", None
    lead["submission_id"], lead["correlation_id"] = intake.submission_id, envelope.correlation_id
    lead["source"] = book.policy.source_of(submission.source)
    if lead["source"] != submission.source:
        lead["stated_source"] = submission.source
    if submission.external_id:
        lead["external_id"] = submission.external_id
    if envelope.traceparent:
        lead["traceparent"] = envelope.traceparent
    book.strangers.welcome(lead, lead["keys"])
    return lead


def _merge(book: Book, intake: Intake, lead: LeadDocument, key: str) -> None:
    tx = book.tx
    said_by: Any = {"_id": intake.submission_id, "created_at": tx.now, "source": book.policy.source_of(intake.submission.source)}
    changed = merged_parts(lead, {**intake.parts, **said_by}, book.survivorship)
    before, after = changed_fields(lead, changed)
    lead.update(changed)
    lead["version"] += 1
    lead["updated_at"] = lead["last_submitted_at"] = tx.now
    welcomed = book.strangers.welcome(lead, intake.parts["keys"])
    match, said = match_of(key), said_of(lead)
    tx.emit(
        LeadMerged(lead_id=lead["_id"], version=lead["version"], submission_id=intake.submission_id, match=match, **said),
        cause=intake.submission,
    )
    steps = ["merged", *(judge_known(book, lead, said, cause=intake.submission) if after or welcomed or book.policy.fades else ())]
    book.change_lead(lead, described=bool(after))
    shown = {**after, "submission_id": intake.submission_id, "steps": steps}
    tx.record(Change(of="lead", id=lead["_id"], version=lead["version"], what="merged", before=before, after=shown, why=match.rule))


def _shown(lead: LeadDocument, steps: Sequence[str]) -> dict[str, Any]:
    known: Mapping[str, Any] = lead
    return {"steps": list(steps), **{name: known[name] for name in SHOWN if name in known}}


def _note_fate(book: Book, intake: Intake, fate: dict[str, Any], *, waits: bool) -> None:
    submission = intake.submission
    fate.setdefault("settled_at", book.tx.now)
    if intake.dropped:
        fate["dropped"] = list(intake.dropped)
    if book.policy.source_of(submission.source) != submission.source:
        fate["unknown_source"] = submission.source
    if waits:
        return book.settle_submission(intake.submission_id, fate)
    row = cast(SubmissionDocument, {"_id": intake.submission_id, "source": submission.source, **fate})
    row["received_at"], row["raw"] = min(submission.envelope.time, book.tx.now), _raw(book.tx, submission)
    if submission.external_id:
        row["external_id"] = submission.external_id
    if submission.attribution.campaign:
        row["campaign"] = submission.attribution.campaign
    if submission.import_id:
        row["import_id"], row["import_line"] = submission.import_id, min(max(submission.import_line or 0, 0), MOST_LINES)
    return book.add_submission(row)


def _raw(tx: Transaction, submission: LeadSubmitted) -> bytes:
    """What came, with all that we don't know, unless that is a great deal."""
    delivery = tx.deliveries.get(submission.envelope.identity)
    if delivery is not None and delivery.value is not None and len(delivery.value) <= MOST_RAW_BYTES:
        return delivery.value
    return submission.model_dump_json(exclude_none=True).encode()
