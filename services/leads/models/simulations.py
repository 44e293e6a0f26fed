"""What other rules would do with leads that there are."""

from pydantic import BaseModel


class RoutingDifference(BaseModel):
    """One lead that would have gone elsewhere."""

    lead_id: str
    rule: str | None
    team_id: str | None
    owner_id: str | None
    was_rule: str | None
    was_team_id: str | None
    was_owner_id: str | None


class RoutingSimulation(BaseModel):
    """`changed` counts the leads that another rule or another team would have had, `waiting` those that nobody would have got at once.

    `by_owner` counts who would have got them, under the empty word those whom nobody would; `by_owner_before` who did.
    """

    version_simulated: int
    leads: int
    changed: int
    waiting: int
    by_rule: dict[str, int]
    by_owner: dict[str, int]
    by_owner_before: dict[str, int]
    examples: list[RoutingDifference]


class CriteriaDifference(BaseModel):
    """A lead of which these criteria would say something else."""

    lead_id: str
    step: str
    status: str
    score_before: int | None
    score: int
    grade_before: str | None
    grade: str
    reason: str


class FailedCriterion(BaseModel):
    """How many leads a criterion could not be told of, and the last of them."""

    criterion: str
    count: int
    reason: str
    lead_id: str


class CriteriaSimulation(BaseModel):
    """What would come of activating a version and judging these leads by it. `next` is where to go on; null: there are no more.

    `unchanged` leads keep their status and grade, some because a person decided or the sale is over.
    `changes` tells of the first of the others.
    """

    version: int
    leads: int
    unchanged: int
    qualified: int
    disqualified: int
    regraded: int
    grades_before: dict[str, int]
    grades: dict[str, int]
    changes: list[CriteriaDifference]
    failures: list[FailedCriterion]
    next: str | None
