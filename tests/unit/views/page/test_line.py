"""Learning curves, laid end to end along lines of ancestors."""

from typing import Any

import pytest

from controller.views.page.figures.learning import learning
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
    assert views["end to end"]["best line"] == [0, 5, 10, 15, 20, 25]
    assert views["end to end"]["best"] == [20, 25, None]
    assert views["each from its start"]["best"] == [0, 5, None]
    assert views["each from its start"]["best line"] == []


def test_a_trial_without_reports_takes_no_steps() -> None:
    views = laid(t0=[(1, 0.1), (2, 0.2)], t2=[(1, 0.5)])
    assert views["end to end"]["best line"] == [1, 2, 3]


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
