"""What "better" means."""

import pytest

from heirloom.objective import DIRECTIONS, Objective

VALUES = [("a", 2.0), ("b", 3.0), ("c", 1.0), ("d", 3.0), ("e", 1.0)]
UP, DOWN = Objective(maximize=True), Objective(maximize=False)


def number(item: tuple[str, float]) -> float:
    return item[1]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_direction_is_parsed_and_named(direction: str) -> None:
    assert Objective.parse(direction).direction == direction


def test_another_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="an objective is maximize or minimize, not 'largest'"):
        Objective.parse("largest")


def test_equal_values_are_not_better() -> None:
    assert UP.is_better(2.0, 1.0)
    assert not UP.is_better(1.0, 2.0)
    assert DOWN.is_better(1.0, 2.0)
    assert not UP.is_better(1.0, 1.0)
    assert not DOWN.is_better(1.0, 1.0)


def test_a_better_value_has_a_larger_score() -> None:
    assert UP.score(2.0) > UP.score(1.0)
    assert DOWN.score(1.0) > DOWN.score(2.0)


def test_equal_values_keep_their_order() -> None:
    assert [name for name, _ in UP.ranked(VALUES, number)] == ["b", "d", "a", "c", "e"]
    assert [name for name, _ in DOWN.ranked(VALUES, number)] == ["c", "e", "a", "b", "d"]


def test_the_best_is_the_first_of_the_best() -> None:
    assert UP.best(VALUES, number) == ("b", 3.0)
    assert DOWN.best(VALUES, number) == ("c", 1.0)
    assert UP.best([], number) is None


def test_the_best_so_far() -> None:
    assert UP.best_so_far([2.0, 3.0, 1.0, 4.0]) == [2.0, 3.0, 3.0, 4.0]
    assert DOWN.best_so_far([2.0, 3.0, 1.0, 4.0]) == [2.0, 2.0, 1.0, 1.0]
