"""What callers are shown of how leads are judged and what is predicted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.leads.models import CriteriaSet, Quality, Rejudging
from shared.events import Reason

Document = Mapping[str, Any]


class Adding(BaseModel):
    """Something known of a lead, and what it adds to the log-odds of winning it, compared with the usual lead."""

    trait: str
    adds: float


class LeadScore(BaseModel):
    """How a lead stands at a moment, if nothing more is heard of it; at `next_change` time alone will change the grade or the verdict."""

    lead_id: str
    at: datetime
    criteria_version: int
    score: int
    fit: int
    engagement: int
    grade: str
    qualified: bool
    reason: str
    reasons: list[Reason]
    next_change: datetime | None
    probability: float
    model_version: int
    traits: list[Adding]


class FailureView(BaseModel):
    """A criterion that could not be told of so many leads, and the last of them."""

    criterion: str
    count: int
    reason: str
    lead_id: str
    at: datetime


class RejudgingView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    leads: int
    qualified: int
    disqualified: int
    regraded: int
    done: bool


class CriteriaView(CriteriaSet):
    failures: list[FailureView] = []
    rejudging: RejudgingView | None = None

    @classmethod
    def with_outcome(cls, criteria: CriteriaSet, failures: Sequence[Document], rejudging: Rejudging | None) -> Self:
        seen = [FailureView.model_validate({**row, "criterion": row["_id"]}) for row in failures]
        return cls(**criteria.model_dump(), failures=seen, rejudging=RejudgingView.model_validate(rejudging) if rejudging else None)


class ModelView(BaseModel):
    """A model without its numbers. `kept` by hand, it is not replaced by itself."""

    version: int
    status: str
    created_at: datetime
    activated_at: datetime | None
    seen: int
    won: int
    held_out: int
    uses: str
    why: str
    kept: bool
    quality: Quality | None
    quality_of_criteria: Quality | None

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls.model_validate(document)
