"""Submissions that are kept aside: spam, automatic mails. They are no events, until a person says that they are none of that."""

from dataclasses import dataclass
from typing import Any, Literal, cast

from services.leads import store
from services.leads.models import SubmissionDocument
from services.leads.service.capture.replaying import submission_again
from services.leads.service.capture.terms import Gate
from shared.database import new_id
from shared.errors import NotAllowedNow
from shared.history import Change
from shared.transaction import Transaction

RELEASABLE = ("spam", "auto_reply", "bounce")


@dataclass(frozen=True, slots=True)
class Aside:
    """`raw` is the JSON of the submission that it would have been, whether or not that makes sense."""

    source: str
    status: Literal["spam", "auto_reply", "bounce"]
    rule: str
    reason: str
    raw: bytes
    by: str
    proof: dict[str, Any]
    submission_id: str | None = None


async def keep_aside(tx: Transaction, aside: Aside) -> SubmissionDocument:
    fate = {"status": aside.status, "rule": aside.rule, "reason": aside.reason, "by": aside.by, "settled_at": tx.now}
    came = {"received_at": tx.now, "raw": aside.raw, "proof": aside.proof}
    row = cast(SubmissionDocument, {"_id": aside.submission_id or new_id(), "source": aside.source, **fate, **came})
    await store.add_submissions(tx, [row])
    return row


async def release_submission(tx: Transaction, submission_id: str) -> SubmissionDocument:
    """From here on it is a submission like any other, taken on the terms of its source."""
    row = await _aside(tx, submission_id)
    submission = submission_again(row["raw"])
    gate = await Gate.opened(tx, [submission.source])
    if (refusal := gate.switched_off(submission.source) or gate.refusal(submission)) is not None:
        raise refusal
    tx.emit(submission, under=submission_id)
    return await _settle(tx, row, {"status": "pending", "rule": None, "reason": None, "settled_at": None}, what="released")


async def discard_submission(tx: Transaction, submission_id: str) -> SubmissionDocument:
    """That it came is remembered; what it said is not."""
    gone = {"status": "discarded", "raw": None, "proof": None, "settled_at": tx.now}
    return await _settle(tx, await _aside(tx, submission_id), gone, what="discarded")


async def _aside(tx: Transaction, submission_id: str) -> SubmissionDocument:
    row = await store.get_submission(tx, submission_id, {}, whole=True)
    if row["status"] not in RELEASABLE:
        raise NotAllowedNow(f"It is {row['status']}; this takes one that is {', '.join(RELEASABLE)}", field="status", rule="status")
    return row


async def _settle(tx: Transaction, row: SubmissionDocument, fate: dict[str, Any], *, what: str) -> SubmissionDocument:
    await store.change_submissions(tx, {row["_id"]: fate})
    tx.record(Change("submission", row["_id"], 2, what, {"status": row["status"]}, {"status": fate["status"]}, why=row.get("rule")))
    return cast(SubmissionDocument, {**row, **fate})
