"""The page of a search with several objectives."""

from typing import Any

import plotly.graph_objects as go

from controller.core.model import State, Trial
from controller.views.page.figures.pareto import pareto
from controller.views.page.source import Source
from heirloom.objective import Objectives
from tests.unit.views.page.pages import report, trial

OBJECTIVES = Objectives.parse(
    {"accuracy": "maximize", "latency": {"minimize": True, "at_most": 50}, "size": "minimize"}
)


def ended(number: int, accuracy: float, latency: float, size: float, **more: Any) -> Trial:
    values = {"accuracy": accuracy, "latency": latency, "size": size}
    return trial(number, value=accuracy, values=values, **more)


def several() -> Source:
    return report(
        ended(0, 0.9, 40, 2),
        ended(1, 0.8, 30, 4),  # on the front
        ended(2, 0.7, 35, 5),  # dominated by 1
        ended(3, 0.5, 45, 1),  # on the front by its size alone
        ended(4, 0.99, 60, 1),  # out of bounds
        ended(5, 0.95, 10, 1, state=State.STOPPED),
        trial(6, value=None),
        objectives=OBJECTIVES,
    )


def test_markers_tell_the_front_from_other_results() -> None:
    figure = pareto(several())
    assert figure is not None
    go.Figure(data=figure["data"], layout=figure["layout"])
    marked = {trace["name"]: trace["customdata"] for trace in figure["data"][1:]}
    assert marked == {"dominated": [2], "out of bounds": [4], "front": [0, 1, 3]}


def test_every_pair_of_objectives_has_its_border() -> None:
    figure = pareto(several())
    assert figure is not None
    pairs = figure["views"]
    assert list(pairs) == ["accuracy, latency", "accuracy, size", "latency, size"]
    lines = [[*zip(pair["x"][0], pair["y"][0], strict=True)] for pair in pairs.values()]
    assert lines == [
        [(0.8, 30), (0.9, 40)],
        [(0.5, 1), (0.9, 2)],
        [(30, 4), (40, 2), (45, 1)],
    ]
    assert [pair["line"][0]["shape"] for pair in pairs.values()] == ["vh", "vh", "hv"]
    assert [len(pair["x"]) for pair in pairs.values()] == [len(figure["data"])] * 3


def test_one_objective_and_no_result_have_no_such_picture() -> None:
    assert pareto(report(trial(0))) is None
    assert pareto(report(trial(0, value=None), objectives=OBJECTIVES)) is None
