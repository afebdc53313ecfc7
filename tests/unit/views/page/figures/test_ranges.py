"""The ranges of axes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.views.page.figures import ranges
from heirloom.objective import Objective

UP, DOWN = Objective(maximize=True), Objective(maximize=False)
NEAR = [0.90, 0.91, 0.92, 0.93, 0.94, 0.95]


@pytest.mark.parametrize(
    ("values", "objective", "expected"),
    [
        ([], UP, (0.0, 1.0)),
        ([0.5], UP, (0.5, 0.5)),
        ([0.1, 0.9], UP, (0.1, 0.9)),
        (NEAR, UP, (0.9, 0.95)),
        ([*[0.93] * 9, 0.91, 0.95, 0.95], UP, (0.91, 0.95)),  # far off, and yet not far away
        ([*NEAR, 0.1], UP, (0.9, 0.95)),
        ([*NEAR, 7.0], UP, (0.9, 7.0)),  # the best one is shown
        ([*NEAR, 7.0], DOWN, (0.9, 0.95)),
        ([*NEAR, 7.0, -9.0], None, (0.9, 0.95)),
        ([*[0.9] * 19, 0.1], UP, (0.9, 0.9)),
        ([*[0.9] * 8, 0.8, 0.8], UP, (0.8, 0.9)),
    ],
)
def test_values_that_are_far_off_are_left_out(values, objective, expected):
    assert ranges.near(values, objective) == expected


@given(st.lists(st.floats(-1e9, 1e9)), st.sampled_from([UP, DOWN, None]))
def test_an_axis_is_a_range_of_finite_numbers(values, objective):
    low, high = ranges.axis(values, objective)
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    if values and objective is not None:
        best = objective.best(values, lambda value: value)
        assert low <= best <= high
