"""Lines of ancestors: laid end to end, and what changed along the best one."""

from typing import Any

import pytest

from controller.views.page.figures.learning import learning
from controller.views.page.line import steps
from heirloom.objective import Objectives
from tests.unit.views.page.pages import report, trial


def laid(**curves: Any) -> Any:
    """The x axes of the learning curves of trials 0 → 1 → 2, by view and trace."""
    known = {int(name[1:]): curve for name, curve in curves.items()}
    figure = learning(report(trial(0), trial(1, 0), trial(2, 1), curves=known))
    assert figure is not None
    names = [trace["name"] for trace in figure["data"]]
    return {
        view: dict(zip(names, axes["x"], strict=True)) for view, axes in figure["views"].items()
    }


def test_a_curve_follows_its_parents() -> None:
    views = laid(t0=[(0, 0.1), (5, 0.2)], t1=[(0, 0.3), (5, 0.4)], t2=[(0, 0.5), (5, 0.6)])
    assert views["line"]["best line"] == [0, 5, 10, 15, 20, 25]
    assert views["line"]["best"] == [20, 25, None]
    assert views["step"]["best"] == [0, 5, None]
    assert views["step"]["best line"] == []


def test_a_trial_without_reports_takes_no_steps() -> None:
    views = laid(t0=[(1, 0.1), (2, 0.2)], t2=[(1, 0.5)])
    assert views["line"]["best line"] == [1, 2, 3]


def test_steps_that_go_on_from_the_parents_stay() -> None:
    figure = learning(report(trial(0), trial(1, 0), curves={0: [(1, 0.1)], 1: [(2, 0.2)]}))
    assert figure is not None
    assert "views" not in figure


def test_the_axis_shows_where_the_values_are() -> None:
    curves = {n: [(1, -40.0 if n == 3 else 0.9), (2, 0.95)] for n in range(8)}
    figure = learning(report(*map(trial, range(8)), curves=curves))
    assert figure is not None
    assert figure["layout"]["yaxis"]["range"] == pytest.approx([0.8975, 0.9525])


def test_each_metric_has_its_curves() -> None:
    metrics = {"loss": {0: [(1, 0.5)]}}
    figure = learning(report(trial(0), trial(1), metrics=metrics), "loss")
    assert figure is not None
    assert figure["layout"]["yaxis"]["title"]["text"] == "loss"
    assert figure["data"][0]["y"] == [0.5, None]


@pytest.mark.parametrize(("direction", "is_better"), [("maximize", True), ("minimize", False)])
def test_what_changed_along_the_best_line(direction: str, is_better: bool) -> None:
    base = {"a": 1, "b": "x", "c": True}
    value = 0.75 if is_better else 0.25
    child = trial(
        1,
        0,
        params={"a": 2, "b": "x", "d": 0.5},
        value=value,
        result={"inherited": {"share": 0.875}},
    )
    first = trial(0, params=base, result="odd")
    assert [step.inherited for step in steps(report(first))] == [None]
    line = steps(report(first, child, objectives=Objectives.parse(direction)))
    assert [step.trial.id for step in line] == [0, 1]
    assert line[1].changes == [("a", "1", "2"), ("c", "true", ""), ("d", "", "0.5")]
    assert line[1].gain == pytest.approx(value - 0.5)
    assert line[1].is_better
    assert (line[1].inherited, line[0].gain) == (0.875, None)


def test_networks_are_compared_by_layer() -> None:
    layers = [{"id": 1, "filters": 8}, {"id": 2, "units": 10}]
    first = trial(0, params={"net": {"layers": layers}})
    child = trial(1, 0, params={"net": {"layers": layers[1:]}}, value=0.75)
    line = steps(report(first, child))
    assert line[1].changes == [("net.layers.1", '{"id": 1, "filters": 8}', "")]
