"""GPUs and limits of this machine, as a user without an inventory meets them."""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.search.conftest import Lab

TRAIN = 'echo "visible: [$CUDA_VISIBLE_DEVICES]"; echo \'{"value": 1}\' > "$HEIRLOOM_RESULT"'


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that takes the place of nvidia-smi and lists five GPUs."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    lines = "".join(f"echo '{n}, GPU-aaaa{n}, NVIDIA RTX A6000'\n" for n in range(5))
    program.write_text(f"#!/bin/sh\n{lines}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def visible(lab: Lab) -> Counter[str]:
    logs = [
        (lab.root() / f"attempts/{number}.1/output.log").read_text().strip()
        for number in range(len(lab.trials()))
    ]
    return Counter(logs)


@pytest.mark.usefixtures("gpus")
def test_each_trial_has_gpus_of_its_own_without_an_inventory(lab: Lab) -> None:
    file = lab.experiment(TRAIN, trial={"gpus": 2}, lookahead=0)
    assert "localhost (2 slots, 4 GPUs)" in lab("check", file)
    output = lab("run", file)
    assert "search on localhost (2 slots, 4 GPUs)" in output
    assert "no trial will use 1 of this machine's 5 GPUs" in output
    assert visible(lab).keys() <= {"visible: [0,1]", "visible: [2,3]"}
    assert {trial["state"] for trial in lab.trials()} == {"succeeded"}


@pytest.mark.usefixtures("gpus")
def test_the_shell_limits_the_gpus_and_what_is_unused_is_said(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-aaaa3")
    file = lab.experiment(TRAIN, trial={"gpus": 1}, budget={"trials": 1})
    lab("run", file)
    assert visible(lab) == {"visible: [3]": 1}
    refused = lab("check", lab.experiment(TRAIN, trial={"gpus": 2}), code=2)
    assert "a trial takes 1 slot and 2 GPUs, and this machine has 1 GPU" in refused
    assert "inventory/hosts.yml" not in refused
    note = "this machine has 1 GPU (NVIDIA RTX A6000)"
    assert note in lab("check", lab.experiment(TRAIN))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert note not in lab("check", lab.experiment(TRAIN))


def test_a_trial_that_exceeds_its_memory_fails_without_retries(lab: Lab) -> None:
    command = "python -c 'import time; x = bytearray(400_000_000); time.sleep(600)'"
    file = lab.experiment(command, trial={"memory": "150MB"}, budget={"trials": 1})
    output = lab("run", file, code=1)
    assert "more than its memory limit of 150 MB" in output
    [trial] = lab.trials()
    assert (trial["state"], len(trial["attempts"])) == ("failed", 1)
