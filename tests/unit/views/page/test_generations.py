"""The generations of a chain: what is read of its trials, and how it is drawn."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from controller.core.model import State, Trial
from controller.views.page.figures.rewards import rewards
from controller.views.page.figures.shares import shares
from controller.views.page.generations import Generations, generations
from tests.unit.views.page.pages import trial

SIZE = {"_type": "choice", "_value": [2, 3]}
SPACE = {
    "op": {"_type": "choice", "_value": ["conv", {"_name": "pool", "size": SIZE}]},
    "skip": {"_type": "choice", "_value": ["no", "yes"]},
}
EVIL = "</svg><script>alert(1)</script>{{ 7 * 7 }}"


def train(number: int, generation: int, *samples: Any, **more: Any) -> Trial:
    params = {"task": "train", "generation": generation, "samples": list(samples)}
    return trial(number, params=params, **more)


def evaluate(number: int, generation: int, rewards: Any, **more: Any) -> Trial:
    params = {"task": "evaluate", "generation": generation, "samples": ["00"] * 2}
    return trial(number, params=params, result={"rewards": rewards}, **more)


def search(number: int, generation: int, alphas: Any, **more: Any) -> Trial:
    params = {"task": "search", "generation": generation}
    return trial(number, params=params, result={"alphas": alphas}, **more)


def found(*trials: Trial, space: Any = None) -> Generations:
    chain = generations(trials, SPACE if space is None else space)
    assert chain is not None
    return chain


def test_the_shares_of_options_in_the_samples_of_a_generation() -> None:
    chain = found(
        train(0, 0, "00", "100", "111", "01"),
        evaluate(1, 0, [0.5, 0.7]),
        evaluate(2, 0, [0.9, 0.9]),
        train(3, 1, "01", value=0.25),
    )
    assert (chain.numbers, chain.trials, chain.is_weighted) == ([0, 1], [2, 3], False)
    assert chain.shares == {
        "op": {"conv": [0.5, 1.0], "pool": [0.5, 0.0]},
        "op.pool.size": {"2": [0.5, None], "3": [0.5, None]},
        "skip": {"no": [0.5, 0.0], "yes": [0.5, 1.0]},
    }
    assert chain.values == {"train": [0.5, 0.25], "evaluate": [pytest.approx(0.75), None]}


def test_the_samples_of_all_workers_of_a_generation_count() -> None:
    chain = found(train(0, 0, "00"), train(1, 0, "01"), train(2, 0, "01", state=State.FAILED))
    assert chain.shares["skip"] == {"no": [0.5], "yes": [0.5]}


def test_the_weights_that_generations_report() -> None:
    chain = found(
        search(0, 0, {"a": {"x": 0.5, "y": 0.5}}, value=0.25),
        search(1, 1, {"a": {"x": 0.25, "y": 0.75}, "b": {"x": 1}}, value=0.5),
        trial(2, 1, params={"task": "final", "generation": 1, "params": {}}),
        trial(3, params={"depth": 2}),
    )
    assert chain.is_weighted
    assert chain.shares == {"a": {"x": [0.5, 0.25], "y": [0.5, 0.75]}, "b": {"x": [None, 1.0]}}
    assert chain.values == {"search": [0.25, 0.5]}


def test_of_a_generation_that_was_repeated_the_last_weights_count() -> None:
    weights = [{"a": {"x": 0.1}}, {"a": {"x": 0.2}}, {"a": {"x": 0.3}}]
    again = [search(0, 0, weights[0]), search(1, 0, weights[1])]
    lost = search(2, 0, weights[2], state=State.FAILED)
    assert found(*again, lost).shares == {"a": {"x": [0.2]}}


@pytest.mark.parametrize(
    "trials",
    [
        (),
        (trial(0),),
        (trial(0, params={"task": "train", "generation": 0}),),
        (trial(0, params={"task": "train", "generation": True, "samples": []}),),
        (trial(0, params={"task": 3, "generation": 0, "samples": []}),),
        (train(0, 0, "00", state=State.FAILED),),
    ],
)
def test_other_searches_have_no_generations(trials: tuple[Trial, ...]) -> None:
    assert generations(trials, SPACE) is None


@pytest.mark.parametrize("space", [{}, {"x": {"_type": "uniform", "_value": [0, 1]}}, {"x": 3}])
def test_samples_of_a_space_that_is_none_of_choices_are_not_read(space: Any) -> None:
    assert found(train(0, 0, "00"), space=space).shares == {}


def test_results_may_be_anything() -> None:
    odd = {"a": [1], "b": {"x": "1", "y": 10**400, "z": 0.5}}
    results = [None, [], {"alphas": 3}, {"alphas": odd}]
    params = {"task": "search", "samples": [3, None, "zz", "000"]}
    trials = [
        trial(n, params={**params, "generation": n}, result=each) for n, each in enumerate(results)
    ]
    chain = found(*trials, evaluate(4, 4, [1e308, 1e308]), evaluate(5, 5, ["x", None, True]))
    assert chain.shares == {"b": {"z": [None, None, None, 0.5, None, None]}}
    assert chain.values["evaluate"] == [None, None, None, None, 0.54, 0.55]


def test_lines_have_gaps_and_a_lone_share_is_a_dot() -> None:
    one = shares(found(search(0, 3, {"a": {"x": 1.0}})))
    assert one is not None
    assert [line.path for line in one.charts[0].lines] == ["M120.0 0.0h0"]
    weights = [0.0, 0.5, None, 1.0, None, 0.5, 0.5]
    several = shares(found(*(search(n, n, {"a": {"x": w}}) for n, w in enumerate(weights))))
    assert several is not None
    line = several.charts[0].lines[0]
    assert line.path == "M0.0 90.0L40.0 45.0M120.0 0.0h0M200.0 45.0L240.0 45.0"
    assert several.charts[0].words == "a: in the last generation, x has the largest share, 0.50"


def test_many_generations_options_and_choices_are_drawn_in_part() -> None:
    weights = {f"label{n}": {f"option{m}": 0.1 for m in range(10)} for n in range(120)}
    drawn = shares(found(*(search(n, n, weights) for n in range(500))))
    assert drawn is not None
    assert (len(drawn.charts), drawn.left_out, drawn.ends) == (100, 20, (0, 499))
    assert len(drawn.columns) == 8
    assert (drawn.columns[0], drawn.columns[-1]) == (0, 499)
    lines = drawn.charts[0].lines
    assert len(lines[0].path) < 3_000
    assert len({(line.colour, line.dash) for line in lines}) == len(lines)


def test_plotly_accepts_the_rewards() -> None:
    figure = rewards(found(train(0, 0, "00"), evaluate(1, 0, [0.5, 0.7])), "accuracy")
    assert figure is not None
    assert [trace["name"] for trace in figure["data"]] == ["train", "evaluate"]
    go.Figure(data=figure["data"], layout=figure["layout"])
    assert rewards(found(train(0, 0, "00", value=None)), "accuracy") is None
    assert rewards(None, "accuracy") is None
