"""Stopping by the extrapolation of learning curves."""

import math
import random
from typing import Any

import pytest

from heirloom.assessors.curve_fitting import CurveFitting
from heirloom.assessors.curves.extrapolate import predict
from heirloom.assessors.curves.models import MODELS

STEPS = 20


def curve(limit: float, *, noise: float = 0.005, seed: int = 1) -> list[float]:
    """A learning curve that rises to a limit."""
    rng = random.Random(seed)
    return [
        limit * (1 - math.exp(-0.3 * (step + 1))) + rng.gauss(0, noise) for step in range(STEPS)
    ]


def run(assessor: CurveFitting, trial: int, values: list[float]) -> int:
    """Report values until the assessor stops the trial; how many it got to report."""
    for count in range(1, len(values) + 1):
        if not assessor.assess(trial, values[:count]):
            assessor.trial_end(trial, False)
            return count
    assessor.trial_end(trial, True)
    return len(values)


@pytest.mark.parametrize("limit", [0.9, 0.5, 95.0])
def test_a_curve_is_continued_to_its_limit(limit: float) -> None:
    values = curve(limit, noise=0.005 * limit)
    samples = predict(values[:12], STEPS, seed=0)
    assert samples is not None
    assert samples.mean() == pytest.approx(values[-1], rel=0.08)


def test_the_same_seed_gives_the_same_prediction() -> None:
    values = curve(0.8)[:8]
    first, second, other = (predict(values, STEPS, seed) for seed in (3, 3, 4))
    assert first is not None
    assert second is not None
    assert other is not None
    assert (first == second).all()
    assert (first != other).any()


def test_too_few_values_and_infinite_ones_give_no_prediction() -> None:
    assert predict([0.1, 0.2], STEPS, 0) is None
    assert predict([0.1, math.inf, 0.3, 0.4], STEPS, 0) is None


def test_every_model_of_the_paper_levels_off_or_rises_slowly() -> None:
    assert len(MODELS) == 11
    for model in MODELS:
        far, farther = model.value(1000.0, *model.start), model.value(2000.0, *model.start)
        assert abs(farther - far) < 0.1, model.name


def test_a_trial_that_will_not_reach_the_best_stops_and_a_better_one_goes_on() -> None:
    assessor = CurveFitting(maximize=True, steps=STEPS)
    assert run(assessor, 0, curve(0.9)) == STEPS
    assert 5 < run(assessor, 1, curve(0.4)) < STEPS
    assert run(assessor, 2, curve(0.95)) == STEPS


def test_where_a_smaller_value_is_better_curves_fall() -> None:
    assessor = CurveFitting(maximize=False, steps=STEPS)
    assert run(assessor, 0, [1 - value for value in curve(0.9)]) == STEPS
    assert 5 < run(assessor, 1, [1 - value for value in curve(0.4)]) < STEPS
    assert run(assessor, 2, [1 - value for value in curve(0.95)]) == STEPS


def test_no_trial_stops_before_one_has_succeeded() -> None:
    assessor = CurveFitting(maximize=True, steps=STEPS)
    assert run(assessor, 0, curve(0.1)) == STEPS


def test_the_threshold_lowers_what_must_be_reached() -> None:
    for threshold, stops in ((1.0, True), (0.4, False)):
        assessor = CurveFitting(maximize=True, steps=STEPS, threshold=threshold)
        run(assessor, 0, curve(0.9))
        assert (run(assessor, 1, curve(0.5)) < STEPS) is stops


def test_the_gap_and_the_warmup_say_when_a_trial_is_assessed() -> None:
    assessor = CurveFitting(maximize=True, steps=STEPS, warmup=7, gap=4)
    run(assessor, 0, curve(0.9))
    assert run(assessor, 1, curve(0.2)) in (8, 12, 16)


@pytest.mark.parametrize(
    "args",
    [{"steps": 0}, {"gap": 0}, {"warmup": -1}, {"threshold": 0.0}, {"probability": 1.0}],
)
def test_arguments_out_of_range_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        CurveFitting(maximize=True, **{"steps": STEPS, **args})


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heirloom.assessors.curve_fitting.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="needs numpy and scipy: python -m pip install"):
        CurveFitting(maximize=True, steps=STEPS)
