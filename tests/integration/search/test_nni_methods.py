"""NNI's own methods by name, and an advisor, with trials that were written for NNI."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.integration.search.conftest import Lab
from tests.pytorch import require_torch

pytestmark = pytest.mark.training

CONFIG = """\
experimentName: search
searchSpace:
  x: {{_type: uniform, _value: [0, 1]}}
  kind: {{_type: choice, _value: [a, b]}}
trialCommand: python3 train.py
trialCodeDirectory: code
trialConcurrency: 2
maxTrialNumber: {trials}
{algorithms}
trainingService: {{platform: local}}
heirloom: {{seed: 1}}
"""

# Trains what it is given from nothing, as NNI's example for its advisors.
BUDGET = """
    import nni

    params = nni.get_next_parameter()
    budget = params.pop("TRIAL_BUDGET")
    assert sorted(params) == ["kind", "x"], params
    for epoch in range(budget):
        nni.report_intermediate_result(params["x"] * (epoch + 1))
    nni.report_final_result(params["x"] * budget)
"""

# Keeps its progress in checkpoint directories, as NNI's example for its PBTTuner.
CHECKPOINTS = """
    import os

    import nni

    params = nni.get_next_parameter()
    load, save = params.pop("load_checkpoint_dir"), params.pop("save_checkpoint_dir")
    assert sorted(params) == ["kind", "x"], params
    epochs = 0
    if os.path.isfile(os.path.join(load, "model.pth")):
        with open(os.path.join(load, "model.pth")) as file:
            epochs = int(file.read())
    nni.report_final_result(epochs + params["x"])
    if not os.path.exists(save):
        os.makedirs(save)
    with open(os.path.join(save, "model.pth"), "w") as file:
        file.write(str(epochs + 1))
"""

# Thirty steps of a curve that levels off; the first trial is the best.
CURVE = """
    import nni

    params = nni.get_next_parameter()
    limit = 0.9 if nni.get_sequence_id() == 0 else 0.3
    for step in range(1, 31):
        nni.report_intermediate_result(limit * (1 - 0.7 ** step))
        if nni.get_sequence_id() and step > 10:
            import time; time.sleep(0.1)  # a trial stops by its next report
    nni.report_final_result(limit)
