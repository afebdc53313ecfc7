"""Searches whose trials were written for NNI: what they report, and where they write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heirloom.node.process import sandbox
from tests.integration.search.conftest import Lab

NO_SANDBOX = sandbox.unavailable_reason()

METRICS = """
    import nni

    params = nni.get_next_parameter()
    nni.report_intermediate_result({"default": params["x"] / 2, "note": "it's\\n☃"})
    nni.report_intermediate_result({"loss": 1})
    nni.report_final_result({"loss": params["x"], "note": "it's\\n☃"})
"""

IDS = """
    import os
    import nni

    nni.get_next_parameter()
    assert nni.get_experiment_id() == os.environ["HEIRLOOM_EXPERIMENT"]
    assert nni.get_trial_id() == f"{nni.get_experiment_id()}-{nni.get_sequence_id()}"
    with open("mine.txt", "a") as file:  # as they do, where they start
        file.write(f"{nni.get_sequence_id()}")
    with open("mine.txt") as file, open(os.environ["SHARED"] + "/" + nni.get_trial_id(), "w") as to:
        to.write(file.read())
    nni.report_final_result(nni.get_sequence_id())
"""

ANNOTATED = """
    class Net:
        def __init__(self, size):
            '''@nni.variable(nni.choice(2, 3, size), name=self.size)'''
            self.size = size

    '''@nni.get_next_parameter()'''
    '''@nni.report_final_result(Net(5).size)'''
"""


def test_annotated_trials_take_their_values(lab: Lab) -> None:
    lab.write("code/train.py", ANNOTATED)
    file = lab.write(
        "config.yml",
        """
        authorName: ann
        experimentName: search
        trialConcurrency: 2
        maxTrialNum: 3
        trainingServicePlatform: local
        useAnnotation: true
        tuner: {builtinTunerName: GridSearch}
        trial: {command: python3 train.py, codeDir: code}
        """,
    )
    assert "3 succeeded" in lab("run", file)
    values = {trial["params"]["train/self.size/choice"]: trial["value"] for trial in lab.trials()}
    assert values == {2: 2, 3: 3, "size": 5}
    assert "@nni" in (lab.path / "code/train.py").read_text()


def test_trials_without_a_value_succeed_if_it_is_optional(lab: Lab) -> None:
    lab.write("code/train.py", METRICS)
    file = lab.experiment(
        "python train.py",
        trial={"value": "optional"},
        tuner={"name": "evolution", "args": {"population": 2, "sample": 1}},
        assessor={"name": "median_stopping"},
    )
    output = lab("run", file)
    assert "4 succeeded" in output
    assert "best so far" not in output
    for trial in lab.trials():
        assert (trial["state"], trial["value"]) == ("succeeded", None)
        assert trial["result"]["nni"] == {"loss": trial["params"]["x"], "note": "it's\n☃"}
    for command in (
        ["status"],
        ["status", "search"],
        ["show", "search", "0"],
        ["trials", "search"],
    ):
        lab(*command)
    assert (lab.home / "experiments/search/report.html").stat().st_size > 100_000


def test_a_trial_without_a_result_fails_by_default(lab: Lab) -> None:
    lab.write("code/train.py", METRICS)
    file = lab.experiment("python train.py", budget={"trials": 1})
    lab("run", file, code=1)
    [trial] = lab.trials()
    assert trial["state"] == "failed"
    assert "is not a number" in trial["reason"]


@pytest.mark.skipif(bool(NO_SANDBOX), reason=NO_SANDBOX or "none")
def test_trials_write_to_a_copied_work_directory_and_to_writable_paths(lab: Lab) -> None:
    lab.write("code/train.py", IDS)
    store = lab.path / "store"
    shared = store / "handed out"
    file = lab.experiment(
        "python train.py",
        store=str(store),
        trial={
            "workdir": "copy",
            "writable": [str(shared)],
            "environment": {"SHARED": str(shared)},
        },
    )
    lab("run", file)
    root = lab.root()
    assert {trial["state"] for trial in lab.trials()} == {"succeeded"}
    assert sorted(path.name for path in shared.iterdir()) == [f"{root.name}-{n}" for n in range(4)]
    for trial in range(4):
        assert (shared / f"{root.name}-{trial}").read_text() == str(trial)
        attempt = root / f"attempts/{trial}.1"
        assert (attempt / "work/mine.txt").read_text() == str(trial)
        spec = json.loads((attempt / "spec.json").read_text())
        assert Path(spec["root"], spec["code"], "train.py").exists()
        assert not Path(spec["root"], spec["code"], "mine.txt").exists()
