"""Messages about wrong search spaces."""

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.space import SpaceError, contains, parse, sample

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text("xyz", max_size=2)
NUMBER = {"_type": "uniform", "_value": [0, 1]}


@pytest.mark.parametrize(
    ("space", "path", "message"),
    [
        ([], (), "must map names to parameters"),
        ({1: NUMBER}, (), "put it in quotes"),
        ({"a": 3}, ("a",), "_type"),
        ({"a": {"b": NUMBER}}, ("a", "b"), "unknown type 'b'; types: choice"),
        ({"a": {**NUMBER, "b": 1}}, ("a", "b"), "unknown key"),
        ({"a": {"_type": "uniform"}}, ("a",), "`_value` missing"),
        ({"a": {**NUMBER, "q": 1}}, ("a", "q"), "unknown key `q`"),
        ({"a": {"_type": "unifrom", "_value": [0, 1]}}, ("a", "_type"), "did you mean uniform"),
        ({"a": {"_type": ["uniform"], "_value": [0, 1]}}, ("a", "_type"), "types: choice"),
        ({"a": {"_type": "uniform", "_value": 3}}, ("a", "_value"), "must be a list"),
        ({"a": {"_type": "uniform", "_value": [0]}}, ("a", "_value"), "takes [low, high]"),
        ({"a": {"_type": "quniform", "_value": [0, 1]}}, ("a", "_value"), "[low, high, q]"),
        ({"a": {"_type": "normal", "_value": [0, 1, 2]}}, ("a", "_value"), "[mu, sigma]"),
        ({"a": {"_type": "uniform", "_value": [1, 1]}}, ("a", "_value"), "low must be below"),
        ({"a": {"_type": "uniform", "_value": ["0", 1]}}, ("a", "_value", 0), "a number"),
        ({"a": {"_type": "uniform", "_value": [0, True]}}, ("a", "_value", 1), "a number"),
        ({"a": {"_type": "uniform", "_value": [0, math.inf]}}, ("a", "_value", 1), "finite"),
        ({"a": {"_type": "uniform", "_value": [0, 1e300]}}, ("a", "_value", 1), "finite"),
        ({"a": {"_type": "uniform", "_value": [0, 10**400]}}, ("a", "_value", 1), "finite"),
        ({"a": {"_type": "loguniform", "_value": [0, 1]}}, ("a", "_value"), "above 0"),
        ({"a": {"_type": "normal", "_value": [0, 0]}}, ("a", "_value"), "sigma must be above 0"),
        ({"a": {"_type": "qnormal", "_value": [0, 1, 0]}}, ("a", "_value"), "q must be above 0"),
        ({"a": {"_type": "randint", "_value": [3, 3]}}, ("a", "_value"), "which is excluded"),
        ({"a": {"_type": "randint", "_value": [0, 1.5]}}, ("a", "_value"), "whole numbers"),
        ({"a": {"_type": "choice", "_value": []}}, ("a", "_value"), "at least one"),
        ({"a": {"_type": "choice", "_value": [math.nan]}}, ("a", "_value", 0), "finite"),
        ({"a": {"_type": "choice", "_value": [b"x"]}}, ("a", "_value", 0), "a bytes"),
        ({"a": {"_type": "choice", "_value": [{1: 2}]}}, ("a", "_value", 0), "in quotes"),
        ({"a": {"_type": "choice", "_value": [{"k": NUMBER}]}}, ("a", "_value", 0), "_name"),
        (
            {"a": {"_type": "choice", "_value": [{"_name": 3}]}},
            ("a", "_value", 0, "_name"),
            "must be text",
        ),
        (
            {"a": {"_type": "choice", "_value": [{"_name": "x"}, {"_name": "x"}]}},
            ("a", "_value", 1, "_name"),
            "rename one",
        ),
        (
            {"a": {"_type": "choice", "_value": [{"_name": "x", "k": 3}]}},
            ("a", "_value", 0, "k"),
            "_type",
        ),
        ({"a": {"loguniforn": [0.1, 1]}}, ("a", "loguniforn"), "did you mean loguniform?"),
        ({"a": {}}, ("a",), "a list of options"),
        ({"a": {"low": 0, "high": 1}}, ("a",), "{TYPE: […]}"),
        ({"a": {"uniform": [0, 1], "q": 1}}, ("a", "q"), "{uniform: […]}"),
        ({"a": {"uniform": [0, 1], "randint": [0, 1]}}, ("a",), "not uniform and randint"),
        ({"a": {"uniform": 1}}, ("a", "uniform"), "must be a list, not 1"),
        ({"a": {"uniform": [1, 0]}}, ("a", "uniform"), "low must be below high"),
        ({"a": {"quniform": [0, 1]}}, ("a", "quniform"), "takes [low, high, q]"),
        ({"a": []}, ("a",), "at least one option"),
        ({"a": [0, math.nan]}, ("a", 1), "finite"),
        ({"a": {"choice": []}}, ("a", "choice"), "at least one option"),
        ({"a": {"_name": "x"}}, ("a",), "in the list of a choice"),
        ({"a": [0, {"uniform": [0, 1]}]}, ("a", 1), "needs a name"),
        ({"a": [{"k": {"uniform": [0, 1]}}]}, ("a", 0), "{_type: choice, _value: […]}"),
        (
            {"a": [{"_name": "x", "k": [{"_name": "y", "l": {"normal": [0, 0]}}]}]},
            ("a", 0, "k", 0, "l", "normal"),
            "sigma must be above 0",
        ),
    ],
)
def test_mistakes(space: Any, path: tuple[str | int, ...], message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        parse(space)
    place, reported = caught.value.mistakes[0]
    assert place == path
    assert message in reported


def test_all_mistakes_are_listed() -> None:
    with pytest.raises(SpaceError) as caught:
        parse({"a": 3, "b": NUMBER, "c": {"_type": "qnormal", "_value": [0, -1, -1]}})
    assert [path for path, _ in caught.value.mistakes] == [("a",), ("c", "_value"), ("c", "_value")]
    assert "c._value: sigma must be above 0" in str(caught.value)


@given(
    st.recursive(
        scalars | st.floats() | st.sampled_from(["choice", "uniform"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["_type", "_value", "_name", "a", "choice", "randint"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_any_value_is_parsed_or_refused_with_a_message(space: Any) -> None:
    try:
        parsed = parse(space)
    except SpaceError as error:
        reported = error.mistakes
    else:
        reported = [((), "a message")]
        assert contains(parsed, sample(parsed, Random(0)))
    assert all(message for _, message in reported)
    assert reported
