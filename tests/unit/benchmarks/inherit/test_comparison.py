import pytest

from benchmarks.inherit.figures.comparison import compare
from benchmarks.inherit.figures.costs import Spent
from benchmarks.inherit.figures.runs import Report, Run


def a_search(*values, epochs=1):
    """A trial that reports a value each second, after so many epochs more."""
    reports = [
        Report(0, 1, float(at), epochs * at, 2.0 * epochs * at, value)
        for at, value in enumerate(values, 1)
    ]
    return Spent(Run(seconds=float(len(values)), reports=reports))


def test_the_target_is_the_mean_of_the_best_length():
    arm_a = [a_search(0.9), a_search(0.9)]
    found = compare(arm_a, {1: [a_search(0.5), a_search(0.6)], 4: [a_search(0.7), a_search(0.8)]})

    assert found.target == pytest.approx(0.75)
    assert found.best == 4


def test_the_ratio_that_counts_is_that_of_the_cheapest_length():
    arm_a = [a_search(0.2, 0.8)] * 2  # 2 epochs
    quick = [a_search(0.1, 0.2, 0.8)] * 2  # 3 epochs
    thorough = [a_search(0.8, epochs=8)] * 2  # 8 epochs

    found = compare(arm_a, {1: quick, 8: thorough})

    assert found.cheapest == 1
    assert found.ratios[1] == {"epochs": 1.5, "cpu": 1.5, "wall": 1.5}
    assert found.ratios[8] == {"epochs": 4.0, "cpu": 4.0, "wall": 0.5}
    assert found.intervals["epochs"].value == 1.5


def test_a_length_that_never_reaches_the_target_is_not_the_cheapest():
    arm_a = [a_search(0.9)] * 2
    short = [a_search(0.2)] * 2  # a whole budget of 1 epoch
    long = [a_search(0.8, epochs=8)] * 2

    found = compare(arm_a, {1: short, 8: long})

    assert found.cheapest == 8
    assert found.intervals["epochs"] == (8.0, 8.0, 8.0)


def test_equal_seeds_have_an_interval_without_width():
    found = compare([a_search(0.8)] * 5, {1: [a_search(0.1, 0.8)] * 5})

    assert found.intervals["epochs"] == (2.0, 2.0, 2.0)


def test_the_interval_holds_the_ratio_and_the_spread_of_the_seeds():
    arm_a = [a_search(0.8)] * 5
    arm_b = [a_search(*[0.1] * waste, 0.8) for waste in (1, 2, 3, 4, 5)]

    found = compare(arm_a, {1: arm_b}).intervals["epochs"]

    assert found.value == 4.0
    assert 2.0 < found.low < 4.0 < found.high < 6.0


def test_the_bootstrap_draws_the_same_samples_each_time():
    arm_b = {1: [a_search(*[0.1] * waste, 0.8) for waste in (1, 5)]}

    first, second = (compare([a_search(0.8)] * 2, arm_b) for _ in range(2))
    assert first == second


def test_a_missing_seed_is_refused():
    with pytest.raises(ValueError, match="each arm needs a search with each seed"):
        compare([a_search(0.8)] * 2, {1: [a_search(0.8)]})
