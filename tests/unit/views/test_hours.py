"""What trials used and inherited, in words and as data."""

import json
from pathlib import Path
from typing import Any

import pytest

from controller.core import events as e
from controller.core.model import Outcome, State
from controller.core.usage.amounts import Amount, Usage
from controller.core.usage.training import Comparison, Inherited
from controller.state import record as records
from controller.views import hours, tables
from controller.views.trials import listing, show
from tests.unit.views.trials.searches import Search


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0563, "0.056s"),
        (42.9, "43s"),
        (3599, "59m59s"),
        (5400, "1.5 h"),
        (3.6e7, "10,000.0 h"),
    ],
)
def test_hours(seconds: float, text: str) -> None:
    assert hours.hours(seconds) == text


def test_what_was_not_measured_is_left_out_or_counted() -> None:
    assert not list(hours.rows(Usage()))
    assert not list(hours.rows(Usage(attempts=2, without_cpu=2, without_gpu=2)))
    lost = Amount(3600, 7200, 1800)
    usage = Usage(Amount(7200, 36000, 3600), lost=lost, attempts=90, without_cpu=3)
    assert dict(hours.rows(usage)) == {
        "CPU time": "10.0 h, 2.0 h of it in attempts that committed nothing; 3 of 90 attempts not "
        "measured",
        "GPU time": "1.0 h, 30m00s of it in attempts that committed nothing",
    }


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Inherited(Amount()), ""),
        (Inherited(Amount(7200), (4, 2)), "2, inherited training 2.0 h"),
        (Inherited(Amount(), is_imported=True), ""),
        (
            Inherited(Amount(60), (4, 0), is_imported=True),
            "2, inherited training 1m00s, without that before the import",
        ),
    ],
)
def test_inherited_training(found: Inherited, text: str) -> None:
    assert hours.inherited(found) == text


def test_notes_compare_the_search_with_its_candidates_alone() -> None:
    none = Comparison(Amount(7200), Amount(7200), 3, 0)
    assert hours.notes(Usage(), none) == []
    [note] = hours.notes(Usage(), Comparison(Amount(22680), Amount(147600), 100, 2))
    assert "trained for 6.3 h" in note
    assert "100 candidates" in note
    assert "41.0 h" in note
    assert "ancestors of 2" in note


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Trial 1 starts from trial 0, fails once on half a GPU, and then succeeds there."""
    search = Search(tmp_path)
    trials = [search.trial({"lr": 0.1}), search.trial({"lr": 0.2}, 0)]
    for trial, number, seconds, ok in [(0, 1, 4.0, True), (1, 1, 2.0, False), (1, 2, 8.0, True)]:
        at: dict[str, Any] = {"at": 50.0, "trial": trials[trial]}
        if number > 1:
            search.happen(e.Placed(number=number, node="a", restore=(0,), **at))
        outcome = Outcome.COMMITTED if ok else Outcome.FAILED
        search.happen(
            e.Ended(
                number=number,
                outcome=outcome,
                seconds={"running": seconds},
                cpu_seconds=2 * seconds,
                gpus=0.5,
                **at,
            )
        )
        if ok:
            state = State.SUCCEEDED
            search.happen(e.VerdictSeen(number=number, state=state, value=1.0, weights=True, **at))
    return search


def test_show_says_what_a_trial_used_lost_and_inherited(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    show.show(search.place, 1)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "processors 20.000 s, in all attempts" in lines
    assert "GPUs 5.000 s, in all attempts" in lines
    assert "lost 2.000 s, in attempts that committed nothing" in lines
    assert "ancestors 1, inherited training 4s" in lines
    show.show(search.place, 1, json=True)
    row = json.loads(capsys.readouterr().out)
    assert (row["id"], row["line"]) == (1, [0])
    assert (row["cpu_seconds"], row["gpu_seconds"]) == (20.0, 5.0)
    assert (row["lost_seconds"], row["inherited_seconds"]) == (2.0, 4.0)


def test_status_says_what_a_search_used(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    tables.status([search.place], detail=True, json=False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "CPU time 28s, 4s of it in attempts that committed nothing" in lines
    assert "GPU time 7s, 1s of it in attempts that committed nothing" in lines
    tables.status([search.place], detail=True, json=True)
    [facts] = json.loads(capsys.readouterr().out)
    assert facts["usage"] == {
        "seconds": 14.0,
        "cpu_seconds": 28.0,
        "gpu_seconds": 7.0,
        "lost": {"seconds": 2.0, "cpu_seconds": 4.0, "gpu_seconds": 1.0},
        "attempts": 3,
        "without_cpu": 0,
        "without_gpu": 0,
    }


def test_trials_have_columns(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    columns = ["cpu_seconds", "gpu_seconds", "lost_seconds", "inherited_seconds"]
    listing.show(search.place, listing.Selection(columns=columns), "csv")
    assert capsys.readouterr().out.splitlines() == [
        ",".join(["id", *columns]),
        "0,8.0,2.0,0.0,0.0",
        "1,20.0,5.0,2.0,4.0",
    ]
    record = records.load(search.place)
    rows = [records.row(record, trial) for trial in record.experiment.trials]
    assert [[row[name] for name in columns] for row in rows] == [
        [8.0, 2.0, 0.0, 0.0],
        [20.0, 5.0, 2.0, 4.0],
    ]


def test_the_experiment_has_the_sum_of_its_trials(search: Search) -> None:
    record = records.load(search.place)
    compared = record.training.compare()
    assert (compared.trained.seconds, compared.alone.seconds) == (12.0, 16.0)
    assert "trained for 12s" in hours.notes(record.experiment.usage, compared)[-1]
