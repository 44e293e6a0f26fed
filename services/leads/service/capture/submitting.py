"""What comes in by our own doors: it is written down, and said as an outside system would have said it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.leads import store
from services.leads.models import SubmissionDocument
from services.leads.service.capture.terms import Gate
from services.leads.service.sales.beginnings import in_the_name_of
from shared.events import Envelope, Event, LeadSubmitted
from shared.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Knock:
    """One `POST /leads`: what was submitted, by whom, and the request that it came with.

    `submission_id` is the one it must have, where it may come twice; `proof` is how a form was filled in.
    """

    submission: LeadSubmitted
    by: str
    origin: Envelope
    submission_id: str | None = None
    proof: dict[str, Any] | None = None


async def submit_leads(tx: Transaction, knocks: list[Knock]) -> Sequence[SubmissionDocument | Exception]:
    """Whoever can't be told from others is refused here already, by the same rules as later."""
    gate = await Gate.opened(tx, (knock.submission.source for knock in knocks))
    outcomes = [_submit(tx, gate, knock) for knock in knocks]
    await store.add_submissions(tx, [outcome for outcome in outcomes if not isinstance(outcome, Exception)])
    await gate.close()
    return outcomes


def _submit(tx: Transaction, gate: Gate, knock: Knock) -> SubmissionDocument | Exception:
    submission, origin = knock.submission, knock.origin
    refusal = gate.closed(submission.source) or gate.refusal(submission)
    if refusal is not None:
        return refusal
    gate.let_in(submission.source)
    said = tx.emit(submission.model_copy(), cause=in_the_name_of(origin.correlation_id, origin.traceparent), under=knock.submission_id)
    row = submitted_row(tx, said, by=knock.by, raw=submission.model_dump_json(exclude_none=True).encode())
    if knock.proof is not None:
        row["proof"] = knock.proof
    return row


def submitted_row(tx: Transaction, said: Event, *, by: str, raw: bytes) -> SubmissionDocument:
    assert isinstance(said, LeadSubmitted)
    row: SubmissionDocument = {"_id": said.envelope.id, "source": said.source, "status": "pending", "by": by}
    row["received_at"], row["raw"] = tx.now, raw
    if said.external_id:
        row["external_id"] = said.external_id
    if said.attribution.campaign:
        row["campaign"] = said.attribution.campaign
    return row
