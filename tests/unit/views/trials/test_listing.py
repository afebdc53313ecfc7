"""The list of trials: which, in which order, and what of them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from controller.core.model import State
from controller.views import output
from controller.views.trials import show as one
from controller.views.trials.columns import ColumnError
from controller.views.trials.listing import Selection, show
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path: Path) -> Search:
    search = Search(tmp_path)
    search.trial({"lr": 0.1, "depth": 1})
    search.report(0, 0.9, loss=0.5)
    search.end(0, 0.7, note="a,b", loss=0.25, f1=0.5)
    search.trial({"lr": 0.1, "depth": [2, {"x": 1}]})
    search.end(1, None, "failed")
    search.trial({"lr": 0.2, "depth": 3, "loss": 7}, 0)
    search.end(2, 0.3, nni={"default": 0.3, "acc": 0.125})
    search.trial({"lr": 0.2, "depth": 3}, 2)
    search.report(3, 0.9, loss=1.5, acc=None)
    return search


def rows(search: Search, capsys: pytest.CaptureFixture[str], **selection: Any) -> list[str]:
    show(search.place, Selection(**selection), "table")
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def ids(search: Search, capsys: pytest.CaptureFixture[str], **selection: Any) -> list[int]:
    show(search.place, Selection(columns=["id"], **selection), "json")
    return [row["id"] for row in json.loads(capsys.readouterr().out)]


def test_the_best_value_comes_first_and_trials_without_one_last(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ids(search, capsys) == [0, 1, 2, 3]
    assert ids(search, capsys, sort="value") == [2, 0, 1, 3]
    assert ids(search, capsys, sort="-value") == [0, 2, 1, 3]
    assert ids(search, capsys, sort="-lr") == [2, 3, 0, 1]
    assert ids(search, capsys, sort="depth") == [0, 2, 3, 1]
    assert ids(search, capsys, sort="result.loss", limit=2) == [0, 1]


def test_states_and_a_limit_select(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    assert ids(search, capsys, states=frozenset({State.FAILED, State.RUNNING})) == [1, 3]
    assert ids(search, capsys, states=frozenset({State.SKIPPED})) == []
    assert ids(search, capsys, sort="-id", limit=1) == [3]


def test_columns_are_params_metrics_and_results_by_name(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = ["lr", "metrics.loss", "loss", "result.loss", "acc", "f1", "[odd]", "time"]
    assert rows(search, capsys, columns=columns) == [
        "id   lr  metrics.loss  loss  result.loss    acc   f1  [odd]  time",
        " 0  0.1           0.5  0.25         0.25         0.5           5s",
        " 1  0.1                                                        5s",
        " 2  0.2                   7               0.125                5s",
        " 3  0.2           1.5   1.5                                    0s",
    ]


def test_an_unknown_column_is_named_with_those_that_exist(search: Search) -> None:
    with pytest.raises(ColumnError, match=r"'los' \(did you mean 'loss'\?\).* metrics: loss, acc"):
        show(search.place, Selection(columns=["los"]), "table")
    with pytest.raises(ColumnError, match=r"cnn has no column 'params.f1'"):
        show(search.place, Selection(sort="-params.f1"), "table")


def test_csv_has_everything_and_names_that_are_unique(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    show(search.place, Selection(), "csv")
    first, second, third, _ = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert len(set(first)) == len(first)
    assert (first["note"], first["result.loss"], first["metrics.loss"]) == ("a,b", "0.25", "0.5")
    assert (second["state"], second["value"], second["depth"]) == ("failed", "", '[2, {"x": 1}]')
    assert (third["parents"], third["params.loss"], third["result.acc"]) == ("0", "7", "0.125")


def test_json_without_columns_is_complete(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    show(search.place, Selection(states=frozenset({State.RUNNING})), "json")
    [row] = json.loads(capsys.readouterr().out)
    assert (row["id"], row["metrics"]) == (3, {"loss": 1.5, "acc": None})


def test_chosen_columns_are_whole_on_a_narrow_terminal(
    search: Search, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    first, second, *_, last = rows(
        search, capsys, columns=["weights", "node", "started_at", "lr", "value"], limit=3
    )
    assert first.split() == ["id", "weights", "node", "started_at", "lr", "value"]
    assert second.split()[:3] == ["0", "/store/cnn-1/trials/0/weights", "a"]
    assert last == "3 of 4 trials"


def test_trials_that_are_no_candidates_come_after_the_candidates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = Search(tmp_path, "maximize")
    for value, candidate in [(0.9, False), (0.1, True), (0.8, False), (0.5, True)]:
        search.end(search.trial({"lr": 0.1}, candidate=candidate), value)
    for sort, expected in [("value", "3 1 0 2"), ("-value", "1 3 2 0")]:
        show(search.place, Selection(sort=sort, columns=["candidate"]), "csv")
        rows = [line.split(",") for line in capsys.readouterr().out.splitlines()[1:]]
        assert " ".join(number for number, _ in rows) == expected
        assert [is_one for _, is_one in rows] == ["true", "true", "false", "false"]
    show(search.place, Selection(limit=1), "json")
    [row] = json.loads(capsys.readouterr().out)
    assert row["candidate"] is False
    one.show(search.place, 0)
    assert "no: its value counts for no best" in capsys.readouterr().out
