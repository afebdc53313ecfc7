"""`model` in the experiment file: a trial makes the search space, once."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.search.conftest import PATIENCE, Lab
from tests.pytorch import require_torch

pytestmark = pytest.mark.training  # each runs several controllers

SPACE = {"x": {"_type": "choice", "_value": [1, 2, 3]}}
SPREAD = {"min": 1, "median": 2.0, "max": 3}
COSTS = {"candidates": 3, "measured": 3, "parameters": SPREAD, "macs": None, "options": []}
SUCCEEDS = 'echo \'{"value": 1}\' > "$HEIRLOOM_RESULT"'
NET = """
    from torch import nn

    from heirloom import nas


    class Net(nn.Module):
        input_shape = (4,)

        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, nas.value("width", [1, 2, 3, 4]), bias=False)

        def forward(self, x):
            return self.layer(x)
"""
TRAIN = """
    from net import Net

    from heirloom import nas, trial
    from heirloom.torch import save

    model = nas.candidate(Net)
    save(model)
    trial.finish(accuracy=model.layer.out_features)
"""


def answering(lab: Lab, command: str) -> Path:
    """A Python that runs a shell command in place of `python -m heirloom.nas`."""
    lab.write("code/net.py", "")
    python = lab.write(
        "bin/python",
        f"""\
        #!/bin/sh
        [ "$2" = heirloom.nas ] || exec {shlex.quote(sys.executable)} "$@"
        {command}
        """,
    )
    python.chmod(0o755)
    return python


def answer(lab: Lab, **changes: Any) -> Path:
    """A Python that answers at once, and counts how often."""
    text = json.dumps({"space": SPACE, "costs": COSTS} | changes)
    write = f'echo {shlex.quote(text)} > "$HEIRLOOM_SAVE_PATH/model.json"'
    return answering(lab, f"echo once >> {shlex.quote(str(lab.path / 'calls'))}; {write}")


def experiment(lab: Lab, command: str, python: Path | None = None, **keys: Any) -> Path:
    """An experiment file with a model in place of a search space."""
    trial = {} if python is None else {"trial": {"python": str(python)}}
    file = lab.experiment(command, search_space=None, **trial, **keys)
    file.write_text(file.read_text().replace("search_space: null\n", "model: net.Net\n"))
    return file


def test_a_supernet_that_does_not_fit_into_memory_is_refused(lab: Lab) -> None:
    costs = COSTS | {"supernet": {"parameters": 10**9, "bytes": 4 * 10**9}}
    python = answer(lab, costs=costs, memory={"machine": 5 * 10**9, "gpu": None})
    file = experiment(lab, SUCCEEDS, python, tuner={"name": "enas"})
    output = " ".join(lab("check", file, code=2).split())
    assert (
        "model: the supernet of net.Net has 1,000,000,000 parameters: its weights and gradients "
        "take 8.0 GB, and the memory of the node is 5.0 GB: make the model smaller"
    ) in output
    alone = experiment(lab, SUCCEEDS, python, tuner={"name": "random"})
    assert "supernet (4.0 GB) 1,000,000,000" in " ".join(lab("check", alone).split())


def test_a_supernet_has_no_choice_among_values(lab: Lab) -> None:
    python = answer(lab, values=["width", "activation"])
    file = experiment(lab, SUCCEEDS, python, tuner={"name": "darts"})
    output = " ".join(lab("check", file, code=2).split())
    assert (
        "model: width, activation: a supernet has one value for all of its candidates, and tuner "
        "darts chooses among layers alone"
    ) in output


def check_nothing_is_left(lab: Lab) -> None:
    assert not (lab.home / "tryouts").exists()
    lab.wait(lambda: not lab.leftovers(), "its processes have ended")


def test_the_space_is_made_again_after_a_kill_and_then_kept(lab: Lab) -> None:
    mark = lab.path / "mark"
    python = answering(lab, f"touch {shlex.quote(str(mark))}; exec sleep 1000")
    file = experiment(lab, SUCCEEDS, python, budget={"trials": 2})
    with lab.start("run", file) as killed:
        lab.wait(mark.exists, "the trial that makes the space runs")
        killed.kill()
    assert (lab.home / "tryouts").exists()
    answer(lab)
    output = lab("run", file)
    assert "-model-" in output  # the experiment that was killed
    assert "which was killed" in output
    assert "making the search space of net.Net on localhost …" in output
    check_nothing_is_left(lab)
    answering(lab, "exit 1")
    lab("resume", "search", "--trials", "+1")
    assert {trial["params"]["x"] for trial in lab.trials()} <= {1, 2, 3}
    assert len(lab.trials()) == 3
    assert (lab.path / "calls").read_text() == "once\n"
    assert "net.Net (1 to 3 parameters)" in lab("status", "search")
    recovery = json.loads((lab.root() / "recovery.json").read_text())
    assert recovery["config"]["search_space"] == SPACE
    assert recovery["created"]["costs"] == COSTS | {"supernet": None}


def test_interrupted(lab: Lab) -> None:
    mark = lab.path / "mark"
    python = answering(lab, f"touch {shlex.quote(str(mark))}; exec sleep 1000")
    with lab.start("check", experiment(lab, SUCCEEDS, python)) as process:
        lab.wait(mark.exists, "the trial that makes the space runs")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, output
    assert "interrupted: the search space of net.Net was not made" in output
    assert "Traceback" not in output
    check_nothing_is_left(lab)


def test_answers_that_are_refused(lab: Lab) -> None:
    file = experiment(lab, SUCCEEDS, answer(lab, space={"x": {"_type": "choise", "_value": [1]}}))
    output = lab("check", file, code=2)
    assert f"(with {lab.path / 'bin/python'}, on localhost): its search space is wrong" in output
    answering(lab, 'head -c 5000000 /dev/zero > "$HEIRLOOM_SAVE_PATH/model.json"')
    assert "its answer cannot be read" in lab("check", file, code=2)
    answer(lab)
    bound = {"accuracy": "maximize", "parameters": {"at_least": 4}}
    file = experiment(lab, SUCCEEDS, lab.path / "bin/python", objective=bound)
    assert "the most of all 3 candidates of net.Net is 3" in lab("check", file, code=2)
    check_nothing_is_left(lab)


def test_a_search_trains_what_is_within_bounds(lab: Lab) -> None:
    require_torch()
    lab.write("code/net.py", NET)
    lab.write("code/train.py", TRAIN)
    file = experiment(
        lab,
        "python train.py",
        tuner={"name": "grid"},
        budget={},
        objective={"accuracy": "maximize", "parameters": "minimize", "macs": {"at_most": 8}},
    )
    lab.kill_after(0, "run", file)
    (lab.path / "code/net.py").write_text("raise RuntimeError('changed')\n")
    assert "making the search space" not in lab("resume", "search")
    trials = lab.trials()
    assert [trial["params"]["width"] for trial in trials] == [1, 2, 3, 4]
    assert [trial["state"] for trial in trials] == ["succeeded"] * 2 + ["stopped"] * 2
    assert trials[1]["values"] == {"accuracy": 2, "parameters": 8, "macs": 8}
    assert trials[3]["reason"] == "infeasible: macs is 16, above at_most 8"
    assert trials[3]["values"] == {"parameters": 16, "macs": 16}
    assert not trials[3]["weights"]
