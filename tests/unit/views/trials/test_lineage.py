"""The line of a trial: those from which it has its weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.errors import HeirloomError
from controller.views.trials.lineage import show
from tests.unit.views.trials.searches import Search


def test_the_line_of_the_best_trial_has_the_params_of_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = Search(tmp_path)
    search.trial({"lr": 0.1, "epochs_from": 0, "epochs": 2})
    search.end(0, 0.7)
    search.trial({"lr": 0.2, "epochs_from": 0, "epochs": 2})
    search.end(1, 0.6)
    search.trial({"lr": 0.25, "epochs_from": 2, "epochs": 4, "state": "on"}, 1)
    search.end(2, 0.2)
    search.trial({"lr": 0.1, "epochs_from": 2, "epochs": 4}, 0)
    show(search.place, None, "csv")
    assert capsys.readouterr().out.splitlines() == [
        "id,restored,state,value,lr,epochs_from,epochs,params.state",
        "1,,succeeded,0.6,0.2,0,2,",
        "2,1,succeeded,0.2,0.25,2,4,on",
    ]
    show(search.place, 3, "json")
    assert [(row["id"], row["restored"]) for row in json.loads(capsys.readouterr().out)] == [
        (0, []),
        (3, [0]),
    ]
    show(search.place, None, "table")
    table = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in table if line] == ["id", "1", "2"]


def test_several_parents_are_all_in_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = Search(tmp_path)
    for parents in ((), (0,), (0,), (1, 2)):
        search.end(search.trial({"lr": 0.1}, *parents), 0.5)
    show(search.place, 3, "json")
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == [0, 1, 2, 3]


def test_a_search_without_a_result_has_no_best_trial(tmp_path: Path) -> None:
    search = Search(tmp_path)
    search.trial({"lr": 0.1})
    with pytest.raises(HeirloomError, match="has no best trial yet: give the id of a trial"):
        show(search.place, None, "table")
    with pytest.raises(HeirloomError, match="no trial 4"):
        show(search.place, 4, "table")
