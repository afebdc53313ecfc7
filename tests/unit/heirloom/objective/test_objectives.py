"""Objectives as the experiment file has them."""

from typing import Any

import pytest

from heirloom.objective import Constraint, Objective, ObjectiveError, Objectives

SEVERAL = Objectives.parse(
    {
        "accuracy": "maximize",
        "latency": {"minimize": True, "at_most": 50},
        "memory": {"at_least": 1, "at_most": 8},
    }
)


def test_a_direction_is_one_objective_without_a_name() -> None:
    parsed = Objectives.parse("minimize")
    assert parsed == Objectives((Objective(maximize=False),))
    assert parsed.is_single
    assert not parsed.are_named
    assert str(parsed) == "minimize"
    assert parsed.values(0.5) == {"value": 0.5}
    assert parsed.values(None) == {}
    assert parsed.values(0.5, {"accuracy": 0.5, "latency": 3.0}) == {"value": 0.5}


def test_objectives_and_bounds_by_name() -> None:
    assert SEVERAL.objectives == (
        Objective(maximize=True, name="accuracy"),
        Objective(maximize=False, name="latency"),
    )
    assert SEVERAL.constraints == (Constraint("latency", None, 50), Constraint("memory", 1, 8))
    assert SEVERAL.names == ("accuracy", "latency", "memory")
    assert not SEVERAL.is_single
    assert str(SEVERAL) == (
        "maximize accuracy, minimize latency (at most 50), memory at least 1, at most 8"
    )


def test_one_objective_with_a_name_is_single_without_bounds() -> None:
    assert Objectives.parse({"loss": "minimize"}).is_single
    assert not Objectives.parse({"loss": {"minimize": True, "at_most": 1}}).is_single


def test_the_standing_of_a_result() -> None:
    standing = SEVERAL.standing({"accuracy": 0.9, "latency": 75.0, "memory": 0.5})
    assert standing == (0.5 + 0.5, (0.9, -75.0))
    assert SEVERAL.standing({"accuracy": 0.9, "latency": 40.0}) is None


def test_a_bound_of_0_counts_as_1() -> None:
    assert Constraint("x", at_most=0.0).violation(0.25) == 0.25
    assert Constraint("x", at_least=-2.0).violation(-3.0) == 0.5
    assert Constraint("x", at_least=0.0, at_most=1.0).violation(1.0) == 0.0


@pytest.mark.parametrize(
    ("given", "path", "text"),
    [
        ("maximise", (), "not 'maximise'; did you mean maximize?"),
        (3, (), "must be maximize, minimize, or objectives by name such as"),
        ({}, (), "none is maximized or minimized"),
        ({"latency": {"at_most": 3}}, (), "none is maximized or minimized"),
        ({"a b": "maximize"}, ("a b",), "unlike 'a b'"),
        ({3: "maximize"}, ("3",), "unlike '3'"),
        ({"inherited": "maximize"}, ("inherited",), "something else in a result"),
        ({"a": "maximize", "value": "minimize"}, ("value",), "means the first objective"),
        ({"a": "up"}, ("a",), "must be maximize, minimize, or a mapping"),
        ({"a": {}}, ("a",), "must be maximize, minimize, or a mapping"),
        ({"a": {"maximize": True, "atmost": 3}}, ("a", "atmost"), "unknown key atmost; Known:"),
        ({"a": {"maximize": False}}, ("a", "maximize"), "must be true, not False"),
        ({"a": {"maximize": True, "minimize": True}}, ("a",), "not both"),
        ({"a": {"maximize": True, "at_most": "3"}}, ("a", "at_most"), "finite number, not '3'"),
        ({"a": {"maximize": True, "at_most": True}}, ("a", "at_most"), "finite number, not True"),
        ({"a": {"maximize": True, "at_least": 2, "at_most": 1}}, ("a",), "is above at_most 1"),
    ],
)
def test_mistakes_have_their_place(given: Any, path: tuple[str, ...], text: str) -> None:
    with pytest.raises(ObjectiveError) as raised:
        Objectives.parse(given)
    assert [key for key, _ in raised.value.mistakes] == [path]
    assert text in str(raised.value)
