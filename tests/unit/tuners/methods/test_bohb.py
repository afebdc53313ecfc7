"""BOHB: Hyperband with a kernel density model."""

from __future__ import annotations

import random

import pytest

from heirloom.space import contains, parse
from heirloom.tuners.methods.bohb import Bohb
from heirloom.tuners.methods.density import Axis, Density
from tests.unit.tuners.methods.play import Play

SPACE = {
    "x": {"_type": "uniform", "_value": [0, 1]},
    "rate": {"_type": "loguniform", "_value": [0.0001, 1.0]},
    "n": {"_type": "randint", "_value": [0, 10]},
    "op": {"_type": "choice", "_value": ["a", "b", "c"]},
}
RESOURCE = {"name": "epochs", "min": 1, "max": 9, "eta": 3}


def bohb(**arguments):
    settings = {"seed": 1, "maximize": True, "resource": RESOURCE, **arguments}
    return Bohb(SPACE, **settings)


def value(params):
    return (params["op"] == "b") - abs(params["x"] - 0.7) - abs(params["n"] - 7) / 10


def test_a_density_is_one_in_all():
    rng = random.Random(1)
    points = [[rng.random() ** 2] for _ in range(20)]
    density = Density([Axis()], points)
    grid = [(index + 0.5) / 2000 for index in range(2000)]
    assert sum(density.at([at]) for at in grid) / 2000 == pytest.approx(1, abs=1e-3)
    choices = Density([Axis(3)], [[0.0], [0.0], [2.0]])
    assert sum(choices.at([float(at)]) for at in range(3)) == pytest.approx(1)


def test_draws_stay_within_the_range_and_follow_the_points():
    density = Density([Axis(), Axis(3)], [[0.9, 1.0], [0.95, 1.0], [0.92, 1.0]])
    rng = random.Random(2)
    draws = [density.draw(rng, 3.0) for _ in range(200)]
    assert all(0 <= number <= 1 and option in (0, 1, 2) for number, option in draws)
    assert sum(number > 0.8 for number, _ in draws) > 150
    assert sum(option == 1 for _, option in draws) > 150


def test_candidates_come_from_where_results_were_good():
    play = Play(bohb(), value, slots=2).run(300)
    new = [proposal.params for proposal in play.proposals if not proposal.parents]
    assert all(contains(parse(SPACE), {key: params[key] for key in SPACE}) for params in new)
    late, early = new[-60:], new[:20]
    assert sum(value(params) for params in late) / 60 > sum(map(value, early)) / 20 + 0.2


def test_a_share_is_random_and_so_is_the_beginning():
    always = Play(bohb(random_fraction=1.0), value).run(200)
    chosen = [proposal.params["op"] for proposal in always.proposals if not proposal.parents]
    assert all(chosen.count(option) > len(chosen) / 5 for option in "abc")


def test_nested_choices_are_refused_with_their_name():
    nested = {
        "_type": "choice",
        "_value": [{"_name": "a", "k": {"_type": "choice", "_value": [1]}}],
    }
    assert Bohb.supports({"op": nested}).startswith("op has options with parameters of their own")
    assert Bohb.supports(SPACE) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"random_fraction": 2}, "random_fraction must be from 0 to 1"),
        ({"top": 0}, "top between"),
        ({"samples": 0}, "samples must be at least 1"),
        ({"resource": None}, "add resource"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        bohb(**arguments)
