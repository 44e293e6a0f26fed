"""When two leads are one person: a versioned set of weights, and what came of comparing."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, TypedDict

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.leads.models.policies import PolicySet, Score

Compared = Literal["first_name", "last_name", "email", "phone", "company", "country", "place"]
FieldPoints = Annotated[int, Field(ge=0, le=100)]
Survival = Literal["first_known", "most_recent", "longest", "source_priority"]
DuplicateStatus = Literal["open", "merged", "separate", "gone"]
MergeStatus = Literal["merged", "unmerged"]
Fields = dict[str, Any]


class FieldWeight(BaseModel):
    """A field that says the same earns `agrees` points, one that contradicts costs `differs`; what is alike, a part of either."""

    model_config = ConfigDict(extra="forbid")

    field: Compared
    agrees: FieldPoints
    differs: FieldPoints


class Survivorship(BaseModel):
    """Which of two values survives a merge, by field (`person.title`, `interest.need`, ...) or by part (`person`, `interest`).

    `sources` are those trusted most, the best first, for `source_priority`.
    """

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[dict[str, Survival], Field(max_length=100)] = {}
    sources: Annotated[list[str], Field(max_length=200)] = []


class MatchingDraft(BaseModel):
    """Two leads with `merge_from` points of a hundred or more are one person; from `review_from` on somebody is asked."""

    model_config = ConfigDict(extra="forbid")

    merge_from: Score = 80
    review_from: Score = 60
    weights: Annotated[list[FieldWeight], Field(min_length=1, max_length=20)]
    survivorship: Survivorship = Survivorship()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.review_from > self.merge_from:
            raise ValueError("review_from must not be above merge_from")
        fields = [weight.field for weight in self.weights]
        if len(set(fields)) < len(fields):
            raise ValueError("each field may be given once")
        return self


class MatchingSet(MatchingDraft, PolicySet):
    model_config = ConfigDict(extra="ignore")
    noun: ClassVar[str] = "matching"


class DuplicateDocument(TypedDict, total=False):
    """Two records that may be one person. `_id` names the pair, so that it is proposed once, and never again once they are separate.

    `lead_id` is the one that would stay; the other is a lead (`other_id`) or a customer (`account_id`).
    """

    _id: str
    version: int
    status: DuplicateStatus
    lead_id: str
    other_id: str
    account_id: str
    score: int
    match: Fields
    policy_version: int
    why: str
    found_at: datetime
    decided_at: datetime
    decided_by: str


class MergeDocument(TypedDict, total=False):
    """One merge of two leads, with both as they were, so that it can be undone; `merged` is the state that it made of the kept one."""

    _id: str
    lead_id: str
    merged_lead_id: str
    status: MergeStatus
    match: Fields
    kept: Fields
    other: Fields
    merged: Fields
    merged_version: int
    by: str
    at: datetime
    unmerged_at: datetime
    unmerged_by: str
