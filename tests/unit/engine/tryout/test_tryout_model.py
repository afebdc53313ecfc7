"""The throw-away experiment that makes the search space of a model."""

from pathlib import Path

from controller.config import Experiment, load
from controller.core.model import Attempt, AttemptState, Outcome, State, Trial
from controller.engine.tryout import model
from controller.store.layout import Root
from tests.unit.config.experiment_files import write

FILE = """\
model: net.Net
objective: {accuracy: maximize, macs: {at_most: 9}}
tuner: {name: evolution, args: {initial: [{width: 8}]}}
inheritance: {from: nearest}
on_end: mail
trial: {command: python train.py, weights: required, retries: 3, memory: 1GB, environment: {A: b}}
budget: {trials: 40}
keep: best 5
"""


def test_its_one_trial_runs_as_those_of_the_search(tmp_path: Path) -> None:
    config = load(write(tmp_path, FILE))
    found = model.adapted(config)
    assert Experiment.model_validate(found.model_dump(by_alias=True)) == found
    assert found.trial.command == ["python", "-m", "heirloom.nas", "--trial", "net.Net"]
    assert (found.trial.timeout, found.trial.retries) == (60.0, 0)
    assert (found.trial.weights, found.trial.value) == ("optional", "optional")
    assert found.trial.memory == config.trial.memory
    assert found.trial.environment == config.trial.environment
    assert (found.budget.trials, found.on_end, found.resource) == (1, None, None)
    assert not found.objectives.are_named


def ended(outcome: Outcome, reason: str) -> Trial:
    attempt = Attempt(1, "node1", (), AttemptState.ENDED, outcome=outcome)
    return Trial(0, {}, (), (), State.FAILED, 0.0, [attempt], reason=reason)


def test_why_it_failed(tmp_path: Path) -> None:
    root = Root(tmp_path)
    timeout = ended(Outcome.TIMEOUT, "ran past its timeout of 60 s")
    assert model._why_it_failed(root, timeout) == "it took longer than 60 s"
    failed = ended(Outcome.FAILED, "exit code 1")
    assert model._why_it_failed(root, failed) == "exit code 1"
    log = root.attempt(0, 1) / "output.log"
    log.parent.mkdir(parents=True)
    log.write_text("ModuleNotFoundError: No module named 'torch'\n")
    assert "that Python has no PyTorch" in model._why_it_failed(root, failed)
