"""Leads and submissions as they are stored: plain documents, because thousands of them pass through every second."""

from datetime import datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from services.leads.models.engagement import Engaged
from services.leads.models.providers import Provenance

LeadStatus = Literal["captured", "qualified", "disqualified", "contacted", "merged", "erased"]
# Nobody works on such a lead any more.
GONE = ("merged", "erased")
Outcome = Literal["converted", "won", "lost"]
Strategy = Literal["round_robin", "weighted", "least_loaded", "by_skill", "direct"]
WhenOverdue = Literal["reroute", "escalate", "keep"]
SubmissionStatus = Literal[
    "pending", "captured", "merged", "refused", "unconfirmed", "expired", "spam", "auto_reply", "bounce", "discarded", "withdrawn"
]
Fields = dict[str, Any]


class Correction(TypedDict):
    """A value that was put right on its way in; `now` is None where nothing could be made of it."""

    field: str
    was: str
    now: str | None


class Demands(TypedDict, total=False):
    """What the rule that routed a lead asks for besides the usual; `only` are the reps it names, `claim` that nobody is dealt it.

    `remind` is in seconds before the response is due, `reroutes` how often it goes on when that is past.
    """

    strategy: Strategy
    skills: list[str]
    languages: list[str]
    only: list[str]
    claim: bool
    remind: int
    when_overdue: WhenOverdue
    reroutes: int


class Dealing(TypedDict):
    """Why this rep: how it was chosen, among whom, and why others were passed over, in pairs of rep and reason."""

    strategy: str
    candidates: list[str]
    passed_over: list[list[str]]


class LeadDocument(TypedDict, total=False):
    """One lead. What is unknown has no field.

    `stated_source` is what an unregistered source called itself. `keys`, its alone, are what it is found again by; `facets`, kept by
    the store, what it is listed by.
    `met` names the criteria that were met, `broken` those that could not be told, with the reason. `reason` is why it was
    disqualified. `score` is made of `fit` and of `engagement`, which follows at any time from the sums in `engaged`; `faded` has the
    points of criteria that are worth less by now, `stood` what it was when the sale began.
    `rule` routed it to `pool_id`; `respond_within` is in seconds. Without an owner it waits to be claimed.
    `asked` are the providers that were asked about it, each with what stands for the question; until `waits_until` it is not judged,
    because `waits_for` may know more. `provenance` says which fields are from providers; `enrichment` is by provider.
    """

    _id: str
    version: int
    created_at: datetime
    updated_at: datetime
    source: str
    stated_source: str
    external_id: str
    submission_id: str
    correlation_id: str
    traceparent: str
    person: Fields
    company: Fields
    interest: Fields
    consent: Fields
    attribution: Fields
    attributes: dict[str, str]
    corrections: list[Correction]
    keys: list[str]
    origins: list[list[Any]]
    facets: list[str]
    status: LeadStatus
    score: int
    fit: int
    engagement: int
    grade: str
    probability: float
    qualified_at: datetime
    criteria_version: int
    met: list[str]
    broken: dict[str, str]
    faded: dict[str, int]
    reason: str
    by_hand: str
    pool_id: str
    team_id: str
    rule: str
    territory_id: str
    respond_within: int
    demands: Demands
    dealing: Dealing
    owner_id: str | None
    previous_owner_id: str
    assigned_at: datetime
    respond_by: datetime
    reroutes: int
    escalated: bool
    returned_at: datetime
    contacted_at: datetime
    last_submitted_at: datetime
    last_engaged_at: datetime
    engaged: Engaged
    stood: Fields
    opportunity_id: str
    outcome: Outcome
    deal_version: int
    closed_at: datetime
    merged_into: str
    merge_id: str
    account_id: str
    asked: dict[str, str]
    waits_for: list[str]
    waits_until: datetime
    provenance: list[Provenance]
    enrichment: dict[str, Fields]


class SubmissionDocument(TypedDict, total=False):
    """One submission and its fate. `raw` is what came, as JSON, `unknown_source` its source if nobody registered that.

    `rule` is how the lead was found, or which rule refused it. `dropped` are the fields that its source may not say. `via` is the door
    of what is no `LeadSubmitted` as it came; `whole`, that it could not even be told how many leads it holds. `tries` counts how often
    a refused one was taken up again. `undo` tells that its file was taken back and it stayed.
    `proof` is what a form knows of how it was filled in, `consent_id` the consent that was asked for, `held` the submission while it waits.
    """

    _id: str
    source: str
    unknown_source: str
    campaign: str
    external_id: str | None
    import_id: str
    import_line: int
    by: str
    proof: Fields
    consent_id: str
    held: bytes
    status: SubmissionStatus
    lead_id: str
    rule: str
    field: str
    reason: str
    dropped: list[str]
    parked_id: str
    via: Literal["webhook", "poll"]
    whole: bool
    tries: int
    undo: str
    raw: bytes
    received_at: datetime
    settled_at: datetime
