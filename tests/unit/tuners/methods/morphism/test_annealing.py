"""The annealed search for the next network, on numbers instead of networks."""

import math
from random import Random

import pytest

from heirloom.tuners.methods.morphism.annealing import Root, anneal


class Numbers:
    """Neighbours of n are 2n and 2n + 1, each given once. Notes what is expanded."""

    def __init__(self):
        self.given, self.expanded = set(), []

    def __call__(self, number):
        self.expanded.append(number)
        new = [each for each in (2 * number, 2 * number + 1) if each not in self.given]
        self.given.update(new)
        return new


def search(cost, roots=((1, 0, 0.0),), lowest=1e-4, seed=1):
    numbers = Numbers()
    found = anneal(
        [Root(number, trial, value) for number, trial, value in roots],
        numbers,
        cost,
        Random(seed),
        decay=0.9,
        lowest=lowest,
    )
    return found, numbers.expanded


def test_the_cheapest_is_expanded_first_and_the_best_new_one_is_found():
    found, expanded = search(lambda number: -number, lowest=0.5)
    assert expanded == [1, 3, 7, 15, 31, 63, 127]  # 0.9^7 < 0.5
    assert (found.network, found.cost, found.trial) == (255, -255, 0)


def test_the_trial_of_the_nearest_trained_network_is_named():
    found, _ = search(lambda number: -number, roots=[(1, 0, 5.0), (100, 7, 1.0)], lowest=0.8)
    assert found.network // 100 in (2, 4, 8)
    assert found.trial == 7


def test_a_worse_one_is_kept_with_the_probability_of_its_cost():
    # At the first step the temperature is 0.9, and of two neighbours of cost 1 each is kept with
    # the probability exp(-1 / 0.9).
    kept = 0
    for seed in range(400):
        _, expanded = search(lambda number: 1.0, lowest=0.85, seed=seed)
        kept += len(expanded) > 1  # the second step follows only if one was kept
    chance = 1 - (1 - math.exp(-1 / 0.9)) ** 2
    assert kept / 400 == pytest.approx(chance, abs=0.07)


def test_it_ends_when_the_temperature_is_low():
    _, expanded = search(lambda number: -number)
    assert len(expanded) == math.ceil(math.log(1e-4) / math.log(0.9))


def test_the_best_is_found_even_if_it_is_worse_than_what_was_trained():
    found, _ = search(lambda number: 10 + number)
    assert found.network == 2


def test_nothing_new_means_nothing_found():
    assert (
        anneal(
            [Root(1, 0, 0.0)],
            lambda number: [],
            lambda number: 0.0,
            Random(1),
            decay=0.9,
            lowest=1e-4,
        )
        is None
    )
