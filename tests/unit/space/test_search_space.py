"""The search space: reading, sampling, mutating, enumerating."""

import copy
import json
import math
from collections import Counter
from random import Random
from statistics import mean, median, stdev
from typing import Any

import pytest
from hypothesis import given

from heirloom.space import contains, endless, grid, mutate, parse, sample
from heirloom.space.numbers import Real
from tests.unit.space.spaces import KINDS, seeds, spaces


def fits(spec: dict[str, Any], value: Any) -> bool:
    """Whether a value is one that NNI's documentation allows for a parameter."""
    kind, arguments = spec["_type"], spec["_value"]
    if kind == "choice":
        return any(
            isinstance(value, dict)
            and value.get("_name") == option["_name"]
            and all_fit(without_name(option), without_name(value))
            if isinstance(option, dict)
            else json.dumps(option) == json.dumps(value)
            for option in arguments
        )
    if kind == "randint":
        return type(value) is int and arguments[0] <= value < arguments[1]
    if type(value) is not float or not math.isfinite(value):
        return False
    ends = () if "normal" in kind else tuple(arguments[:2])
    if ends and not ends[0] <= value <= ends[1]:
        return False
    if "log" in kind and value < 0:
        return False
    steps = value / arguments[2] if kind.startswith("q") else 0.0
    return value in ends or abs(steps - round(steps)) < 1e-6


