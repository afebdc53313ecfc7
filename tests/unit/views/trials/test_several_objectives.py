"""Views of a search with several objectives: the front, and a column for each objective."""

import json
from pathlib import Path

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules, State
from controller.views import tables, text
from controller.views.screen.lines import lines
from controller.views.trials import show as one
from controller.views.trials.listing import Selection, show
from heirloom.objective import Objectives
from tests.unit.views.trials.searches import Search

OBJECTIVE = "{accuracy: maximize, latency: {minimize: true, at_most: 50}}"


@pytest.fixture
def search(tmp_path: Path) -> Search:
    search = Search(tmp_path, OBJECTIVE)
    for accuracy, latency in [(0.9, 40), (0.8, 45), (0.7, 20), (0.99, 60)]:
        search.succeed(search.trial({"lr": 0.1}), accuracy=accuracy, latency=latency)
    search.trial({"lr": 0.2})
    return search


def test_the_list_has_a_column_for_each_objective_and_marks_the_front(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    show(search.place, Selection(sort="latency"), "table")
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    head = " ".join(printed[0])
    assert head == "id parents state accuracy latency front time params"
    assert [row[:5] for row in printed[1:]] == [
        ["2", "succeeded", "0.7", "20", "*"],
        ["0", "succeeded", "0.9", "40", "*"],
        ["1", "succeeded", "0.8", "45", printed[3][4]],
        ["3", "succeeded", "0.99", "60", printed[4][4]],
        ["4", "running", *printed[5][2:5]],
    ]
    show(search.place, Selection(columns=["values.accuracy", "front"]), "csv")
    assert capsys.readouterr().out.splitlines()[:3] == [
        "id,values.accuracy,front",
        "0,0.9,true",
        "1,0.8,false",
    ]
    show(search.place, Selection(), "csv")
    assert capsys.readouterr().out.splitlines()[0].split(",").count("accuracy") == 1


def test_status_shows_the_front(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    tables.status([search.place], detail=True, json=False)
    printed = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert any("0.9 (trial 0)" in line for line in printed)
    at = printed.index("Pareto front: 2 trials, maximize accuracy, minimize latency (at most 50)")
    assert printed[at + 1 : at + 4] == [
        "trial accuracy latency params",
        '0 0.9 40 {"lr": 0.1}',
        '2 0.7 20 {"lr": 0.1}',
    ]
    tables.status([search.place], detail=True, json=True)
    [facts] = json.loads(capsys.readouterr().out)
    assert facts["front"] == [0, 2]
    assert facts["best"] == 0
    assert facts["values"] == {"accuracy": 0.9, "latency": 40.0}
    one.show(search.place, 2)
    assert "latency      20\n" in capsys.readouterr().out


def test_results_out_of_bounds_are_shown_while_there_are_no_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = Search(tmp_path, OBJECTIVE)
    search.succeed(search.trial({"lr": 0.1}), accuracy=0.9, latency=70)
    search.succeed(search.trial({"lr": 0.2}), accuracy=0.5, latency=60)
    tables.status([search.place], detail=True, json=False)
    assert "every result is out of bounds; the nearest: 1 trial" in capsys.readouterr().out


def test_lines_say_what_a_result_is() -> None:
    x = Experiment(
        Rules(
            objectives=Objectives.parse(
                {"accuracy": "maximize", "latency": {"minimize": True, "at_most": 50}}
            )
        )
    )
    printed = []
    for trial, values in enumerate(
        [
            {"accuracy": 0.9, "latency": 60.0},
            {"accuracy": 0.8, "latency": 40.0},
            {"accuracy": 0.7, "latency": 45.0},
            {"accuracy": 0.7},
        ]
    ):
        event = e.VerdictSeen(
            at=1.0, trial=trial, state=State.SUCCEEDED, value=values["accuracy"], values=values
        )
        x.apply(e.Proposed(at=0.0, trial=trial, params={}))
        x.apply(event)
        printed += lines("cnn", x, event)
    assert [line.partition("[/]  ")[2] for line in printed] == [
        "accuracy 0.9, latency 60  [yellow]out of bounds[/]",
        "accuracy 0.8, latency 40  [bold]on the front[/]",
        "accuracy 0.7, latency 45",
        "accuracy 0.7  [yellow]its result has no latency[/]",
    ]
    assert text.best(x) == "front: 1 trial, the first accuracy 0.8, latency 40 by trial 1  {}"
