"""What an experiment that is like an earlier one takes over."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller import config as configs
from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.continuation import original as originals
from controller.engine.continuation.original import Original
from controller.errors import LaunchError
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.store.layout import Root

FILE = """\
name: cnn
search_space: {x: {_type: choice, _value: [1, 2, 3, 4, 5]}}
trial: {command: python train.py}
"""
EVENTS: list[e.Event] = [
    e.Opened(at=0.0),
    e.Proposed(at=0.0, trial=0, params={"x": 1}),
    e.Proposed(at=0.0, trial=1, params={"x": 2}, parents=(0,)),
    e.Proposed(at=0.0, trial=2, params={"x": 2}, parents=(0,), retry_of=1),
    e.Proposed(at=0.0, trial=3, params={"x": 3}, candidate=False),
]
LISTED = [
    {"params": {"x": 1}},
    {"params": {"x": 2}, "parents": [0]},
    {"params": {"x": 2}, "parents": [0]},
    {"params": {"x": 3}, "candidate": False},
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A home whose only experiment is `cnn`, with what `more` adds to its file and journal."""

    def make(more: str = "budget: {trials: 3}\n", events: list[e.Event] = EVENTS) -> Any:
        path = tmp_path / "experiment.yml"
        path.write_text(FILE + more)
        config = configs.load(path)
        root = Root(tmp_path / "store/ann/cnn-1")
        created = e.Created(
            at=0.0, name="cnn", root=str(root.path), code="c0de", runtime="r", seed=17, inventory=""
        )
        x = Experiment(config.rules())
        for event in [created, *events]:
            x.apply(event)
        place = ExperimentDir(tmp_path / "cnn")
        record = Record(place, x, root, is_running=False)
        record.config = config
        (root.code / "c0de").mkdir(parents=True)
        monkeypatch.setattr(records, "load", lambda found: record)
        return SimpleNamespace(find=lambda name: place)

    return make


def replaying(home: Any, *args: Any) -> Original:
    return originals.original("cnn", home(*args), replay=True)


def test_seed_and_code_are_those_of_the_experiment(home: Any) -> None:
    found = originals.original("cnn", home(), replay=False)

    assert found.config.seed == 17
    assert found.config.tuner.name == "evolution"
    assert found.config.budget.trials == 3
    assert found.code.parts[-2:] == ("code", "c0de")


def test_a_replay_has_every_trial_with_the_parents_that_were_named(home: Any) -> None:
    config = replaying(home).config

    assert config.tuner.name == "replay"
    assert config.tuner.args == {"proposals": LISTED, "first": 0}
    assert config.budget.trials is None


def test_the_file_of_a_replay_can_be_restored_on_resume(home: Any) -> None:
    config = replaying(home).config

    assert configs.restore(configs.dump(config)) == config


def test_the_space_of_another_tuner_may_have_types_of_its_own(home: Any) -> None:
    config = replaying(home).config.model_copy(update={"search_space": {"x": {"_type": "own"}}})

    assert configs.restore(configs.dump(config)).search_space == {"x": {"_type": "own"}}


def test_the_nearest_parents_that_were_found_become_the_parents(home: Any) -> None:
    events: list[e.Event] = [
        *EVENTS[:2],
        e.Placed(at=0.0, trial=0, number=1, node="here"),
        e.Proposed(at=0.0, trial=1, params={"x": 2}),
        e.Placed(at=0.0, trial=1, number=1, node="here", restore=(0,), distance=0.1),
    ]
    config = replaying(home, "budget: {trials: 2}\ninheritance: {from: nearest}\n", events).config

    assert config.inheritance.from_ == "tuner"
    assert config.tuner.args["proposals"] == LISTED[:2]


def test_how_long_trials_train_is_in_their_params(home: Any) -> None:
    more = "tuner: {name: asha}\nresource: {name: epochs, max: 9}\nbudget: {trials: 2}\n"

    assert replaying(home, more).config.resource is None


def test_an_experiment_without_proposals_cannot_be_repeated(home: Any) -> None:
    with pytest.raises(LaunchError, match="cnn has no proposals that could be repeated"):
        replaying(home, "budget: {trials: 3}\n", EVENTS[:1])


def test_code_that_is_gone_is_named(home: Any, tmp_path: Path) -> None:
    made = home()
    (tmp_path / "store/ann/cnn-1/code/c0de").rmdir()

    with pytest.raises(LaunchError, match=r"c0de, the code of cnn, is gone"):
        originals.original("cnn", made, replay=False)