def without_name(option: dict[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in option.items() if key != "_name"}


def all_fit(space: dict[str, Any], params: dict[str, Any]) -> bool:
    return params.keys() == space.keys() and all(fits(space[name], params[name]) for name in space)


def changed(space: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> int:
    """How many coordinates differ: a switch between options is one, whatever is inside."""
    count = 0
    for name, spec in space.items():
        a, b = one[name], other[name]
        both = isinstance(a, dict) and isinstance(b, dict) and a["_name"] == b["_name"]
        if both:
            nested = (option for option in spec["_value"] if isinstance(option, dict))
            option = next(option for option in nested if option["_name"] == a["_name"])
            count += changed(without_name(option), a, b)
        else:
            count += json.dumps(a) != json.dumps(b)
    return count


@given(spaces, seeds)
def test_samples_are_in_the_space_and_plain_json(space: dict[str, Any], seed: int) -> None:
    parsed = parse(space)
    params = sample(parsed, Random(seed))
    assert all_fit(space, params)
    assert contains(parsed, params)
    assert json.loads(json.dumps(params, allow_nan=False)) == params
    assert sample(parsed, Random(seed)) == params


@given(spaces, seeds)
def test_mutation_changes_one_coordinate_and_stays_in_the_space(
    space: dict[str, Any], seed: int
) -> None:
    rng, parsed = Random(seed), parse(space)
    params = sample(parsed, rng)
    for _ in range(10):
        before = copy.deepcopy(params)
        after = mutate(parsed, params, rng)
        assert params == before
        assert all_fit(space, after)
        if json.dumps(after) != json.dumps(before):
            assert changed(space, before, after) == 1
        else:
            # The same comes back only where there is nothing else.
            assert not endless(parsed)
            assert len(list(grid(parsed))) == 1
        params = after


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", ["low", "high"])
def test_mutation_at_the_end_of_a_range_goes_the_other_way(kind: str, end: str) -> None:
    value = [1.0, 4.0] if "normal" not in kind else [2.0, 0.5]
    parsed = parse({"x": {"_type": kind, "_value": [*value, 1.0] if kind[0] == "q" else value}})
    rng, start = Random(1), {"low": 1.0, "high": 4.0}[end]
    for _ in range(50):
        assert mutate(parsed, {"x": start}, rng)["x"] != start


@given(seeds)
def test_mutation_is_near_on_the_parameters_own_scale(seed: int) -> None:
    parsed = parse({"lr": {"_type": "loguniform", "_value": [1e-6, 1.0]}})
    rng = Random(seed)
    steps = [abs(math.log10(mutate(parsed, {"lr": 1e-3}, rng)["lr"]) + 3) for _ in range(200)]
    assert 0.4 < median(steps) < 1.3  # of six decades


def test_long_chains_of_mutations_keep_a_normal_distribution() -> None:
    parsed, rng = parse({"x": {"_type": "normal", "_value": [10, 2]}}), Random(3)
    params, seen = sample(parsed, rng), []
    for _ in range(20_000):
        params = mutate(parsed, params, rng)
        seen.append(params["x"])
    assert abs(mean(seen) - 10) < 0.5
    assert abs(stdev(seen) - 2) < 0.3


def test_mutation_draws_missing_and_invalid_params() -> None:
    space = {"a": {"_type": "uniform", "_value": [0, 1]}, "b": {"_type": "choice", "_value": [1]}}
    assert all_fit(space, mutate(parse(space), {"a": 7, "c": 1}, Random(1)))


def test_mutation_chooses_among_coordinates_evenly() -> None:
    option = {
        "_name": "conv",
        "k": {"_type": "randint", "_value": [0, 9]},
        "n": {"_type": "randint", "_value": [0, 9]},
    }
    parsed = parse({"layer": {"_type": "choice", "_value": [option, {"_name": "none"}]}})
    params = {"layer": {"_name": "conv", "k": 4, "n": 4}}
    rng, count = Random(5), Counter[str]()
    for _ in range(3000):
        after = mutate(parsed, params, rng)["layer"]
        count["none" if after["_name"] == "none" else "k" if after["n"] == 4 else "n"] += 1
    assert all(abs(count[key] - 1000) < 150 for key in ("none", "k", "n"))


DISTRIBUTIONS: list[tuple[str, list[float], tuple[float, ...]]] = [
    ("uniform", [0, 8], (2, 4, 6)),
    ("loguniform", [1e-4, 1], (1e-3, 1e-2, 1e-1)),
    ("normal", [5, 2], (5 - 1.349, 5, 5 + 1.349)),
    ("lognormal", [0, 1], (math.exp(-0.6745), 1, math.exp(0.6745))),
]


@pytest.mark.parametrize(("kind", "value", "quantiles"), DISTRIBUTIONS)
def test_distributions(kind: str, value: list[float], quantiles: tuple[float, ...]) -> None:
    parsed, rng = parse({"x": {"_type": kind, "_value": value}}), Random(11)
    drawn = sorted(sample(parsed, rng)["x"] for _ in range(8000))
    for part, expected in zip((2000, 4000, 6000), quantiles, strict=True):
        assert abs(drawn[part] - expected) < 0.15 * max(abs(expected), 1e-9) + 1e-9


@pytest.mark.parametrize(("kind", "value", "quantiles"), DISTRIBUTIONS)
def test_quantiles_of_a_distribution(
    kind: str, value: list[float], quantiles: tuple[float, ...]
) -> None:
    dimension = parse({"x": {"_type": kind, "_value": value}}).dimensions["x"]
    assert isinstance(dimension, Real)
    shared = [dimension.at(share) for share in (0.25, 0.5, 0.75)]
    assert shared == pytest.approx(list(quantiles), rel=1e-3)
    assert all(dimension.contains(dimension.at(end)) for end in (0.0, 1.0))


def test_quantized_bounds_are_clipped_as_documented() -> None:
    parsed, rng = parse({"x": {"_type": "quniform", "_value": [0.7, 2.6, 1]}}), Random(2)
    assert {sample(parsed, rng)["x"] for _ in range(200)} == {1.0, 2.0, 2.6}


def test_equal_numbers_of_different_json_are_different_options() -> None:
    parsed = parse({"x": {"_type": "choice", "_value": [1, True]}})
    assert mutate(parsed, {"x": True}, Random(0)) == {"x": 1}
    assert type(mutate(parsed, {"x": True}, Random(0))["x"]) is int


def test_grid_has_every_candidate_once_in_order() -> None:
    space = {
        "layer": {
            "_type": "choice",
            "_value": [
                {"_name": "conv", "k": {"_type": "choice", "_value": [1, 3]}},
                {"_name": "none"},
            ],
        },
        "n": {"_type": "randint", "_value": [0, 2]},
        "p": {"_type": "quniform", "_value": [0, 1, 0.5]},
    }
    points = list(grid(parse(space)))
    assert len(points) == 3 * 2 * 3
    assert len({json.dumps(point) for point in points}) == len(points)
    assert all(all_fit(space, point) for point in points)
    assert points[0] == {"layer": {"_name": "conv", "k": 1}, "n": 0, "p": 0.0}
    assert points[1]["p"] == 0.5
    assert points[-1] == {"layer": {"_name": "none"}, "n": 1, "p": 1.0}


def test_grid_of_a_huge_space_starts_at_once() -> None:
    space = {name: {"_type": "randint", "_value": [0, 10**12]} for name in "abc"}
    assert next(grid(parse(space))) == {"a": 0, "b": 0, "c": 0}


@given(spaces)
def test_grid_agrees_with_sampling(space: dict[str, Any]) -> None:
    parsed = parse(space)
    problems = endless(parsed)
    if problems:
        with pytest.raises(ValueError, match="use choice, randint, quniform or qloguniform"):
            grid(parsed)
        return
    points = {json.dumps(point) for point, _ in zip(grid(parsed), range(3000), strict=False)}
    if len(points) < 3000:
        assert json.dumps(sample(parsed, Random(1))) in points


def test_a_whole_number_beyond_all_floats_is_out_of_bounds():
    assert not contains(parse({"x": {"_type": "uniform", "_value": [0, 1]}}), {"x": 10**400})
