"""What signs of interest are worth, and how they fade."""

from datetime import datetime
from typing import Annotated, Self, TypedDict

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.events import EngagementKind

Score = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[float, Field(ge=0.01, le=3650)]


class Weight(BaseModel):
    """What one sign of a kind is worth when it is given, and after how many days it is worth half."""

    model_config = ConfigDict(extra="forbid")

    weight: Annotated[float, Field(ge=0, le=100)]
    half_life_days: Days


def _usual_weights() -> dict[EngagementKind, Weight]:
    usual: dict[EngagementKind, tuple[int, int]] = {
        "page_view": (1, 14),
        "email_open": (1, 7),
        "email_click": (4, 14),
        "form": (10, 30),
        "call": (15, 30),
        "email_reply": (15, 30),
        "event": (15, 45),
        "meeting": (25, 60),
    }
    return {kind: Weight(weight=weight, half_life_days=days) for kind, (weight, days) in usual.items()}


class EngagementPolicy(BaseModel):
    """The engagement score is the sum of what each sign is still worth, at most 100; `most_points` of it count for the score of the lead.

    `grades` are the least engagement scores for 1, 2 and 3. A kind that is left out is worth nothing.
    """

    model_config = ConfigDict(extra="forbid")

    kinds: dict[EngagementKind, Weight] = Field(default_factory=_usual_weights)
    grades: tuple[Score, Score, Score] = (40, 20, 5)
    most_points: Score = 25

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.grades) != sorted(self.grades, reverse=True):
            raise ValueError("grades must fall from 1 to 3")
        return self


class EngagedKind(TypedDict):
    """`sum` counts the signs of one kind, each halved every `days` until the moment for which it was reckoned."""

    sum: float
    days: float
    count: int


class Engaged(TypedDict):
    """All interest that a lead has shown, as sums for one moment: those for any later one follow from them."""

    at: datetime
    kinds: dict[str, EngagedKind]
