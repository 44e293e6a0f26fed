"""Learning from how earlier sales ended. Pure and slow: it runs in a process of its own. The same outcomes and seed give the same model."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, NamedTuple

from services.leads.models import Baseline, Learned, PredictiveModel, TeamOffset, Trait
from services.leads.rules.judging.likelihood import likeliest_line, likeliest_offset
from services.leads.rules.judging.prediction import COLD_START, Sums, likelihood, log_odds
from services.leads.rules.judging.quality import is_clearly_better, quality_of
from services.leads.rules.judging.traits import kind_of

FEWEST_EITHER = 25
FEWEST_HELD_OUT = 8
HELD_OUT = 0.25
FOLDS = 5
# A trait that fewer have says more of them than of the trait.
FEWEST_OF_A_TRAIT = 5
MOST_TRAITS = 500
STRENGTH = 0.3
# With so many of the rarer outcome, what was learned is believed as much as the score.
HALF_TRUSTED_AT = 25
# How far a team is likely to be from the others, in log-odds, and how far from the cold start the baseline is.
TEAMS_DIFFER_BY = 0.4
BASELINE_DIFFERS_BY = (1.0, 2.0)
NOT_INSTALLED = "scikit-learn is not installed: install dealwire[predictive]"


class Example(NamedTuple):
    """How one lead ended, and how it stood before it was known."""

    won: bool
    score: int
    team_id: str
    traits: list[str]


def trained(examples: Sequence[Example], seed: int = 7) -> PredictiveModel:
    """From outcomes, the oldest first. What was learned from the older ones is held against the latest, before all are learned from."""
    baseline = fit_baseline(examples)
    model = PredictiveModel(baseline=baseline, seen=len(examples), won=sum(one.won for one in examples))
    split = len(examples) - round(len(examples) * HELD_OUT)
    reason = _too_few(examples, examples[split:])
    if reason:
        return model.model_copy(update={"why": reason})
    older, latest = examples[:split], examples[split:]
    judged = model.model_copy(update=_judged(older, latest, seed))
    return judged.model_copy(update={"learned": fit_learned(examples, baseline, seed)})


def _judged(older: Sequence[Example], latest: Sequence[Example], seed: int) -> dict[str, Any]:
    prior = fit_baseline(older)
    sums, won = Sums(fit_learned(older, prior, seed)), [one.won for one in latest]
    by_score = [likelihood(log_odds(prior, one.score)) for one in latest]
    predicted = [sums.likelihood(one.traits, one.score, one.team_id, log_odds(prior, one.score)) for one in latest]
    better = is_clearly_better(predicted, by_score, won)
    return {
        "held_out": len(latest),
        "quality": quality_of(predicted, won),
        "quality_of_criteria": quality_of(by_score, won),
        "uses": "learned" if better else "criteria",
        "why": "tells more than the score" if better else "does not tell more than the score, beyond what may be chance",
    }


def _too_few(examples: Sequence[Example], latest: Sequence[Example]) -> str:
    if find_spec("sklearn") is None:
        return NOT_INSTALLED
    fewest, fewest_latest = (
        min(counts[True], counts[False]) for counts in (Counter(one.won for one in part) for part in (examples, latest))
    )
    if fewest < FEWEST_EITHER:
        return f"{fewest} of the rarer outcome are too few to learn from; it takes {FEWEST_EITHER}"
    if fewest_latest < FEWEST_HELD_OUT:
        return f"of the latest outcomes {fewest_latest} of the rarer one are too few to judge by; it takes {FEWEST_HELD_OUT}"
    return ""


def fit_baseline(examples: Sequence[Example]) -> Baseline:
    """The cold start, moved by what happened: with few outcomes hardly, with many as far as they say."""
    counts = Counter((one.score, one.won) for one in examples)
    rows = [(score / 100 - 0.5, won, count) for (score, won), count in counts.items()]
    start = (COLD_START.intercept, COLD_START.slope)
    intercept, slope = likeliest_line(rows, start, BASELINE_DIFFERS_BY)
    return Baseline(intercept=intercept, slope=slope)


def fit_learned(examples: Sequence[Example], baseline: Baseline, seed: int) -> Learned:
    """A regression on traits and score, an offset for each team that shrinks to none, and a calibration on what each fold had not seen."""
    names = _usual_traits(examples)
    learned = _regression(examples, names)
    unseen = _predictions_by_fold(examples, names, baseline, seed)
    teams = _team_offsets(examples, unseen)
    offsets = {team.team_id: team.offset for team in teams}
    rows = [(odds + offsets.get(one.team_id, 0.0), one.won, 1) for odds, one in zip(unseen, examples, strict=True)]
    shift, stretch = likeliest_line(rows, (0.0, 1.0), (1.0, 0.5))
    return learned.model_copy(update={"teams": teams, "stretch": max(0.0, stretch), "shift": shift})


def _usual_traits(examples: Sequence[Example]) -> list[str]:
    counts = Counter(trait for one in examples for trait in one.traits)
    usual = [trait for trait, count in counts.most_common(MOST_TRAITS) if FEWEST_OF_A_TRAIT <= count < len(examples)]
    return sorted(usual)


def _regression(examples: Sequence[Example], names: list[str]) -> Learned:
    from sklearn.linear_model import LogisticRegression

    rows = _matrix(examples, names)
    fitted = LogisticRegression(C=STRENGTH, max_iter=500).fit(rows, [one.won for one in examples])
    slope, *weights = (float(weight) for weight in fitted.coef_[0])
    usual = _usual_weights(examples, dict(zip(names, weights, strict=True)))
    traits = [Trait(trait=name, weight=weight, usual=usual[kind_of(name)]) for name, weight in zip(names, weights, strict=True)]
    counts = Counter(one.won for one in examples)
    rarer = min(counts[True], counts[False])
    return Learned(intercept=float(fitted.intercept_[0]), slope=slope, traits=traits, trust=rarer / (rarer + HALF_TRUSTED_AT))


def _matrix(examples: Sequence[Example], names: list[str]) -> Any:
    """The score first, then a column for each trait."""
    from scipy.sparse import csr_matrix

    columns = {name: place for place, name in enumerate(names, start=1)}
    cells = [(row, columns[trait], 1.0) for row, one in enumerate(examples) for trait in one.traits if trait in columns]
    cells += [(row, 0, one.score / 100 - 0.5) for row, one in enumerate(examples)]
    rows, places, values = zip(*cells, strict=True)
    return csr_matrix((values, (rows, places)), shape=(len(examples), len(names) + 1))


def _usual_weights(examples: Sequence[Example], weights: dict[str, float]) -> dict[str, float]:
    """What each kind of trait adds on average."""
    sums: defaultdict[str, float] = defaultdict(float)
    for one in examples:
        for trait in one.traits:
            sums[kind_of(trait)] += weights.get(trait, 0.0)
    return {kind: total / len(examples) for kind, total in sums.items()}


def _predictions_by_fold(examples: Sequence[Example], names: list[str], baseline: Baseline, seed: int) -> list[float]:
    """The log-odds of each, by a regression that has not seen it."""
    from sklearn.model_selection import StratifiedKFold

    unseen = [0.0] * len(examples)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for seen, places in folds.split([[0]] * len(examples), [one.won for one in examples]):
        sums = Sums(_regression([examples[place] for place in seen], names))
        for place in places:
            one = examples[place]
            unseen[place] = sums.odds(one.traits, one.score, log_odds(baseline, one.score))
    return unseen


def _team_offsets(examples: Sequence[Example], unseen: Sequence[float]) -> list[TeamOffset]:
    """How much more or less each team wins of what it is given than was to be expected; the fewer it had, the less is made of it."""
    by_team: defaultdict[str, list[tuple[float, bool]]] = defaultdict(list)
    for one, odds in zip(examples, unseen, strict=True):
        if one.team_id:
            by_team[one.team_id].append((odds, one.won))
    return [TeamOffset(team_id=team_id, offset=likeliest_offset(rows, TEAMS_DIFFER_BY)) for team_id, rows in sorted(by_team.items())]
