import json
import random

import numpy as np
import pytest

from nni import parameter_expressions as expressions

COUNT = 200
STATES = [
    pytest.param(lambda: np.random.RandomState(7), id="numpy RandomState"),
    pytest.param(lambda: np.random.default_rng(7), id="numpy Generator"),
    pytest.param(lambda: random.Random(7), id="random.Random"),
]


def drawn(name, *arguments, make):
    state = make()
    values = [getattr(expressions, name)(*arguments, state) for _ in range(COUNT)]
    json.dumps(values)  # plain numbers, also those that numpy drew
    return values


@pytest.mark.parametrize("make", STATES)
def test_every_type_stays_in_its_bounds(make):
    assert set(drawn("choice", ["a", ["b"], {"c": 1}][:1], make=make)) == {"a"}
    assert {str(v) for v in drawn("choice", ["a", ["b"], 3], make=make)} == {"a", "['b']", "3"}
    assert set(drawn("choice", 3, make=make)) == {0, 1, 2}
    assert set(drawn("randint", 2, 5, make=make)) == {2, 3, 4}
    assert all(1 <= v <= 3 for v in drawn("uniform", 1, 3, make=make))
    assert all(0.01 <= v <= 100 for v in drawn("loguniform", 0.01, 100, make=make))
    assert all(v > 0 for v in drawn("lognormal", 0, 1, make=make))


@pytest.mark.parametrize("make", STATES)
def test_steps_are_multiples_within_the_bounds(make):
    assert set(drawn("quniform", 0, 1, 0.25, make=make)) == {0, 0.25, 0.5, 0.75, 1}
    assert set(drawn("quniform", 1, 5, 3, make=make)) == {1, 3, 5}  # bounds cut, as in NNI
    assert set(drawn("qloguniform", 1, 3, 1, make=make)) == {1, 2, 3}
    assert all(v % 10 == 0 for v in drawn("qnormal", 100, 20, 10, make=make))
    assert all(v % 2 == 0 for v in drawn("qlognormal", 1, 1, 2, make=make))
    assert all(isinstance(v, float) for v in drawn("quniform", 1, 5, 3, make=make))


@pytest.mark.parametrize("make", STATES)
def test_log_uniform_draws_have_their_median_at_the_geometric_mean(make):
    below = sum(v < 1 for v in drawn("loguniform", 0.01, 100, make=make))
    assert COUNT / 4 < below < 3 * COUNT / 4


@pytest.mark.parametrize("make", STATES)
def test_the_same_seed_draws_the_same(make):
    assert drawn("normal", 0, 1, make=make) == drawn("normal", 0, 1, make=make)
    mean = sum(drawn("normal", 5, 0.1, make=make)) / COUNT
    assert mean == pytest.approx(5, abs=0.1)


def test_a_numpy_state_advances_as_with_numpy():
    ours, numpys = np.random.RandomState(3), np.random.RandomState(3)
    for _ in range(20):
        assert expressions.choice([10, 20, 30], ours) == numpys.choice([10, 20, 30])
        assert expressions.uniform(1, 2, ours) == numpys.uniform(1, 2)


def test_reversed_bounds_are_an_error():
    state = random.Random(1)
    with pytest.raises(AssertionError, match="Upper bound"):
        expressions.uniform(2, 1, state)
    with pytest.raises(AssertionError, match="positive"):
        expressions.loguniform(0, 1, state)
    with pytest.raises(TypeError, match="RandomState"):
        expressions.randint(0, 1, object())
