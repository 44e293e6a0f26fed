"""What callers are shown of leads, of those that are alike, and of submissions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, JsonValue

from services.leads.models import (
    Dealing,
    Demands,
    SubmissionDocument,
)
from shared.domains import is_disposable, is_free_mail
from shared.events import Attribution, Company, Consent, Interest, Match, Person, Reason

Document = Mapping[str, Any]


class CorrectionView(BaseModel):
    field: str
    was: str
    now: str | None


class ProvenanceView(BaseModel):
    field: str
    provider: str
    at: datetime
    confidence: float


class LeadView(BaseModel):
    """One lead. Without an owner it waits to be claimed; `outcome` is what came of the sale, if one was begun.

    `free_mail` and `disposable_email` say at what kind of domain the e-mail address is. `provenance` says which fields are from
    providers; until `waits_until` the lead is not judged because one of them may know more.
    `dealing` is how its owner was chosen, among whom, and why others were passed over.
    `masked` are the fields that the caller's role does not see: that they are empty says nothing.
    """

    id: str
    version: int
    status: str
    source: str
    stated_source: str | None = None
    external_id: str | None = None
    person: Person
    company: Company
    interest: Interest
    consent: Consent
    attribution: Attribution
    attributes: dict[str, str] = {}
    corrections: list[CorrectionView] = []
    enrichment: dict[str, dict[str, JsonValue]] = {}
    provenance: list[ProvenanceView] = []
    waits_until: datetime | None = None
    free_mail: bool = False
    disposable_email: bool = False
    score: int | None = None
    fit: int | None = None
    engagement: int | None = None
    grade: str | None = None
    probability: float | None = None
    criteria_version: int | None = None
    reason: str | None = None
    owner_id: str | None = None
    team_id: str | None = None
    rule: str | None = None
    territory_id: str | None = None
    demands: Demands | None = None
    dealing: Dealing | None = None
    assigned_at: datetime | None = None
    respond_by: datetime | None = None
    contacted_at: datetime | None = None
    last_engaged_at: datetime | None = None
    opportunity_id: str | None = None
    outcome: str | None = None
    merged_into: str | None = None
    account_id: str | None = None
    submission_id: str
    masked: list[str] = []
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Document) -> Self:
        email = document["person"].get("email")
        kinds = {"free_mail": is_free_mail(email), "disposable_email": is_disposable(email)}
        return cls.model_validate({**document, **kinds, "id": document["_id"]})


class LeadWithReasons(LeadView):
    """With what each criterion said, as long as the criteria that said it are in force."""

    reasons: list[Reason] = []


class DuplicateView(BaseModel):
    """Two leads, or a lead and a customer (`account_id`), that may be one person; `score` is how many points of a hundred say so."""

    id: str
    version: int
    status: str
    lead_id: str
    other_id: str | None = None
    account_id: str | None = None
    score: int
    match: Match
    why: str | None = None
    policy_version: int | None = None
    found_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None

    @classmethod
    def of(cls, row: Document) -> Self:
        return cls.model_validate({**row, "id": row["_id"]})


class AlikeView(BaseModel):
    """`verdict` is what comes of it: merge, or review."""

    lead_id: str
    verdict: str
    match: Match

    @classmethod
    def of(cls, lead_id: str, verdict: str, match: Match) -> Self:
        return cls(lead_id=lead_id, verdict=verdict, match=match)


class SubmissionView(BaseModel):
    """A submission and its fate. `dropped` are the fields that its source may not say; `tries` counts how often it was taken up again."""

    submission_id: str
    status: str
    lead_id: str | None = None
    rule: str | None = None
    field: str | None = None
    reason: str | None = None
    source: str
    external_id: str | None = None
    dropped: list[str] = []
    tries: int = 0
    consent_id: str | None = None
    proof: dict[str, Any] | None = None
    received_at: datetime
    settled_at: datetime | None = None

    @classmethod
    def of(cls, row: Document) -> Self:
        return cls.model_validate({**row, "submission_id": row["_id"]})


class Accepted(BaseModel):
    """Where to look what becomes of it."""

    submission_id: str
    status: str = "pending"
    look: str

    @classmethod
    def of(cls, row: SubmissionDocument) -> Self:
        return cls(submission_id=row["_id"], look=look_at(row))


def look_at(row: SubmissionDocument) -> str:
    return f"/submissions/{row['_id']}"


class Summary(BaseModel):
    """How many leads there are, by what."""

    leads: int
    by_status: dict[str, int]
    by_source: dict[str, int]
    by_owner: dict[str, int]
