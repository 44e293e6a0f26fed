"""How leads are judged and where they go: versioned sets of rules, of which one of each kind is active."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.leads.models.engagement import Days, EngagementPolicy, Score
from services.leads.models.leads import Demands, WhenOverdue
from shared.events.values import Id, LongText, Slug, Text

PolicyStatus = Literal["draft", "active", "retired"]
Points = Annotated[int, Field(ge=-100, le=100)]
RuleStrategy = Literal["round_robin", "weighted", "least_loaded", "by_skill"]
# What speaks on an event beside the criteria, under these names.
RESERVED = ("by-hand", "engagement", "prediction")
FOUR_HOURS = 4 * 3600


class Rule(BaseModel):
    """`name` is for machines, `text` for people."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Slug
    text: Text
    expression: LongText


class Criterion(Rule):
    """Worth `points` when its CEL expression holds. A gate must hold, whatever the score.

    Points may halve every so many days since the lead was last heard of: since it last submitted something or showed interest.
    """

    points: Points = 0
    gate: bool = False
    halves_after_days: Days | None = None

    @model_validator(mode="after")
    def _has_points_to_halve(self) -> Self:
        if self.halves_after_days is not None and self.points == 0:
            raise ValueError("without points there is nothing to halve")
        return self


class RoutingRule(Rule):
    """Sends the leads for which its expression holds to one place, to be answered within so many seconds of working time.

    The place is a team, one rep, the territory of the lead within `territory_id`, the owner of the account that it belongs to (the
    rule holds only if there is one), or, by `claim_team_id`, a team of whom somebody may claim it. `skills` and `languages` are
    asked of whoever gets it; by the strategy `by_skill` they are only wished for. Once a response is overdue the lead goes to
    another, up to `reroutes` times (three; none before it escalates), and then stays, or by `escalate` goes to the manager.
    """

    team_id: Id | None = None
    rep_id: Id | None = None
    territory_id: Id | None = None
    account_owner: bool = False
    claim_team_id: Id | None = None
    strategy: RuleStrategy = "round_robin"
    skills: Annotated[list[Slug], Field(max_length=20)] = []
    languages: Annotated[list[Slug], Field(max_length=20)] = []
    respond_within_seconds: Annotated[int, Field(ge=60, le=30 * 24 * 3600)] = FOUR_HOURS
    remind_before_seconds: Annotated[int, Field(ge=30, le=7 * 24 * 3600)] | None = None
    when_overdue: WhenOverdue = "reroute"
    reroutes: Annotated[int, Field(ge=0, le=20)] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = (self.team_id, self.rep_id, self.territory_id, self.account_owner or None, self.claim_team_id)
        if sum(place is not None for place in places) != 1:
            names = "team_id, rep_id, territory_id, account_owner, claim_team_id"
            raise PydanticCustomError("one_place", "must name exactly one of {names}", {"names": names})
        if self.remind_before_seconds is not None and self.remind_before_seconds >= self.respond_within_seconds:
            raise PydanticCustomError("remind_in_time", "must remind before the response is due, and not before it is asked for")
        return self

    def demands(self) -> Demands:
        """What differs from the usual."""
        asked: Demands = {}
        if self.strategy != "round_robin":
            asked["strategy"] = self.strategy
        if self.skills:
            asked["skills"] = self.skills
        if self.languages:
            asked["languages"] = self.languages
        if self.remind_before_seconds is not None:
            asked["remind"] = self.remind_before_seconds
        if self.when_overdue != "reroute":
            asked["when_overdue"] = self.when_overdue
        if self.reroutes is not None:
            asked["reroutes"] = self.reroutes
        return asked


class CriteriaDraft(BaseModel):
    """A lead qualifies when every gate holds and its score reaches `threshold`: its fit (the points) and some of its engagement.

    `grades` are the least fits for A, B and C.
    """

    model_config = ConfigDict(extra="forbid")

    threshold: Score = 40
    grades: tuple[Score, Score, Score] = (75, 55, 35)
    criteria: Annotated[list[Criterion], Field(min_length=1, max_length=100)]
    engagement: EngagementPolicy = EngagementPolicy()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _expect_unique_names(self.criteria)
        if list(self.grades) != sorted(self.grades, reverse=True):
            raise ValueError("grades must fall from A to C")
        return self


class RoutingDraft(BaseModel):
    """The first rule that holds decides."""

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[list[RoutingRule], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        _expect_unique_names(self.rules)
        return self


class PolicySet(BaseModel):
    """`version` numbers the sets of one kind; what a set says is never changed."""

    noun: ClassVar[str]

    version: int = 0
    status: PolicyStatus = "draft"
    created_at: datetime | None = None
    created_by: str = ""
    activated_at: datetime | None = None

    def to_document(self) -> dict[str, Any]:
        return {"_id": self.version, **self.model_dump()}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        return cls.model_validate(document)


class CriteriaSet(CriteriaDraft, PolicySet):
    model_config = ConfigDict(extra="ignore")
    noun: ClassVar[str] = "criteria"


class RoutingSet(RoutingDraft, PolicySet):
    model_config = ConfigDict(extra="ignore")
    noun: ClassVar[str] = "routing"


def _expect_unique_names(rules: Sequence[Rule]) -> None:
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise ValueError("each name may be given once")
