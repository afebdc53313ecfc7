"""Experiments compared: courses, groups over seeds, and the forms of the table."""

import csv
import io
import json
from pathlib import Path

import pytest

from controller.core import events as e
from controller.core.model import Outcome, State
from controller.errors import HeirloomError
from controller.results import latex
from controller.results.comparison.course import AXES, Course, checkpoints, course_of
from controller.results.comparison.groups import groups_of
from controller.results.comparison.tables import compare
from controller.results.spread import Spread
from controller.state import record as records
from controller.state.record import Record
from tests.unit.views.trials.searches import Search


def finish(
    search: Search,
    value: float | None,
    *,
    at: float,
    cpu: float | None = 360.0,
    gpus: float | None = 0.0,
) -> None:
    """Run one more trial to its end. Its process runs for 720 seconds."""
    trial = search.trial({"lr": 0.1, "depth": 1})
    outcome = Outcome.COMMITTED if value is not None else Outcome.FAILED
    state = State.SUCCEEDED if value is not None else State.FAILED
    search.happen(
        e.Ended(
            at=at,
            trial=trial,
            number=1,
            outcome=outcome,
            cpu_seconds=cpu,
            gpus=gpus,
            seconds={"running": 720.0},
        ),
        e.VerdictSeen(
            at=at, trial=trial, state=state, number=1, value=value, weights=value is not None
        ),
    )


def search_of(
    path: Path,
    *values: float | None,
    objective: str = "minimize",
    seed: int = 1,
    gpus: float | None = 0.0,
) -> Search:
    path.mkdir()
    search = Search(path, objective, seed=seed)
    for number, value in enumerate(values):
        finish(search, value, at=10.0 * number + 5, gpus=gpus)
    return search


def load(search: Search) -> Record:
    return records.load(search.place)


def test_a_course_has_costs_and_the_best_value(tmp_path: Path) -> None:
    found = course_of(load(search_of(tmp_path / "a", 0.5, None, 0.7, 0.25)))
    assert found.best == [0.5, 0.5, 0.5, 0.25]
    assert found.costs["trials"] == [1, 2, 3, 4]
    assert found.costs["time"] == [5.0, 15.0, 25.0, 35.0]
    assert found.costs["cpu"] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert [found.at("time", cost) for cost in (4.0, 5.0, 34.0, 1000.0)] == [None, 0.5, 0.5, 0.25]


def test_without_a_measurement_there_are_no_processor_hours(tmp_path: Path) -> None:
    search = search_of(tmp_path / "a")
    finish(search, 0.4, at=15.0, cpu=None, gpus=None)
    record = load(search)
    assert set(course_of(record).costs) == {"trials", "time"}
    [group] = groups_of([record])
    assert (group.axes, group.total("cpu")) == (["trials", "time"], None)
    for axis in ("cpu", "gpu"):
        with pytest.raises(HeirloomError, match=f"have {axis.upper()} hours.*not measured"):
            compare([search.place], [axis], "text")


def test_attempts_that_were_not_measured_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = search_of(tmp_path / "a", 0.5)
    finish(search, 0.4, at=15.0, cpu=None)
    found = course_of(load(search))
    assert found.costs["cpu"] == pytest.approx([0.1, 0.1])
    assert found.unmeasured == {"cpu": [1], "gpu": []}
    compare([search.place], AXES, "json")
    printed = capsys.readouterr()
    assert json.loads(printed.out)[0]["unmeasured"] == {"cnn": {"cpu": [1]}}
    assert "CPU hours of cnn" in printed.err
    assert "of trials 1\n" in printed.err
    compare([search.place], ["trials"], "text")
    assert capsys.readouterr().err == ""


def test_gpu_hours_are_compared_where_a_gpu_was_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without = search_of(tmp_path / "a", 0.5)
    compare([without.place], AXES, "text")
    assert "GPU" not in capsys.readouterr().out
    with pytest.raises(HeirloomError, match="GPU hours"):
        compare([without.place], ["gpu"], "text")
    used = search_of(tmp_path / "b", 0.5, 0.4, seed=2, gpus=0.5)
    assert course_of(load(used)).costs["gpu"] == pytest.approx([0.1, 0.2])
    compare([used.place, without.place], AXES, "text")
    assert "GPU hours" in capsys.readouterr().out


