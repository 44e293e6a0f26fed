"""What was learned from how earlier sales ended, as plain numbers."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from services.leads.models.policies import PolicySet
from shared.events.values import Text

Uses = Literal["learned", "criteria"]


class Baseline(BaseModel):
    """The log-odds of winning a lead of score 50, and what a hundred points add to them: what the criteria alone can tell."""

    intercept: float
    slope: float


class Trait(BaseModel):
    """What is known of a lead, such as `source=partner`, and what it adds to the log-odds. `usual` is what its kind adds on average."""

    trait: str
    weight: float
    usual: float


class TeamOffset(BaseModel):
    team_id: str
    offset: float


class Learned(BaseModel):
    """A logistic regression. `trust`, from 0 to 1, is how much of it is believed over the baseline; `stretch` and `shift` calibrate."""

    intercept: float
    slope: float
    traits: list[Trait]
    teams: list[TeamOffset] = []
    trust: float
    stretch: float = 1.0
    shift: float = 0.0


class Decile(BaseModel):
    """A tenth of the leads, the likeliest first: what was predicted of them on average, and what share was won."""

    count: int
    predicted: float
    observed: float
    lift: float


class Quality(BaseModel):
    """How well it predicted outcomes that it had not seen."""

    auc: float
    log_loss: float
    brier: float
    deciles: list[Decile]


class PredictiveModel(PolicySet):
    """One training and what came of it. It speaks by what it learned, or, where that tells no more, by the score alone.

    From `seen` outcomes it learned, the last of them recorded at `seen_until`; by `held_out` ones, the latest, it was judged.
    `kept` by hand, it is not replaced by later ones.
    """

    model_config = ConfigDict(extra="ignore")
    noun: ClassVar[str] = "models"

    seen: int = 0
    seen_until: datetime | None = None
    won: int = 0
    held_out: int = 0
    baseline: Baseline
    learned: Learned | None = None
    uses: Uses = "criteria"
    why: Text = ""
    quality: Quality | None = None
    quality_of_criteria: Quality | None = None
    kept: bool = False
