"""What is learned from closed sales: better than the score, or silent."""

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.leads.models import PredictiveModel
from services.leads.rules.capture.identity import taken_in
from services.leads.rules.judging.prediction import COLD_START, Predictor, likelihood
from services.leads.rules.judging.quality import auc, deciles, is_clearly_better, quality_of
from services.leads.rules.judging.training import NOT_INSTALLED, Example, fit_baseline, trained
from services.leads.rules.judging.traits import kind_of, traits_of
from tests.services.leads.builders import submission

SOURCES = {"partner": 1.8, "web": 0.0, "fair": 0.3, "mail": -1.6}
INDUSTRIES = {"machines": 1.2, "retail": -0.8, "food": 0.0}
TEAMS = {"north": 0.8, "south": -0.8}


def examples(count: int, *, signal: float = 1.0, seed: int = 1) -> list[Example]:
    """Whose end depends on the score, and as far as there is a signal on where they come from and who sells to them."""
    rng = random.Random(seed)
    return [_example(rng, signal) for _ in range(count)]


def _example(rng: random.Random, signal: float) -> Example:
    score, source, industry, team = rng.randint(0, 100), rng.choice([*SOURCES]), rng.choice([*INDUSTRIES]), rng.choice([*TEAMS])
    odds = -0.8 + 2 * (score / 100 - 0.5) + signal * (SOURCES[source] + INDUSTRIES[industry] + TEAMS[team])
    traits = [f"source={source}", f"industry={industry}", f"campaign={rng.randint(0, 15)}"]
    return Example(rng.random() < likelihood(odds), score, team, traits)


def a_lead(**fields: Any) -> Any:
    return {**taken_in(submission(**fields)).parts, "source": fields.get("source", "web")}


@pytest.fixture(scope="module")
def model() -> PredictiveModel:
    return trained(examples(2000))


def test_what_is_learned_orders_better_than_the_score_and_is_calibrated(model: PredictiveModel) -> None:
    quality, by_score = model.quality, model.quality_of_criteria
    assert quality is not None
    assert by_score is not None
    assert (model.uses, model.held_out) == ("learned", 500)
    assert quality.auc > 0.75
    assert quality.auc > by_score.auc + 0.05
    assert quality.log_loss < by_score.log_loss
    assert quality.deciles[0].lift > 1.7
    assert quality.deciles[-1].lift < 0.4
    assert sum(abs(tenth.predicted - tenth.observed) for tenth in quality.deciles) / 10 < 0.08


def test_it_is_right_about_outcomes_that_nobody_has_seen(model: PredictiveModel) -> None:
    predictor, fresh = Predictor(model), examples(3000, seed=99)
    predicted = [_told(predictor, one) for one in fresh]
    quality = quality_of(predicted, [one.won for one in fresh])
    assert quality.auc > 0.75
    assert sum(predicted) == pytest.approx(sum(one.won for one in fresh), rel=0.08)


def _told(predictor: Predictor, one: Example) -> float:
    assert predictor._learned is not None
    return predictor._learned.likelihood(one.traits, one.score, one.team_id, predictor._prior[one.score])


def test_the_same_outcomes_and_seed_give_the_same_model_and_it_survives_json(model: PredictiveModel) -> None:
    assert trained(examples(300)) == trained(examples(300))
    assert PredictiveModel.model_validate_json(model.model_dump_json()) == model


def test_teams_that_win_more_of_what_they_are_given_are_told_apart_and_few_outcomes_say_little(model: PredictiveModel) -> None:
    assert model.learned is not None
    many = {team.team_id: team.offset for team in model.learned.teams}
    few_model = trained(examples(200)).learned
    assert few_model is not None
    assert many["north"] > 0.3 > -0.3 > many["south"]
    assert all(abs(team.offset) < abs(many[team.team_id]) for team in few_model.teams)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_switched_off_when_it_tells_no_more_than_the_score(seed: int) -> None:
    model = trained(examples(600, signal=0.0, seed=seed))
    assert (model.uses, Predictor(model).has_learned) == ("criteria", False)
    assert "chance" in model.why


def test_too_few_outcomes_move_the_score_but_nothing_is_learned_of_traits() -> None:
    model = trained(examples(40))
    assert (model.learned, model.uses, model.seen) == (None, "criteria", 40)
    assert "too few" in model.why
    assert model.baseline != COLD_START
    assert trained([]).baseline == COLD_START


def test_without_the_library_the_score_alone_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.leads.rules.judging.training.find_spec", lambda _: None)
    model = trained(examples(300))
    assert (model.uses, model.why, model.learned) == ("criteria", NOT_INSTALLED, None)


def test_from_the_first_lead_on_a_better_score_is_likelier_to_be_won() -> None:
    predictor, lead = Predictor(), a_lead()
    chances = [predictor.predict(lead, score).probability for score in (0, 40, 77, 100)]
    assert chances == sorted(chances)
    assert 0.02 < chances[0] < chances[-1] < 0.6
    assert predictor.predict(lead, 40).reasons() == []


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=60))
def test_the_baseline_lies_between_the_cold_start_and_what_happened(outcomes: list[tuple[int, bool]]) -> None:
    baseline = fit_baseline([Example(won, score, "", []) for score, won in outcomes])
    assert abs(baseline.intercept) < 6
    if outcomes and all(won for _, won in outcomes):
        assert baseline.intercept >= COLD_START.intercept
    if outcomes and not any(won for _, won in outcomes):
        assert baseline.intercept <= COLD_START.intercept


def test_what_sets_a_lead_apart_is_told_with_its_probability(model: PredictiveModel) -> None:
    predictor, lead = Predictor(model), a_lead(source="partner", company={"industry": "Machines"})
    likely = predictor.predict(lead, 80, "north")
    assert [trait for trait, _ in likely.apart][:2] == ["source=partner", "industry=machines"]
    chances = [likely, predictor.predict(lead, 80, "south"), predictor.predict(a_lead(source="mail"), 80, "south")]
    assert [one.probability for one in chances] == sorted((one.probability for one in chances), reverse=True)
    (reason,) = likely.reasons()
    assert reason.passed
    assert "source=partner +" in reason.detail


def test_the_traits_of_a_lead_tell_nothing_of_the_person() -> None:
    lead = a_lead(person={"last_name": "Silva", "phone": "+491713920090"}, interest={"budget": Decimal(30_000)})
    traits = traits_of(lead, 21)
    assert len({kind_of(trait) for trait in traits}) == len(traits)
    assert {"budget=4", "employees=3", "engagement=3", "decides=True", "phone=True", "email=own"} <= set(traits)
    assert not any("silva" in trait.casefold() or "acme" in trait.casefold() for trait in traits)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=40).filter(lambda rows: len({won for _, won in rows}) == 2))
def test_the_auc_is_the_share_of_pairs_in_order(rows: list[tuple[float, bool]]) -> None:
    won, lost = [p for p, y in rows if y], [p for p, y in rows if not y]
    pairs = [1.0 if one > other else 0.5 if one == other else 0.0 for one in won for other in lost]
    assert auc([p for p, _ in rows], [y for _, y in rows]) == pytest.approx(sum(pairs) / len(pairs))
    assert sum(tenth.count for tenth in deciles([p for p, _ in rows], [y for _, y in rows])) == len(rows)


def test_no_prediction_is_clearly_better_than_itself() -> None:
    predicted, won = [0.2, 0.7, 0.4, 0.9] * 10, [False, True, False, True] * 10
    assert not is_clearly_better(predicted, predicted, won)
    assert is_clearly_better(predicted, [0.5] * 40, won)
