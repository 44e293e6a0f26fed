"""Mails that come in: a stranger's is a submission, a known person's reply a sign of interest, a machine's is kept aside."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from uuid_utils import NAMESPACE_URL, uuid5

from services.leads import store
from services.leads.models import SubmissionDocument
from services.leads.rules.capture.mails import Letter
from services.leads.service.capture.asides import Aside, keep_aside
from services.leads.service.capture.submitting import Knock, submit_leads
from shared.errors import Invalid
from shared.events import EngagementRecorded, Envelope, LeadSubmitted
from shared.transaction import Transaction
from shared.violations import violations_of

BY = "mail"
MOST_DETAIL = 4_000
Outcome = SubmissionDocument | EngagementRecorded | None | Exception


async def accept_mails(tx: Transaction, letters: list[Letter]) -> Sequence[Outcome]:
    """Each once, however often it is delivered: None for one that was accepted before."""
    ids = [submission_id_of(letter) for letter in letters]
    seen = set(await store.find_submissions(tx, ids))
    leads = await store.find_lead_ids_by_key(tx, {f"e:{letter.email}" for letter in letters if letter.is_reply and letter.email})
    outcomes: list[Outcome] = []
    for letter, letter_id in zip(letters, ids, strict=True):
        outcomes.append(None if letter_id in seen else await _accept(tx, letter, letter_id, leads.get(f"e:{letter.email}")))
        seen.add(letter_id)
    return outcomes


def submission_id_of(letter: Letter) -> str:
    """A mail that goes to two sources is two submissions."""
    return str(uuid5(NAMESPACE_URL, f"mail:{letter.source}:{letter.message_id}"))


async def _accept(tx: Transaction, letter: Letter, letter_id: str, lead_id: str | None) -> Outcome:
    if letter.automatic is not None:
        return await keep_aside(tx, _as_aside(letter, letter_id))
    if letter.is_reply and lead_id is not None:
        return _engage(tx, letter, letter_id, lead_id)
    try:
        submission = LeadSubmitted.model_validate(letter.data)
    except ValidationError as error:
        return Invalid("Nobody could be told by it", violations=violations_of(error))
    (outcome,) = await submit_leads(tx, [Knock(submission, BY, _origin(tx, letter_id), submission_id=letter_id)])
    return outcome


def _engage(tx: Transaction, letter: Letter, letter_id: str, lead_id: str) -> EngagementRecorded:
    """Under one id, so that a second delivery is heard as the same. Its time is ours: the one in a mail is only its writer's word."""
    detail = f"{letter.subject}\n\n{letter.text}".strip()[:MOST_DETAIL]
    reply = EngagementRecorded(lead_id=lead_id, email=letter.email, kind="email_reply", detail=detail or None, occurred_at=tx.now)
    tx.emit(reply, under=letter_id)
    return reply


def _as_aside(letter: Letter, letter_id: str) -> Aside:
    assert letter.automatic is not None
    status, rule, reason = letter.automatic
    raw = json.dumps({name: value for name, value in letter.data.items() if value is not None}, ensure_ascii=False).encode()
    proof: dict[str, Any] = {"message_id": letter.message_id}
    return Aside(letter.source, status, rule, reason, raw, BY, proof, submission_id=letter_id)


def _origin(tx: Transaction, letter_id: str) -> Envelope:
    return Envelope(letter_id, f"/dealwire/{tx.database.name}/mail", tx.now, letter_id)
