"""NNI's experiments, run from their own configuration files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.search.conftest import Lab

TRIAL = """\
import os
import time

import nni

params = nni.get_next_parameter()
with open("notes.txt", "w") as notes:
    notes.write(nni.get_trial_id())
for step in range(10_000):
    nni.report_intermediate_result({"default": params["x"], "step": step})
    if params["x"] > 0:
        break
    time.sleep(0.1)  # until the assessor has it stopped
nni.report_final_result({"default": params["x"], "at": os.getcwd()})
"""

TUNER = """\
import json
from nni.assessor import Assessor, AssessResult
from nni.tuner import Tuner


class Counts(Tuner):
    def __init__(self, optimize_mode, log):
        self.log = log
        self.note("made", optimize_mode)

    def note(self, *what):
        with open(self.log, "a") as file:
            file.write(json.dumps(what) + "\\n")

    def update_search_space(self, search_space):
        self.note("space", search_space)

    def generate_parameters(self, parameter_id, **kwargs):
        return {"x": parameter_id}

    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        self.note("result", parameter_id, parameters, value["default"])

    def trial_end(self, parameter_id, success, **kwargs):
        self.note("end", parameter_id, success)


class Positive(Assessor):
    def assess_trial(self, trial_job_id, history):
        good = history[-1]["default"] > 0 if isinstance(history[-1], dict) else history[-1] > 0
        return AssessResult.Good if good else AssessResult.Bad
"""

V1 = """\
authorName: ann
experimentName: Counting
trialConcurrency: 2
maxTrialNum: 4
trainingServicePlatform: local
searchSpacePath: space.json
useAnnotation: false
multiThread: true
tuner:
  codeDir: tuners
  classFileName: my_tuner.py
  className: Counts
  classArgs: {{optimize_mode: maximize, log: {log}}}
  includeIntermediateResults: true
assessor:
  codeDir: tuners
  classFileName: my_tuner.py
  className: Positive
trial:
  command: python3 trial.py
  codeDir: trials
  gpuNum: 0
"""

V2 = """\
experimentName: Counting
searchSpaceFile: space.json
trialCommand: python3 trial.py
trialCodeDirectory: trials
trialConcurrency: 2
maxTrialNumber: 4
tuner:
  className: my_tuner.Counts
  codeDirectory: tuners
  classArgs: {{optimize_mode: maximize, log: {log}}}
assessor:
  className: my_tuner.Positive
  codeDirectory: tuners
trainingService:
  platform: local
"""

SPACE = {"x": {"_type": "my_own", "_value": [0, 10]}}


@pytest.fixture
def log(lab: Lab) -> Path:
    lab.write("trials/trial.py", TRIAL)
    lab.write("tuners/my_tuner.py", TUNER)
    lab.write("space.json", json.dumps(SPACE))
    return lab.path / "calls"


@pytest.mark.parametrize(("text", "version"), [(V1, 1), (V2, 2)])
def test_unmodified_trial_tuner_and_assessor(lab: Lab, log: Path, text: str, version: int) -> None:
    file = lab.write("config.yml", text.format(log=json.dumps(str(log))))
    checked = lab("check", file, "--samples", "0")
    assert "nodes       localhost (2 slots)" in checked
    assert not log.exists() or "result" not in log.read_text()
    log.unlink(missing_ok=True)
    lab("run", file)
    trials = lab.trials("counting")
    assert [trial["params"]["x"] for trial in trials] == [0, 1, 2, 3]
    assert [trial["state"] for trial in trials] == ["stopped", *["succeeded"] * 3]
    assert [trial["value"] for trial in trials[1:]] == [1, 2, 3]
    for trial in trials[1:]:
        assert trial["result"]["nni"]["at"] != str(lab.path / "trials")
    assert sorted(path.name for path in (lab.path / "trials").iterdir()) == ["trial.py"]
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    assert calls[:2] == [["made", "maximize"], ["space", SPACE]]
    results = sorted(call for call in calls if call[0] == "result")
    reported = [0, 1, 2, 3] if version == 1 else [1, 2, 3]
    assert results == [["result", number, {"x": number}, number] for number in reported]
    ends = sorted(call for call in calls if call[0] == "end")
    assert ends == [["end", number, number > 0] for number in range(4)]


def test_a_converted_experiment_runs_the_same_way(lab: Lab, log: Path) -> None:
    file = lab.write("config.yml", V1.format(log=json.dumps(str(log))))
    lab.write("experiment.yml", lab("convert", file))
    lab("run", lab.path / "experiment.yml")
    assert [trial["params"]["x"] for trial in lab.trials("counting")] == [0, 1, 2, 3]


def test_convert_refuses_other_files(lab: Lab) -> None:
    file = lab.experiment("true")
    assert "not an NNI configuration" in lab("convert", file, code=2)
    text = V2.replace("platform: local", "platform: aml").format(log="calls")
    wrong = lab.write("config.yml", text)
    assert "config.yml:15: trainingService.platform: aml is not supported" in lab(
        "convert", wrong, code=2
    )
