"""Damaged weights are not used, and the output names their trial."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tests.integration.search.conftest import PATIENCE, Lab

TUNER = """
    import pathlib, time
    from heirloom.tuners import Proposal

    class Family:
        # A trial, its child, and, after a signal, two children of the child.

        def __init__(self, *_, gate, **__):
            self.gate = pathlib.Path(gate)

        def propose(self, trial_id):
            while trial_id > 1 and not self.gate.exists():
                time.sleep(0.05)
            return Proposal({}, parents=[[], [0], [1], [1]][trial_id])

        def observe(self, result):
            pass
"""
TRAIN = """
    from heirloom import trial

    body = b"x" * 5000
    if trial.restore_path:
        body = (trial.restore_path / "backbone").read_bytes()
    (trial.save_path / "backbone").write_bytes(body)
    (trial.save_path / "head").write_text(str(trial.params))
    trial.finish(len(body))
"""


def digest(file: Path) -> str:
    return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[1234] ^= 1
    file.chmod(0o640)
    file.write_bytes(data)
    file.chmod(0o440)


def test_weights_with_a_flipped_bit_are_reported_and_not_used(lab: Lab) -> None:
    lab.write("code/train.py", TRAIN)
    lab.write("tuner/family.py", TUNER)
    gate = lab.path / "go"
    file = lab.experiment(
        "python train.py",
        tuner={"class": "family.Family", "code_dir": "tuner", "args": {"gate": str(gate)}},
        budget={"trials": 4},
    )
    journal = lab.home / "experiments/search/journal.db"
    with lab.start("run", file) as running:
        lab.wait(
            lambda: (
                journal.exists()
                and [trial["state"] for trial in lab.trials()][:2] == ["succeeded"] * 2
            ),
            "a child of trial 0",
        )
        backbone = lab.root() / "trials/1/weights/backbone"
        assert backbone.samefile(lab.root() / "trials/0/weights/backbone")
        before = digest(backbone)
        flip(backbone)
        after = digest(backbone)
        gate.touch()
        output, _ = running.communicate(timeout=PATIENCE)
    damage = (
        f"backbone, committed by attempt 1.1 on localhost: expected 5000 bytes with {before}, "
        f"found 5000 with {after}"
    )
    assert f"trials/1/weights/{damage}" in output
    assert "the weights of trial 1 are damaged" in output
    trials = lab.trials()
    assert [trial["state"] for trial in trials] == ["succeeded"] * 2 + ["skipped"] * 2
    for trial in trials[2:]:
        assert all(attempt["started_at"] is None for attempt in trial["attempts"])
    refused = [trial["id"] for trial in trials[2:] if trial["attempts"]]
    assert refused
    for number in refused:
        assert damage in plain(lab("show", "search", str(number)))
    assert f"{damage}; stored once for it and 0" in plain(lab("show", "search", "1"))
    lab("report", "search")
    page = (lab.home / "experiments/search/report.html").read_text()
    assert f"{damage}; stored once for it and 0" in page


def plain(output: str) -> str:
    """Output without the line breaks of a narrow terminal."""
    return re.sub(r"\s+", " ", output)
