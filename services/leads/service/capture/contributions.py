"""What leads are made of, as it was said: submissions are read again, and leads that became part of them are as they were."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from services.leads import store
from services.leads.models import LeadDocument, MergeDocument, SubmissionDocument
from services.leads.rules.capture.terms import take_in
from services.leads.rules.judging.policy import Policy
from services.leads.service.capture.replaying import read_again
from services.leads.service.policies import current_policy
from shared.errors import Refused
from shared.transaction import Transaction

Fields = dict[str, Any]
By = dict[str, list[LeadDocument]]


async def contributions_to(tx: Transaction, since: Mapping[str, int], merges: Sequence[MergeDocument]) -> By:
    """By lead the submissions that became part of it after this version, and the leads of these merges, in order."""
    policy = await current_policy(tx.database)
    timed: defaultdict[str, list[tuple[datetime, LeadDocument]]] = defaultdict(list)
    for row in await store.find_submissions_merged(tx, since):
        if (said := await _submitted(tx, policy, row)) is not None:
            timed[row["lead_id"]].append((row["taken_at"], said))
    for one in merges:
        timed[one["lead_id"]].append((one["at"], cast(LeadDocument, {**one["other"], "merge_id": one["_id"]})))
    return {lead_id: [said for _, said in sorted(some, key=lambda one: one[0])] for lead_id, some in timed.items()}


async def beginnings_of(tx: Transaction, leads: Sequence[LeadDocument]) -> dict[str, LeadDocument]:
    """By lead what it began as: what the submission said that made it, as far as that can be read again."""
    policy = await current_policy(tx.database)
    rows: Mapping[str, Any] = await store.find_submissions(tx, [lead["submission_id"] for lead in leads], whole=True)
    begun: dict[str, LeadDocument] = {}
    for lead in leads:
        row = rows.get(lead["submission_id"])
        said = await _submitted(tx, policy, {**row, "taken_at": lead["created_at"]}) if row else None
        itself = {"_id": lead["_id"], "created_at": lead["created_at"], "source": lead["source"]}
        begun[lead["_id"]] = cast(LeadDocument, {**(said or {}), **itself})
    return begun


async def _submitted(tx: Transaction, policy: Policy, row: Fields) -> LeadDocument | None:
    """What the submission says of a lead, as it was taken. One that can't be read any more stays where it is."""
    try:
        item, *_ = await read_again(tx, cast(SubmissionDocument, row))
    except Refused:
        return None
    if item.submission is None:
        return None
    intake = take_in(policy.terms_of(item.submission.source), item.submission, row["_id"], promised=True)
    said_by: Any = {"_id": row["_id"], "created_at": row["taken_at"], "source": row["source"]}
    return cast(LeadDocument, {**intake.parts, **said_by})