"""

# Successive halving: the better half of each rung goes on with the double of steps. It kills a
# trial that reports a negative value.
HALVING = """
    import json
    import random

    from nni.runtime.msg_dispatcher_base import MsgDispatcherBase
    from nni.runtime.protocol import CommandType, send


    class Halving(MsgDispatcherBase):
        def __init__(self, width, log):
            super().__init__()
            self.width, self.log = width, log
            self.rung, self.steps, self.sent = [], 1, 0
            self.values, self.left = {}, 0
            self.random = random.Random(1)

        def handle_initialize(self, data):
            self.handle_update_search_space(data)
            send(CommandType.Initialized, "")

        def handle_update_search_space(self, data):
            assert data["x"]["_type"] == "uniform"

        def handle_request_trial_jobs(self, data):
            for _ in range(data):
                if self.sent < self.width:
                    x = -1.0 if self.sent == 1 else self.random.random()
                    self.new_job({"x": x, "kind": "a"})
                else:
                    send(CommandType.NoMoreTrialJobs, "")

        def new_job(self, params):
            job = {"parameter_id": self.sent, "parameters": {**params, "TRIAL_BUDGET": self.steps}}
            self.sent += 1
            self.left += 1
            send(CommandType.NewTrialJob, json.dumps(job))

        def handle_report_metric_data(self, data):
            value = json.loads(data["value"])
            if value < 0:
                send(CommandType.KillTrialJob, json.dumps(data["trial_job_id"]))
            elif data["type"] == "FINAL":
                self.values[data["parameter_id"]] = value

        def handle_trial_end(self, data):
            job = json.loads(data["hyper_params"])
            with open(self.log, "a") as file:
                file.write(data["event"] + "\\n")
            self.left -= 1
            if data["event"] == "SUCCEEDED":
                self.rung.append((self.values[job["parameter_id"]], job["parameters"]))
            if self.left == 0 and self.sent >= self.width and len(self.rung) > 1:
                self.rung.sort(key=lambda pair: pair[0], reverse=True)
                best = self.rung[: len(self.rung) // 2]
                self.rung, self.steps = [], self.steps * 2
                for _, params in best:
                    self.new_job(params)

        def handle_add_customized_trial(self, data):
            pass
"""

# Reports often enough that a kill reaches it.
KILLED = """
    import time

    import nni

    params = nni.get_next_parameter()
    for epoch in range(params["TRIAL_BUDGET"] if params["x"] >= 0 else 600):
        nni.report_intermediate_result(params["x"] * (epoch + 1))
        if params["x"] < 0:
            time.sleep(0.1)  # until it is killed
    nni.report_final_result(params["x"] * params["TRIAL_BUDGET"])
"""


# Builds what it is given, as NNI's example for its NetworkMorphism, and trains it for a moment.
NETWORK = """
    import nni
    import torch
    from nni.algorithms.hpo.networkmorphism_tuner.graph import json_to_graph

    graph = json_to_graph(nni.get_next_parameter())
    print(graph.operation_history)
    torch.manual_seed(0)
    net = graph.produce_torch_model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    images, labels = torch.rand(8, 1, 8, 8), torch.arange(8) % 3
    for epoch in range(3):
        optimizer.zero_grad()
        scores = net(images)
        assert scores.shape == (8, 3)
        torch.nn.CrossEntropyLoss()(scores, labels).backward()
        optimizer.step()
        nni.report_intermediate_result((scores.argmax(1) == labels).float().mean().item())
    nni.report_final_result((scores.argmax(1) == labels).float().mean().item())
"""


def search(lab: Lab, trial: str, trials: int, algorithms: str) -> list[dict[str, Any]]:
    """Run a configuration of NNI; its trials."""
    lab.write("code/train.py", trial)
    config = lab.path / "config.yml"
    config.write_text(CONFIG.format(trials=trials, algorithms=textwrap.dedent(algorithms).strip()))
    lab("run", config)
    return lab.trials()


@pytest.mark.parametrize(
    "advisor", ["Hyperband, classArgs: {R: 2", "BOHB, classArgs: {max_budget: 2"]
)
def test_trials_get_a_budget_and_better_ones_a_larger_one(lab: Lab, advisor: str) -> None:
    trials = search(lab, BUDGET, 5, f"advisor: {{name: {advisor}, eta: 2}}}}")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    lower, upper = (
        [trial["params"]["x"] for trial in trials if trial["params"]["TRIAL_BUDGET"] == budget]
        for budget in (1, 2)
    )
    assert max(lower[:2]) in upper


def test_checkpoints_of_a_population_are_on_the_store(lab: Lab) -> None:
    args = "{population_size: 2, fraction: 0.5}"
    trials = search(lab, CHECKPOINTS, 5, f"tuner: {{name: PBTTuner, classArgs: {args}}}")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    parents = {trial["id"]: trial["parents"] for trial in trials}
    assert [bool(found) for found in parents.values()] == [False, False, True, True, True]
    values = {trial["id"]: int(trial["value"]) for trial in trials}
    for trial, [parent] in ((key, found) for key, found in parents.items() if found):
        assert values[trial] == values[parent] + 1
        assert (lab.root() / f"trials/{trial}/weights/model.pth").read_text() == str(
            values[trial] + 1
        )


def test_a_curve_that_levels_off_too_low_is_stopped(lab: Lab) -> None:
    assessor = """
        tuner: {name: Random}
        assessor: {name: Curvefitting, classArgs: {epoch_num: 30, start_step: 6, gap: 4}}
        """
    trials = search(lab, CURVE, 3, assessor)
    states = {trial["id"]: trial["state"] for trial in trials}
    assert states[0] == "succeeded"
    assert states[2] == "stopped"


def test_an_advisor_proposes_and_kills(lab: Lab) -> None:
    lab.write("code/halving.py", HALVING)
    log: Path = lab.path / "events"
    advisor = f"""
        advisor:
          className: halving.Halving
          codeDirectory: code
          classArgs: {{width: 4, log: {log}}}
        """
    trials = search(lab, KILLED, 99, advisor)
    assert [trial["state"] for trial in trials].count("stopped") == 1
    assert trials[1]["state"] == "stopped"
    assert sorted(log.read_text().split()) == ["SUCCEEDED"] * 4 + ["USER_CANCELED"]
    steps = [trial["params"]["TRIAL_BUDGET"] for trial in trials]
    assert steps == [1, 1, 1, 1, 2]
    best = max(trials[:4], key=lambda trial: trial["params"]["x"])
    assert trials[-1]["params"]["x"] == best["params"]["x"]


def test_trials_build_the_networks_of_the_tuner(lab: Lab) -> None:
    require_torch()
    args = "{task: cv, input_width: 8, input_channel: 1, n_output_node: 3, default_model_width: 8}"
    tuner = f"tuner: {{name: NetworkMorphism, classArgs: {args}}}"
    trials = search(lab, NETWORK, 3, tuner)
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert trials[1]["parents"] == [0]
    assert trials[0]["params"] != trials[1]["params"]
