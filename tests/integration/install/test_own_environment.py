"""A user works in a directory and an environment of his own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.integration.install.conftest import User, make_venv, run
from tests.pytorch import require_torch

EXPERIMENT = """
    name: search
    search_space: {x: {_type: uniform, _value: [0, 1]}}
    tuner: {name: random}
    trial: {command: python train.py}
    budget: {trials: 2}
"""
# `ours` is a package that only the user's environment holds.
TRIAL = """
    import sys
    import ours
    from heirloom import trial
    (trial.save_path / "prefix").write_text(sys.prefix)
    trial.finish(ours.VALUE)
"""
TUNER = """
    import ours
    from heirloom.tuners import Proposal, Tuner

    class Ours(Tuner):
        def __init__(self, space, *, seed, maximize):
            pass

        def propose(self, trial_id):
            return Proposal({"x": ours.VALUE})

        def observe(self, result):
            pass
"""


@pytest.fixture
def environment(user: User) -> Path:
    """An environment without Heirloom that holds the package `ours`."""
    path = user.path / "env"
    make_venv(path)
    [site] = path.glob("lib/python*/site-packages")
    (site / "ours.py").write_text("VALUE = 0.5\n")
    return path


def prefixes(user: User) -> list[str]:
    """The environments that trials ran in, as they wrote them; each trial succeeded."""
    found = json.loads(user("trials", "search", "--json"))
    return [(Path(trial["weights"]) / "prefix").read_text() for trial in found]


def test_the_first_experiment_runs_as_it_is(user: User) -> None:
    output = user("init", "first")
    assert "heirloom run first/experiment.yml" in output
    assert "is not overwritten" in user("init", "first", code=2)
    assert "the experiment can run" in user("check", "first/experiment.yml")
    # A file of the user's that is called as our package is.
    user.write("controller.py", "raise SystemExit('the wrong module')")
    output = user("run", "first/experiment.yml")
    assert "12 succeeded" in output
    assert "report: " in output
    assert json.loads(user("status", "first", "--json"))[0]["counts"]["succeeded"] == 12


def test_trials_and_the_users_tuner_run_in_the_active_environment(
    user: User, environment: Path
) -> None:
    user.write("train.py", TRIAL)
    user.write("my_tuner.py", TUNER)
    # The tuner's process imports `heirloom` alone.
    user.write("controller.py", "raise SystemExit('the wrong module')")
    tuner = "{class: my_tuner.Ours, code_dir: .}"
    file = user.write("search.yml", EXPERIMENT.replace("{name: random}", tuner))
    output = user("check", file, VIRTUAL_ENV=str(environment))
    assert f"{environment}/bin/python (3." in output
    assert "from VIRTUAL_ENV)" in output
    assert 'candidate 0: {"x": 0.5}' in output
    user("run", file, VIRTUAL_ENV=str(environment))
    assert prefixes(user) == [str(environment)] * 2


def test_the_file_may_name_the_environment(user: User, environment: Path) -> None:
    user.write("train.py", TRIAL)
    named = "python train.py, python: env/bin/python"
    file = user.write("search.yml", EXPERIMENT.replace("python train.py", named))
    assert "from trial.python)" in user("check", file)
    user("run", file, VIRTUAL_ENV="/nowhere")
    assert prefixes(user) == [str(environment)] * 2


def test_resume_keeps_the_environment_and_says_when_it_is_gone(
    user: User, environment: Path
) -> None:
    user.write("train.py", TRIAL)
    file = user.write("search.yml", EXPERIMENT)
    user("run", file, VIRTUAL_ENV=str(environment))
    user("retry", "search", "0")
    user("resume", "search", VIRTUAL_ENV="/nowhere")
    assert prefixes(user) == [str(environment)] * 3
    user("retry", "search", "0")
    environment.rename(user.path / "gone")
    output = user("resume", "search", code=2)
    assert f"{environment}/bin/python (from VIRTUAL_ENV), is gone" in output


def test_an_environment_that_is_not_there_is_an_error_that_names_the_variable(user: User) -> None:
    file = user.write("search.yml", EXPERIMENT)
    output = user("check", file, code=2, CONDA_PREFIX="/nowhere")
    assert "/nowhere/bin/python (from CONDA_PREFIX) cannot be run" in output


def test_a_trial_runs_by_hand(user: User) -> None:
    trial = "from heirloom import trial\ntrial.finish(1.0 + len(trial.params))\n"
    file = user.write("by_hand.py", trial)
    output = run(user.installed.venv / "bin" / "python", file, cwd=user.path)
    assert "1.0" in output


@pytest.mark.training
def test_the_first_torch_experiment_runs_as_it_is(user: User) -> None:
    require_torch()
    user("init", "--torch")
    user("run", "experiment.yml", "--name", "search", VIRTUAL_ENV=sys.prefix)
    found = json.loads(user("trials", "search", "--json"))
    assert {trial["state"] for trial in found} == {"succeeded"}
    assert any(trial["restored"] for trial in found)
