"""Params that a user gives are compared with the search space, parameter by parameter."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.space import contains, fingerprint, mismatches, parse, sample
from heirloom.space.numbers import Real

SPACE = parse(
    {
        "lr": {"_type": "loguniform", "_value": [0.001, 0.1]},
        "depth": {"_type": "randint", "_value": [1, 9]},
        "width": {"_type": "quniform", "_value": [16, 64, 16]},
        "noise": {"_type": "normal", "_value": [0, 1]},
        "layer": {
            "_type": "choice",
            "_value": [
                "none",
                {"_name": "conv", "kernel": {"_type": "choice", "_value": [3, 5]}},
            ],
        },
    }
)
GOOD = {"lr": 0.01, "depth": 2, "width": 32, "noise": 0.5, "layer": {"_name": "conv", "kernel": 3}}


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"lr": 1}, "lr", "must be a number from 0.001 to 0.1, not 1"),
        ({"depth": 9}, "depth", "must be a whole number from 1 to 8, not 9"),
        ({"width": 30}, "width", "must be a number from 16 to 64 in steps of 16, not 30"),
        ({"noise": "no"}, "noise", 'must be a number, not "no"'),
        ({"layer": "pool"}, "layer", 'must be one of "none", {_name: conv, …}, not "pool"'),
        ({"layer": {"_name": "conv", "kernel": 4}}, "layer.kernel", "must be one of 3, 5, not 4"),
        ({"layer": {"_name": "conv"}}, "layer.kernel", "missing: give one of 3, 5"),
        ({"decay": 1}, "decay", "no such parameter; it has lr, depth, width, noise, layer"),
    ],
)
def test_what_does_not_fit_is_named(change, path, words):
    [(found, text)] = mismatches(SPACE, {**GOOD, **change})
    assert ".".join(map(str, found)) == path
    assert words in text


def test_a_missing_parameter_is_named():
    without = {name: value for name, value in GOOD.items() if name != "lr"}
    assert mismatches(SPACE, without) == [
        (("lr",), "missing: give a number from 0.001 to 0.1"),
    ]


@given(st.integers(0, 1000))
def test_what_is_drawn_fits(seed):
    params = sample(SPACE, random.Random(seed))
    assert contains(SPACE, params)
    assert not mismatches(SPACE, params)


def test_equal_params_have_one_fingerprint():
    assert fingerprint({"a": 1, "b": [2.0]}) == fingerprint({"b": [2], "a": 1.0})
    assert fingerprint({"a": 1}) != fingerprint({"a": True})
    assert fingerprint({"a": 1.5}) != fingerprint({"a": 1})


@pytest.mark.parametrize(
    "real",
    [
        Real(0.001, 0.1, log=True),
        Real(2, 2.5),
        Real(16, 64, q=16),
        Real(0, 1, normal=True),
        Real(0, 1, normal=True, log=True),
    ],
)
@given(share=st.floats(0.01, 0.99))
def test_the_share_of_a_number_leads_back_to_it(real, share):
    number = real.at(share)
    assert real.at(real.share(number)) == pytest.approx(number)
