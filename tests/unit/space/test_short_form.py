"""The short form of a search space beside NNI's."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.space import SpaceError, expand, parse, shorten
from tests.unit.space.spaces import choices, names, numeric, scalars, spaces

# Values of options that could be taken for parameters.
confusing = (
    st.lists(scalars, max_size=2)
    | st.dictionaries(st.sampled_from(["uniform", "choice", "a"]), st.lists(scalars, max_size=2))
    | st.dictionaries(names, st.fixed_dictionaries({"choice": st.lists(scalars, max_size=2)}))
)
parameters = st.recursive(
    numeric() | choices(numeric(), scalars | confusing),
    lambda inner: choices(inner, scalars | confusing),
    max_leaves=6,
)


def mixed(space: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The space, in which some parameters have the short form."""
    return {
        name: shorten({name: spec})[name] if rng.random() < 0.5 else spec
        for name, spec in space.items()
    }


@given(spaces | st.dictionaries(names, parameters, min_size=1, max_size=4), st.randoms())
def test_forms_say_the_same(space: dict[str, Any], rng: random.Random) -> None:
    short = shorten(space)
    assert expand(short) == space
    assert expand(space) == space
    assert shorten(expand(short)) == short
    some = mixed(space, rng)
    assert expand(some) == space
    assert parse(short) == parse(some) == parse(space)


@pytest.mark.parametrize(
    ("short", "nni"),
    [
        ({"uniform": [0, 1]}, {"_type": "uniform", "_value": [0, 1]}),
        ([1, "a", None], {"_type": "choice", "_value": [1, "a", None]}),
        ([[1, 2], []], {"_type": "choice", "_value": [[1, 2], []]}),
        ([{"units": [3, 5]}], {"_type": "choice", "_value": [{"units": [3, 5]}]}),
        (
            [{"_name": "conv", "kernel": [3, 5], "rate": {"normal": [0, 1]}}, "none"],
            {
                "_type": "choice",
                "_value": [
                    {
                        "_name": "conv",
                        "kernel": {"_type": "choice", "_value": [3, 5]},
                        "rate": {"_type": "normal", "_value": [0, 1]},
                    },
                    "none",
                ],
            },
        ),
        (
            {"_type": "choice", "_value": [{"uniform": [0, 1]}]},
            {"_type": "choice", "_value": [{"uniform": [0, 1]}]},
        ),
    ],
)
def test_short_form(short: Any, nni: Any) -> None:
    assert expand({"x": short}) == {"x": nni}
    assert shorten({"x": nni}) == {"x": short}
    assert parse({"x": short}) == parse({"x": nni})


def test_choice_may_be_named() -> None:
    assert expand({"x": {"choice": [1, 2]}}) == expand({"x": [1, 2]})


@given(st.dictionaries(names, st.recursive(scalars, st.lists) | numeric()))
def test_what_has_neither_form_is_left_as_it_is(space: dict[str, Any]) -> None:
    own = {name: {"_type": "my_type", "_value": value} for name, value in space.items()}
    assert expand(own) == own
    assert shorten(own) == own


def test_option_that_looks_like_a_parameter_is_refused_in_the_short_form_only() -> None:
    for option in ({"uniform": [0, 1]}, {"a": [1], "b": {"randint": [0, 1]}}):
        parse({"x": {"_type": "choice", "_value": [option]}})
        with pytest.raises(SpaceError, match="needs a name"):
            parse({"x": [option]})
