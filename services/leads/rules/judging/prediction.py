"""How likely is it that this lead will be won? From what was learned of earlier sales, or from its score alone."""

from collections.abc import Sequence
from math import exp

from services.leads.models import Baseline, LeadDocument, Learned, PredictiveModel
from services.leads.rules.judging.traits import kind_of, traits_of
from shared.events import Reason

# Until anything was closed: one in five of those with half of the points, and half of those with nearly all.
COLD_START = Baseline(intercept=-1.4, slope=3.0)
TOP_REASONS = 3
LEAST_SAID = 0.05


class Prediction:
    """The probability that a lead is won, and why. It says nothing on an event as long as the score is all that it would speak of."""

    __slots__ = ("_learned", "_traits", "probability")

    def __init__(self, probability: float, learned: "Sums | None" = None, traits: Sequence[str] = ()) -> None:
        self.probability, self._learned, self._traits = probability, learned, traits

    @property
    def apart(self) -> list[tuple[str, float]]:
        """What sets this lead apart from the usual one, the weightiest first: traits and what they add to the log-odds."""
        return self._learned.apart(self._traits) if self._learned else []

    def reasons(self) -> list[Reason]:
        """Passed by one that is likelier to be won than the usual one."""
        if self._learned is None:
            return []
        apart = self.apart
        told = "".join([f", {trait} {amount:+.1f}" for trait, amount in apart])
        passed = sum([amount for _, amount in apart]) >= 0
        return [Reason(criterion="prediction", passed=passed, detail=f"won with a probability of {self.probability:.0%}{told}"[:300])]


class Predictor:
    """Speaks by one model; plain sums, so that it needs no library and costs some microseconds. Pure."""

    def __init__(self, model: PredictiveModel | None = None) -> None:
        self.version = model.version if model else 0
        baseline = model.baseline if model else COLD_START
        self._prior = [log_odds(baseline, score) for score in range(101)]
        self._by_score = [Prediction(round(likelihood(odds), 4)) for odds in self._prior]
        self._learned = Sums(model.learned) if model and model.learned and model.uses == "learned" else None

    @property
    def has_learned(self) -> bool:
        return self._learned is not None

    def predict(self, lead: LeadDocument, score: int, team_id: str | None = None) -> Prediction:
        if self._learned is None:
            return self._by_score[score]
        traits = traits_of(lead, lead.get("engagement", 0))
        return Prediction(round(self._learned.likelihood(traits, score, team_id, self._prior[score]), 4), self._learned, traits)


class Sums:
    """A learned model as dictionaries."""

    def __init__(self, learned: Learned) -> None:
        self._of = learned
        self._weights = {trait.trait: trait.weight for trait in learned.traits}
        self._usual = {kind_of(trait.trait): trait.usual for trait in learned.traits}
        # Each with how little it matters, so that the weightiest sort first.
        self._apart = {one.trait: (-abs(by := one.weight - one.usual), one.trait, by) for one in learned.traits}
        self._teams = {team.team_id: team.offset for team in learned.teams}

    def likelihood(self, traits: Sequence[str], score: int, team_id: str | None, prior: float) -> float:
        odds = self.odds(traits, score, prior) + self._teams.get(team_id or "", 0.0)
        return likelihood(self._of.stretch * odds + self._of.shift)

    def odds(self, traits: Sequence[str], score: int, prior: float) -> float:
        """Whoever sells to them, and not calibrated; `prior` are the log-odds by the score alone."""
        weights, of = self._weights, self._of
        learned = of.intercept + of.slope * (score / 100 - 0.5) + sum([weights.get(trait, 0.0) for trait in traits])
        return of.trust * learned + (1 - of.trust) * prior

    def apart(self, traits: Sequence[str]) -> list[tuple[str, float]]:
        """What sets a lead apart. A trait that was seen too seldom lacks what its kind adds on average."""
        known, usual = self._apart, self._usual
        parts = [known[trait] if trait in known else (-abs(by := usual.get(kind_of(trait), 0.0)), trait, -by) for trait in traits]
        return [(trait, amount) for lightness, trait, amount in sorted(parts)[:TOP_REASONS] if lightness <= -LEAST_SAID]


def log_odds(baseline: Baseline, score: int) -> float:
    return baseline.intercept + baseline.slope * (score / 100 - 0.5)


def likelihood(log_odds: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, log_odds))))