def test_a_copy_with_the_same_seed_is_no_further_seed(tmp_path: Path) -> None:
    found = [
        load(search_of(tmp_path / name, 0.5, seed=seed))
        for name, seed in (("a", 1), ("like-a", 1), ("b", 2), ("like-b", 2), ("again", 1))
    ]
    groups = groups_of(found)
    assert [[record.place.path.parent.name for record in group.records] for group in groups] == [
        ["a", "b"],
        ["like-a", "like-b"],
        ["again"],
    ]
    assert groups[0].label == "cnn (2 seeds)"


def test_a_trial_that_is_no_candidate_has_costs_and_no_value(tmp_path: Path) -> None:
    search = search_of(tmp_path / "a", 0.5)
    trial = search.trial({"lr": 0.1, "depth": 1}, candidate=False)
    search.end(trial, 0.1)
    found = course_of(load(search))
    assert (found.best, found.costs["trials"]) == ([0.5, 0.5], [1, 2])


def test_experiments_that_differ_in_seeds_alone_are_one_group(tmp_path: Path) -> None:
    first, second = search_of(tmp_path / "a", 0.5, 0.3), search_of(tmp_path / "b", 0.7, seed=7)
    other = search_of(tmp_path / "c", 0.6)
    config = json.loads(second.place.config.read_text())
    second.place.config.write_text(json.dumps(config | {"name": "other", "seed": 7}))
    other.place.config.write_text(json.dumps(config | {"keep": "lineage"}))
    groups = groups_of([load(first), load(other), load(second)])
    assert [len(group.records) for group in groups] == [2, 1]
    assert groups[0].label == "cnn (2 seeds)"
    assert groups[0].at("trials", 1) == Spread.of([0.5, 0.7])
    assert groups[0].at("trials", 2) == Spread.of([0.3])  # the other one ran no second trial
    assert groups[0].at("time", 1000.0) == Spread.of([0.3, 0.7])
    assert groups[0].at("time", 1.0) is None


def test_other_objectives_cannot_be_compared(tmp_path: Path) -> None:
    both = [search_of(tmp_path / "a", 1.0), search_of(tmp_path / "b", 1.0, objective="maximize")]
    with pytest.raises(HeirloomError, match="objectives differ"):
        compare([each.place for each in both], AXES, "text")


def test_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = search_of(tmp_path / "a", 0.5, 0.3), search_of(tmp_path / "b", 0.7, seed=2)
    places = [search.place for search in both]
    compare(places, AXES, "json")
    [group] = json.loads(capsys.readouterr().out)
    assert group["experiments"] == ["cnn", "cnn"]
    assert group["best"]["mean"] == 0.5
    assert group["curves"]["trials"] == [
        {
            "cost": 1,
            "n": 2,
            "mean": 0.6,
            "std": pytest.approx(0.1414, abs=1e-4),
            "min": 0.5,
            "max": 0.7,
        },
        {"cost": 2, "n": 1, "mean": 0.3, "std": None, "min": 0.3, "max": 0.3},
    ]
    compare(places, ["trials"], "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["axis"], row["cost"], row["n"]) for row in rows] == [
        ("trials", "1", "2"),
        ("trials", "2", "1"),
    ]
    compare(places, ["trials"], "latex")
    assert r"1 & 0.60 $\pm$ 0.14 \\" in capsys.readouterr().out
    compare(places, AXES, "text")
    text = capsys.readouterr().out
    assert "0.60 ± 0.14" in text
    assert "CPU hours" in text


def test_an_experiment_without_trials_has_empty_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = search_of(tmp_path / "a").place
    for form in ("text", "json", "csv", "latex"):
        compare([place], AXES, form)
    assert "cnn" in capsys.readouterr().out


def test_checkpoints() -> None:
    assert checkpoints([1, 2, 30], "trials") == [1, 2, 5, 10, 20, 30]
    assert checkpoints([8.0], "time") == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert Course({"trials": []}, []).total("trials") is None


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0.5], "0.5"),
        ([0.9, 0.94], "0.920 ± 0.028"),
        ([1, 1], "1 ± 0"),
        ([1e6, 3e6], "2e+06 ± 1.4e+06"),
    ],
)
def test_a_spread_as_text(values: list[float], text: str) -> None:
    assert Spread.of(values).text() == text


def test_text_in_latex() -> None:
    assert latex.escape("a_b & 5 % ± {x}") == r"a\_b \& 5 \% $\pm$ \{x\}"
