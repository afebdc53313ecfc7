"""Which trials a warm start imports, and what is refused before anything is created."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.engine.continuation import warm_start
from controller.engine.continuation.warm_start import WarmStartError, choose, complete, described
from controller.errors import HeirloomError
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.store.layout import Root
from heirloom.store.manifest import Manifest

FILE = """\
name: NAME
objective: OBJECTIVE
search_space: {x: {_type: choice, _value: [1, 2, 3, 4, 5]}}
tuner: {name: random}
trial: {command: python train.py}
budget: {trials: 4}
"""


def config_of(
    directory: Path, more: str = "", name: str = "next", objective: str = "maximize"
) -> configs.Experiment:
    path = directory / "experiment.yml"
    path.write_text(FILE.replace("NAME", name).replace("OBJECTIVE", objective) + more)
    return configs.load(path)


def source(directory: Path, objective: str = "maximize") -> Record:
    """Trials 0 to 5 with x of 1 to 6: 2 has failed, 3 was removed, 4 has no weights."""
    config = config_of(directory, name="cnn", objective=objective)
    x = Experiment(config.rules())
    x.apply(e.Opened(at=0.0))
    for trial in range(6):
        state = State.FAILED if trial == 2 else State.SUCCEEDED
        x.apply(e.Proposed(at=0.0, trial=trial, params={"x": trial + 1}))
        x.apply(
            e.VerdictSeen(
                at=0.0, trial=trial, state=state, value=float(trial), weights=trial not in (2, 4)
            )
        )
    x.apply(e.RemovalAsked(at=0.0, trials=(3,)))
    place = ExperimentDir(directory / "cnn")
    record = Record(place, x, Root(Path("/store/ann/cnn-1")), is_running=False)
    record.config = config
    return record


def chosen(directory: Path, trials: str, **more: Any) -> warm_start.Choice:
    record = source(directory, **more)
    config = config_of(directory, f"warm_start: {{experiment: cnn, trials: {trials}}}")
    with mock.patch("controller.state.record.load", return_value=record):
        return choose(config, mock.Mock())


def ids(found: warm_start.Choice) -> tuple[int, ...]:
    assert found.asked is not None
    return found.asked.trials


def test_the_best_that_can_be_imported_in_the_order_of_their_ids(tmp_path: Path) -> None:
    with mock.patch("controller.config.fit.problems", return_value=[]):
        found = chosen(tmp_path, "best 2")
        assert (ids(found), found.notes) == ((1, 5), [])
        few = chosen(tmp_path, "best 4")
    assert ids(few) == (0, 1, 5)
    assert few.notes == ["only 3 trials of cnn can be imported, not 4"]


def test_trials_that_are_no_candidates_are_imported_only_by_their_ids(tmp_path: Path) -> None:
    record = source(tmp_path)
    record.experiment.trials[5].candidate = False
    loaded = mock.patch("controller.state.record.load", return_value=record)
    with mock.patch("controller.config.fit.problems", return_value=[]), loaded:
        for trials, expected in [("best 1", (1,)), ("all", (0, 1)), ("[5, 0]", (5, 0))]:
            config = config_of(tmp_path, f"warm_start: {{experiment: cnn, trials: {trials}}}")
            found = choose(config, mock.Mock())
            assert ids(found) == expected
    assert found.asked is not None
    assert found.asked.no_candidates == (5,)


def test_ids_are_imported_as_they_are_listed(tmp_path: Path) -> None:
    found = chosen(tmp_path, "[1, 0]")
    assert found.asked is not None
    assert ids(found) == (1, 0)
    assert found.asked.candidates == ({"x": 2}, {"x": 1})
    assert (found.asked.experiment, found.asked.root) == ("cnn", "/store/ann/cnn-1")
    assert described(found.asked) == "trials 1 and 0 of cnn"


@pytest.mark.parametrize(
    ("trials", "words"),
    [
        ("[2]", "trial 2 of cnn has not succeeded, it is failed: name other trials"),
        ("[3]", "the weights of trial 3 of cnn were removed: name other trials"),
        ("[0, 4]", "trial 4 of cnn left no weights: name other trials"),
        (
            "[5]",
            "trial 5 of cnn does not fit the search space: x: must be one of 1, 2, 3",
        ),
        ("[17]", "cnn has no trial 17 (its trials: 0 to 5)"),
        ("all", "trial 5 of cnn does not fit the search space"),
    ],
)
def test_what_cannot_be_imported_is_named(tmp_path: Path, trials: str, words: str) -> None:
    with pytest.raises(HeirloomError) as refused:
        chosen(tmp_path, trials)
    assert words in str(refused.value)


def test_values_of_another_objective_are_not_comparable(tmp_path: Path) -> None:
    with pytest.raises(WarmStartError, match="the objective of cnn is minimize, and here it is"):
        chosen(tmp_path, "all", objective="minimize")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{experiment: cnn, trials: worst 3}", "must be best N, all, or ids of trials"),
        ("{experiment: cnn, trials: [1, 1]}", "names a trial twice: [1, 1]"),
        ("{trials: all}", "warm_start.experiment: missing"),
        ("{experiment: cnn, trials: []}", "must be best N, all, or ids of trials"),
    ],
)
def test_the_section_itself(tmp_path: Path, section: str, words: str) -> None:
    with pytest.raises(HeirloomError) as refused:
        config_of(tmp_path, f"warm_start: {section}\n")
    assert words in str(refused.value)


def test_an_import_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    asked = e.ImportAsked(
        at=0.0,
        experiment="cnn",
        root="/store/ann/cnn-1",
        trials=(7, 8, 9),
        candidates=({"x": 1}, {"x": 2}, {"x": 3}),
    )
    x = Experiment(config_of(tmp_path).rules())
    x.apply(asked)
    x.apply(e.Imported(at=0.0, trial=0, value=0.5))
    journal, root = mock.Mock(), Root(Path("/store/ann/next-2"))
    made = Manifest(experiment="next-2", trial=1, state="succeeded", value=0.75)
    with mock.patch.object(warm_start, "import_trial", return_value=made) as done:
        complete(x, journal, root)
    calls = [(call.args[2], call.args[3].trial, call.args[4]) for call in done.call_args_list]
    assert calls == [(1, 8, {"x": 2}), (2, 9, {"x": 3})]
    written = [call.args[0][0] for call in journal.append.call_args_list]
    assert [(event.trial, event.value) for event in written] == [(1, 0.75), (2, 0.75)]
    assert not x.is_importing
    assert x.best == 1
