import plotly.graph_objects as go
import pytest

from controller.core.model import State
from controller.views.page.figures.durations import durations
from controller.views.page.figures.learning import learning
from controller.views.page.figures.results import best_so_far
from heirloom.objective import DIRECTIONS, Objective, Objectives
from tests.unit.views.page.pages import START, report, trial


@pytest.mark.parametrize("size", [1, 40, 1_500])
@pytest.mark.parametrize("objective", [Objective.parse(name) for name in DIRECTIONS])
def test_plotly_accepts_every_figure(size: int, objective: Objective) -> None:
    states = list(State)
    trials = [
        trial(
            n,
            *([n // 2] if n else []),
            state=states[n % len(states)],
            seconds={"running": 1.0, "waiting": 0.5},
        )
        for n in range(size)
    ]
    data = report(
        *trials,
        objectives=Objectives((objective,)),
        curves={n: [(1, 0.5), (2, 0.75)] for n in range(size)},
    )
    for make in (best_so_far, learning, durations):
        figure = make(data)
        if figure is not None:
            go.Figure(data=figure["data"], layout=figure["layout"])


def test_best_so_far_goes_by_the_time_of_the_result() -> None:
    trials = [trial(n, value=v) for n, v in enumerate([0.3, 0.2, 0.9, 0.5])]
    trials[2].ended_at = START + 2.5  # overtakes the second
    figure = best_so_far(report(*trials))
    assert figure is not None
    assert figure["data"][1]["x"] == [2, 2.5, 5]
    assert figure["data"][1]["y"] == [0.3, 0.9, 0.9]
    figure = best_so_far(report(*trials, objectives=Objectives((Objective(maximize=False),))))
    assert figure is not None
    assert figure["data"][1]["y"] == [0.3, 0.2, 0.2]
    assert best_so_far(report(trial(0, state=State.FAILED))) is None


def test_learning_curves_tell_who_inherited_and_leave_out_evenly_what_is_too_much() -> None:
    trials = [trial(0), trial(1, 0), trial(2, 1)]
    figure = learning(report(*trials, curves={0: [(1, 0.1), (2, 0.3)], 1: [(1, 0.4)], 7: [(1, 9)]}))
    assert figure is not None
    first, second, line = figure["data"]
    assert (line["name"], line["y"]) == ("best line", [0.1, 0.3, 0.4])
    assert (first["name"], first["y"]) == ("from nothing", [0.1, 0.3, None])
    assert (second["name"], second["y"]) == ("from a parent's weights", [0.4, None])

    curve = [(step, 0.5) for step in range(1_000)]
    figure = learning(report(*map(trial, range(200)), curves=dict.fromkeys(range(200), curve)))
    assert figure is not None
    assert figure["note"] == "180 of 200 curves are left out, evenly."
    assert set(figure["data"][0]["customdata"]) == {*range(0, 200, 10), None}


def test_durations_are_averaged_where_there_are_too_many_to_see() -> None:
    trials = [
        trial(n, seconds={"running": float(n % 4), "verifying": 1.0, "thinking": 2.0})
        for n in range(600)
    ]
    figure = durations(report(*trials))
    assert figure is not None
    names = [trace["name"] for trace in figure["data"]]
    assert names == ["verifying", "running", "thinking"]
    running = figure["data"][1]
    assert running["y"] == [1.5] * 150
    assert running["text"][0] == "trials 0 to 3"


def test_the_best_so_far_is_that_of_the_candidates() -> None:
    shared = trial(0, value=0.9, candidate=False)
    drawn = best_so_far(report(shared, trial(1, value=0.5)))
    assert drawn is not None
    results, best = drawn["data"]
    assert (len(results["y"]), best["y"]) == (2, [0.5, 0.5])
    alone = best_so_far(report(shared))
    assert alone is not None
    assert [trace["name"] for trace in alone["data"]] == ["result"]
