"""The Gaussian process, against numbers worked out by hand."""

from math import exp, sqrt

import pytest

from heirloom.tuners.methods.morphism.bound import Bound
from heirloom.tuners.methods.morphism.outline import Outline, Step
from heirloom.tuners.methods.morphism.regression import NOISE, GaussianProcess


def test_two_points_as_worked_out_by_hand():
    # K = [[1+n, k], [k, 1+n]] with k = exp(-1), so its inverse
    # times (-1, 1) is (-1, 1) / (1 + n - k).
    k, n = exp(-1), NOISE
    process = GaussianProcess([[0.0], [1.0]], [-1.0, 1.0])
    a, b = exp(-0.25), exp(-2.25)  # kernels between 1.5, and 1 and 0
    mean, deviation = process.predict([1.5])
    assert mean == pytest.approx((a - b) / (1 + n - k))
    determinant = (1 + n) ** 2 - k**2
    explained = ((1 + n) * (a**2 + b**2) - 2 * k * a * b) / determinant
    assert deviation == pytest.approx(sqrt(1 - explained))


def test_far_away_it_knows_nothing():
    process = GaussianProcess([[0.0], [1.0]], [-1.0, 1.0])
    assert process.predict([100.0]) == (0.0, 1.0)


def test_one_value_and_equal_points_make_a_model():
    assert GaussianProcess([[0.0]], [4.0]).predict([0.0])[0] == pytest.approx(4.0, rel=2 * NOISE)
    mean, _ = GaussianProcess([[0.0], [0.0]], [1.0, 2.0]).predict([0.0])
    assert mean == pytest.approx(1.5, rel=2 * NOISE)


def test_the_bound_is_beta_deviations_below_the_mean():
    known = [Outline(tuple(Step("conv", (8, 9, 1)) for _ in range(n)), ()) for n in (1, 2, 4)]
    low, mean = (Bound(known[:2], [-1.0, 1.0], beta).of(known[2]) for beta in (2.576, 0.0))
    high = Bound(known[:2], [-1.0, 1.0], -2.576).of(known[2])
    assert mean - low == pytest.approx(high - mean)
    assert low < mean
