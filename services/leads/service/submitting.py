"""What comes in by our own doors: it is written down, and said as an outside system would have said it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.leads import store
from services.leads.models import SubmissionDocument
from services.leads.rules.identity import taken_in
from services.leads.service.beginnings import in_the_name_of
from shared.events import Envelope, LeadSubmitted
from shared.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Knock:
    """One `POST /leads`: what was submitted, by whom, and the request that it came with."""

    submission: LeadSubmitted
    by: str
    origin: Envelope


async def submit_leads(tx: Transaction, knocks: list[Knock]) -> Sequence[SubmissionDocument | Exception]:
    """Whoever can't be told from others is refused here already, by the same rules as later."""
    outcomes = [taken_in(knock.submission).refusal or _submit(tx, knock) for knock in knocks]
    await store.add_submissions(tx, [outcome for outcome in outcomes if not isinstance(outcome, Exception)])
    return outcomes


def _submit(tx: Transaction, knock: Knock) -> SubmissionDocument:
    submission, origin = knock.submission, knock.origin
    said = tx.emit(submission.model_copy(), cause=in_the_name_of(origin.correlation_id, origin.traceparent))
    row: SubmissionDocument = {"_id": said.envelope.id, "source": submission.source, "status": "pending", "by": knock.by}
    row["received_at"], row["raw"] = tx.now, submission.model_dump_json(exclude_none=True).encode()
    if submission.external_id:
        row["external_id"] = submission.external_id
    return row
