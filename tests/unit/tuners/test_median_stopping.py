"""The median stopping rule."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.assessors.median import MedianStopping


def after(histories: list[list[float]], **args: int | bool) -> MedianStopping:
    """An assessor that has seen these trials succeed."""
    known: dict[str, Any] = {"maximize": True, "warmup": 0, "min_trials": 1, **args}
    assessor = MedianStopping(**known)
    for trial, history in enumerate(histories):
        for step in range(1, len(history) + 1):
            assessor.assess(trial, history[:step])
        assessor.trial_end(trial, success=True)
    return assessor


def test_trial_below_the_median_of_running_averages_stops() -> None:
    assessor = after([[0.0, 1.0], [0.2, 0.4], [1.0, 1.0]])  # averages at step 2: 0.5, 0.3, 1
    assert assessor.assess(7, [0.1, 0.5])  # as good as the median
    assert not assessor.assess(8, [0.49, 0.1])
    assert assessor.assess(9, [0.51, 0.0])  # its best counts, not its last


def test_minimizing_reverses_the_comparison() -> None:
    assessor = after([[1.0], [2.0], [3.0]], maximize=False)
    assert assessor.assess(7, [2.0])
    assert not assessor.assess(8, [2.1])


def test_shorter_trial_counts_with_its_last_average() -> None:
    assessor = after([[0.5]])
    assert not assessor.assess(7, [0.1, 0.2, 0.3])


def test_warmup_and_min_trials_prevent_stops() -> None:
    assessor = after([[1.0], [1.0]], warmup=2, min_trials=2)
    assert assessor.assess(7, [0.0, 0.0])
    assert not assessor.assess(7, [0.0, 0.0, 0.0])
    assert after([[1.0]], min_trials=2).assess(7, [0.0])


def test_only_succeeded_trials_are_compared() -> None:
    assessor = MedianStopping(maximize=True, warmup=0, min_trials=1)
    assessor.assess(0, [1.0])
    assessor.trial_end(0, success=False)
    assessor.trial_end(1, success=True)  # reported nothing
    assert assessor.assess(2, [0.0])


@pytest.mark.parametrize("args", [{"warmup": -1}, {"min_trials": 0}])
def test_wrong_arguments_are_refused(args: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(args))):
        MedianStopping(maximize=True, **args)


values = st.lists(st.integers(-100, 100).map(float), min_size=1, max_size=6)


@given(st.lists(values, min_size=1, max_size=6), values)
def test_rule(histories: list[list[float]], history: list[float]) -> None:
    step = len(history)
    averages = [sum(other[:step]) / len(other[:step]) for other in histories]
    assert after(histories).assess(99, history) == (max(history) >= median(averages))
