"""Chains of shared weights, with real trials: a killed controller, a killed trial, damaged weights.

A trial's weights are a digest of its params and of its parents' weights, and its result follows
from them: two searches with the same weights had the same trials.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controller.engine.continuation.calls import calls
from controller.engine.continuation.replay import replay
from controller.state.home import Home
from controller.state.journal import Journal
from controller.state.record import read_config
from controller.tuners.process import TunerProcess
from tests.integration.search.conftest import PATIENCE, Lab

TRIAL = """
    import hashlib, json, os, pathlib, signal
    from heirloom import trial

    params, crash = trial.params, pathlib.Path(os.environ["CRASH"])
    if params["task"] in ("search", "train") and params["generation"] == 1 and crash.exists():
        crash.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    known = [(path / "weights").read_text() for path in trial.restore_paths]


    def share(*what):
        text = json.dumps([what, params, known], sort_keys=True)
        return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 2**32


    if params["task"] == "evaluate":
        rewards = [share(sample) for sample in params["samples"]]
        trial.finish(sum(rewards) / len(rewards), rewards=rewards)
    else:
        (trial.save_path / "weights").write_text(str(share("weights")))
        alphas = {label: {"conv": share(label), "pool": 1 - share(label)} for label in "abc"}
        trial.finish(share("value"), alphas=alphas)
"""
SPACE: dict[str, Any] = {label: ["conv", "pool"] for label in "abc"}
DARTS = {"generations": 6, "epochs": 1, "edges": None}
ENAS = {"samples": 2, "updates": 1, "children": 2}
TUNERS: dict[str, Any] = {
    "darts": {"name": "darts", "args": DARTS},
    "enas": {"name": "enas", "args": ENAS},
}
COMPARED = ("params", "parents", "restored", "state", "value", "result", "candidate")


def experiment(lab: Lab, method: str, name: str, trials: int, **more: Any) -> Path:
    """A search in which one trial runs at a time."""
    lab.write("code/train.py", TRIAL)
    environment = {"CRASH": str(lab.path / "crash")}
    return lab.experiment(
        "python train.py",
        name=name,
        search_space=SPACE,
        tuner=TUNERS[method],
        budget={"trials": trials, "concurrency": 1},
        trial={"environment": environment},
        seed=3,
        **more,
    )


def weights(lab: Lab, name: str) -> list[list[str]]:
    """The digests of the files that each trial committed."""
    found = sorted((lab.root(name) / "trials").iterdir(), key=lambda trial: int(trial.name))
    manifests = [json.loads((trial / "manifest.json").read_text()) for trial in found]
    return [[file["digest"] for file in manifest["files"]] for manifest in manifests]


def tuner_state(lab: Lab, name: str) -> Any:
    """The state of the tuner to which the journal leads: a policy, or the last generations."""
    place = Home(lab.home).find(name)
    config = read_config(place)
    with Journal.open(place.journal, readonly=True) as journal:
        repeated = list(calls(config, journal, replay(config, journal)))
    process = TunerProcess(config.tuner_setup(3), lab.path / "tuner.log", lambda _: None)
    try:
        assert process.replay(repeated) == []
        return process.state().result(PATIENCE)["state"]
    finally:
        process.close(PATIENCE)


@pytest.mark.training
@pytest.mark.parametrize("method", TUNERS)
def test_a_chain_that_is_killed_twice_is_that_of_an_undisturbed_search(
    lab: Lab, method: str
) -> None:
    lab("run", experiment(lab, method, "whole", 7, keep="lineage"))
    lab.kill_after(1, "run", experiment(lab, method, "killed", 7, keep="lineage"))
    lab.kill_after(4, "resume", "killed")
    assert "the tuner now" not in lab("resume", "killed")
    whole, killed = lab.trials("whole"), lab.trials("killed")
    assert {trial["state"] for trial in whole} == {"succeeded"}
    for key in COMPARED:
        assert [trial[key] for trial in killed] == [trial[key] for trial in whole]
    assert weights(lab, "killed") == weights(lab, "whole")
    assert tuner_state(lab, "killed") == tuner_state(lab, "whole")


LOST = {
    # Trial 1 is killed. Trial 3, the last generation, is damaged after the first end.
    "darts": (
        4,
        [[], [0], [0], [2], [], [3], [3], [2], [7], [8], [], [9]],
        {"failed": [1], "skipped": [6]},
    ),
    # Trial 2 is killed, and trial 5 is damaged.
    "enas": (
        6,
        [[], [0], [0], [0], [3], [3], [], [3], [5], [3], [9], [9], [], [9]],
        {"failed": [2], "skipped": [8]},
    ),
}


@pytest.mark.training
@pytest.mark.parametrize("method", LOST)
def test_a_chain_that_loses_generations_goes_on_from_the_last_whole_one(
    lab: Lab, method: str
) -> None:
    first, parents, lost = LOST[method]
    (lab.path / "crash").touch()
    lab("run", experiment(lab, method, "search", first))
    last = max(
        trial["id"]
        for trial in lab.trials()
        if not trial["candidate"] and trial["weights"] is not None
    )
    file = lab.root() / f"trials/{last}/weights/weights"
    file.chmod(0o640)
    file.write_text("0.0")
    lab("resume", "search", "--trials", "+4")
    trials = lab.trials()
    assert [trial["parents"] for trial in trials] == parents
    found = {
        state: [trial["id"] for trial in trials if trial["state"] == state]
        for state in ("failed", "skipped")
    }
    assert found == lost
    assert "do not match their manifest" in trials[lost["skipped"][0]]["reason"]
    used = [trial for trial in trials if trial["state"] == "succeeded"]
    assert all(trial["restored"] == trial["parents"] for trial in used)
