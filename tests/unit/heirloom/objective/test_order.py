"""The order of candidates with several objectives, by hand and against Optuna's functions."""

import math
import random

import numpy as np
import pytest
from optuna.samplers.nsgaii import _elite_population_selection_strategy as elite
from optuna.study import _multi_objective
from optuna.trial import FrozenTrial, create_trial

from heirloom.objective import Front, Standing, crowding, dominates, fronts, ranked

INFINITE = math.inf


def feasible(*scores: float) -> Standing:
    return Standing(0.0, scores)


def candidates(seed: int, objectives: int, *, infeasible: bool) -> list[Standing]:
    """Random candidates. Some have equal scores, and some are infeasible."""
    rng = random.Random(seed)
    return [
        Standing(
            rng.choice([0.0, 0.0, 0.5, rng.random()]) if infeasible else 0.0,
            tuple(float(rng.randrange(12)) for _ in range(objectives)),
        )
        for _ in range(rng.randrange(1, 80))
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (feasible(2, 2), feasible(1, 2)),
        (feasible(0, 0), Standing(0.1, (9, 9))),
        (Standing(0.1, (0, 0)), Standing(0.2, (9, 9))),
    ],
)
def test_one_candidate_dominates_the_other(one: Standing, other: Standing) -> None:
    assert dominates(one, other)
    assert not dominates(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (feasible(2, 1), feasible(1, 2)),
        (feasible(1, 1), feasible(1, 1)),
        (Standing(0.1, (9, 9)), Standing(0.1, (0, 0))),
    ],
)
def test_neither_candidate_dominates_the_other(one: Standing, other: Standing) -> None:
    assert not dominates(one, other)
    assert not dominates(other, one)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
@pytest.mark.parametrize("infeasible", [False, True])
def test_fronts_are_those_of_optuna(objectives: int, infeasible: bool) -> None:
    for seed in range(40):
        given = candidates(seed, objectives, infeasible=infeasible)
        losses = np.array([[-score for score in each.scores] for each in given])
        penalty = np.array([each.violation for each in given])
        ranks = _multi_objective._fast_non_domination_rank(losses, penalty=penalty)
        expected = [[int(i) for i in np.flatnonzero(ranks == rank)] for rank in np.unique(ranks)]
        assert fronts(given) == expected


@pytest.mark.parametrize("objectives", [2, 3])
def test_crowding_distances_are_those_of_optuna(objectives: int) -> None:
    for seed in range(40):
        rng = random.Random(seed)
        given = [feasible(*(rng.random() for _ in range(objectives))) for _ in range(9)]
        trials: list[FrozenTrial] = []
        for number, each in enumerate(given):
            trials.append(create_trial(values=list(each.scores)))
            trials[-1].number = number
        theirs = elite._calc_crowding_distance(trials)
        assert crowding(given) == pytest.approx([theirs[number] for number in range(len(given))])


def test_equal_candidates_are_not_apart() -> None:
    assert crowding([feasible(1, 1), feasible(1, 1)]) == [0.0, 0.0]
    assert crowding([]) == []


def test_crowding_of_the_largest_numbers_is_a_number() -> None:
    ends = feasible(-1.7e308, 1.7e308), feasible(1.7e308, -1.7e308)
    assert crowding([ends[0], feasible(0, 0), ends[1]]) == [INFINITE, 2.0, INFINITE]


def test_the_order_is_feasibility_rank_crowding_and_id() -> None:
    standings = {
        8: Standing(0.1, (99, 99)),
        7: feasible(2, 2),  # dominated
        6: feasible(5, 1),  # an end of the front
        5: feasible(1, 5),  # the other end
        4: feasible(4, 2),
        3: feasible(2.2, 4),  # farther from its neighbours than 4
        2: Standing(0.2, (99, 99)),
        1: feasible(2, 2),  # dominated, and first by id
    }
    assert ranked(standings) == [5, 6, 3, 4, 1, 7, 8, 2]
    for count in range(9):
        assert ranked(standings, count) == ranked(standings)[:count]


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_the_front_is_kept_current(objectives: int) -> None:
    for seed in range(30):
        given = candidates(seed, objectives, infeasible=True)
        front = Front()
        order = list(range(len(given)))
        random.Random(seed).shuffle(order)
        for count, number in enumerate(order, 1):
            front.add(number, given[number])
            known = {each: given[each] for each in order[:count]}
            ids = sorted(known)
            [first] = fronts([known[each] for each in ids], 1)
            assert front.ids == [ids[index] for index in first]
            assert front.ids == [each for each in ids if each in front]
            assert front.best == ranked(known, 1)[0]
            assert front.is_feasible == any(each.violation == 0 for each in known.values())


def test_an_empty_front_has_no_best() -> None:
    assert Front().best is None
    assert Front().ids == []
