"""SIGKILL of the controller at random moments, then `resume`: no trial is lost or repeated."""

from __future__ import annotations

import random
import shutil
import subprocess

from tests.integration.search.conftest import PATIENCE, Lab
from tests.integration.search.test_whole import WRITES, check_lineage

KILLS = 8
TRIALS = 40


def test_killed_at_random_moments_and_resumed(lab: Lab) -> None:
    rng = random.Random()
    lab.write("code/train.py", WRITES)
    file = lab.experiment(
        "python train.py",
        tuner={"name": "evolution", "args": {"population": 6, "sample": 3}},
        budget={"trials": TRIALS},
        lookahead=6,
    )
    command: tuple[str, ...] = ("run", str(file))
    delays = []
    for _ in range(KILLS):
        delays.append(rng.uniform(0.7, 5.0))
        with lab.start(*command) as process:
            try:
                process.communicate(timeout=delays[-1])
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate(timeout=PATIENCE)
        if (lab.home / "experiments/search/journal.db").exists():
            command = ("resume", "search")
        else:  # it was not made yet: nothing that the next one could stumble over
            assert (
                lab("status")
                == "no experiments yet: start one with `python -m controller run FILE`\n"
            )
            shutil.rmtree(lab.home / "experiments", ignore_errors=True)
    with lab.start(*command) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    # A kill may come when all is done but the report.
    ended = process.returncode == 0 and "report: " in output
    assert ended or f"search has finished: the budget of {TRIALS} trials is used up" in output, (
        delays
    )
    check_lineage(lab, TRIALS)
    attempts = [attempt for trial in lab.trials() for attempt in trial["attempts"]]
    assert {attempt["outcome"] for attempt in attempts} <= {"committed", "recalled"}
